//! Access loggers: plugins that are told of finished streams.

use super::exchange::Exchange;
use crate::plugin::PluginHandle;
use std::cell::RefCell;
use std::rc::Rc;

/// Calls `proxy_on_log` of each plugin, about its plugin context. While it runs, host functions that read find the stream;
/// those that change one find none. One of which `is_told` does not hold, and one whose VM has failed, and is not started anew, is left out.
pub(super) fn log(loggers: &[PluginHandle], is_told: impl Fn(usize) -> bool, exchange: &Rc<RefCell<Exchange>>) {
    for (index, logger) in loggers.iter().enumerate() {
        if !logger.plugin().exports.log || !is_told(index) {
            continue;
        }
        let Ok(live) = logger.live() else { continue };
        let id = live.context.id;
        live.vm.with_state(|state| state.logged = Some((id, exchange.clone())));
        // A trap is the plugin's own affair: the stream is over.
        let _ = live.vm.notify(id, "proxy_on_log", |instance| instance.on_log(id as i32));
        live.vm.with_state(|state| state.logged = None);
    }
}
