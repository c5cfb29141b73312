//! `declare_property`: how a plugin's own properties are kept.

use crate::messages::{DeclarePropertyArguments, decode};
use bytes::Bytes;
use tollgate_abi::Status;
use tollgate_host::filter_state::Declaration;
use tollgate_host::foreign::Caller;

/// Declares a property, in `proxy_on_configure` for all streams. A second declaration is `BAD_ARGUMENT`.
///
/// The type says what other filters can read inside the value. Nothing is read inside values here.
pub(crate) fn declare_property(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let arguments: DeclarePropertyArguments = decode(arguments)?;
    let declaration = Declaration { read_only: arguments.readonly, span: arguments.span().into() };
    match caller.declare_property(arguments.name.as_bytes(), declaration) {
        Status::Ok => Ok(Bytes::new()),
        status => Err(status),
    }
}
