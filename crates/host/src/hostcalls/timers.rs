//! Timers. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

pub(crate) fn proxy_set_tick_period_milliseconds<G: Guest>(
    guest: &mut G,
    _tick_period: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_set_tick_period_milliseconds")
}
