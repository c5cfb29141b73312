//! Timers.

use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// `proxy_set_tick_period_milliseconds`: ticks of the plugin that the acting context belongs to; 0 stops them. Always
/// `OK`.
pub(crate) fn proxy_set_tick_period_milliseconds<G: Guest>(guest: &mut G, tick_period: i32) -> Result<Status, VmError> {
    let state = guest.state();
    if let Some(plugin) = state.acting_plugin() {
        let now = state.services.clock.monotonic_nanos();
        state.agenda.timers.set_tick_period(now, state.vm, plugin.id, tick_period as u32);
    }
    Ok(Status::Ok)
}
