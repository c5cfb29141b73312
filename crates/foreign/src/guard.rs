//! A last line of defence around libraries that read what a guest wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};
use tollgate_abi::{LogLevel, Status};
use tollgate_host::foreign::Caller;

/// Runs what a library does with a guest's bytes. If the library panics, the guest is told `INTERNAL_FAILURE`, and nobody
/// else notices.
pub(crate) fn guarded<T>(caller: &Caller<'_>, what: &str, run: impl FnOnce() -> T) -> Result<T, Status> {
    // Whatever `run` has touched is dropped with it: it borrows the guest's bytes and owns the rest.
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| {
        caller.log(LogLevel::Error, &format!("{what} failed inside the host; this is a bug of the host"));
        Status::InternalFailure
    })
}
