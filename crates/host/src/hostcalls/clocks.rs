//! Clocks.

use crate::memory::{answer, write_u64};
use crate::vm::{Guest, VmError};
use tollgate_abi::{Errno, Status};

/// WASI's number for wall time.
const REALTIME: i32 = 0;
/// WASI's number for time since an arbitrary moment.
const MONOTONIC: i32 = 1;

/// `proxy_get_current_time_nanoseconds`: nanoseconds since the Unix epoch.
pub(crate) fn proxy_get_current_time_nanoseconds<G: Guest>(guest: &mut G, return_time: i32) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        write_u64(memory, return_time, state.services.clock.wall_nanos())?;
        Ok(Status::Ok)
    })
}

/// WASI `clock_time_get`: the precision is ignored. `NOTSUP` for other clocks, `FAULT` for a bad address.
pub(crate) fn clock_time_get<G: Guest>(
    guest: &mut G,
    clock_id: i32,
    _precision: i64,
    return_time: i32,
) -> Result<Errno, VmError> {
    let (memory, state) = guest.split();
    let time = match clock_id {
        REALTIME => state.services.clock.wall_nanos(),
        MONOTONIC => state.services.clock.monotonic_nanos(),
        _ => return Ok(Errno::Notsup),
    };
    Ok(write_u64(memory, return_time, time).map_or(Errno::Fault, |()| Errno::Success))
}

/// WASI `clock_res_get`: one nanosecond.
pub(crate) fn clock_res_get<G: Guest>(guest: &mut G, clock_id: i32, return_resolution: i32) -> Result<Errno, VmError> {
    let (memory, _) = guest.split();
    Ok(match clock_id {
        REALTIME | MONOTONIC => write_u64(memory, return_resolution, 1).map_or(Errno::Fault, |()| Errno::Success),
        _ => Errno::Notsup,
    })
}
