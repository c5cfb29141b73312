//! Timers.

use crate::vm::{Guest, VmError};
use std::time::Duration;
use tollgate_abi::Status;

/// `proxy_set_tick_period_milliseconds`: ticks of the plugin that the acting context belongs to; 0 stops them. Always
/// `OK`: a period that is shorter than it may be counts as the least.
pub(crate) fn proxy_set_tick_period_milliseconds<G: Guest>(guest: &mut G, tick_period: i32) -> Result<Status, VmError> {
    let state = guest.state();
    if let Some(plugin) = state.acting_plugin() {
        let now = state.services.clock.monotonic_nanos();
        let period = match Duration::from_millis(u64::from(tick_period as u32)) {
            Duration::ZERO => Duration::ZERO,
            period => period.max(state.limits().quotas.timer_period.unwrap_or_default()),
        };
        state.agenda.timers.set_tick_period(now, state.vm, plugin.id, period);
    }
    Ok(Status::Ok)
}
