//! Context lifecycle.

use crate::stream::Action;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// `proxy_done`: the plugin whose `proxy_on_done` returned false has finished. `NOT_FOUND` if it was not waiting.
pub(crate) fn proxy_done<G: Guest>(guest: &mut G) -> Result<Status, VmError> {
    let state = guest.state();
    let Some(plugin) = state.acting_plugin().cloned() else { return Ok(Status::NotFound) };
    let waiting = state
        .pending_done
        .iter()
        .position(|id| state.contexts.get(*id).is_some_and(|context| std::rc::Rc::ptr_eq(&context.plugin, &plugin)));
    let Some(index) = waiting else { return Ok(Status::NotFound) };
    let id = state.pending_done.remove(index);
    state.turn.defer(id, Action::Delete);
    Ok(Status::Ok)
}

/// `proxy_set_effective_context`: `BAD_ARGUMENT` if this VM has no such context; 0 goes back to the actual one.
pub(crate) fn proxy_set_effective_context<G: Guest>(guest: &mut G, context_id: i32) -> Result<Status, VmError> {
    let known = guest.state().set_effective(context_id as u32);
    Ok(if known { Status::Ok } else { Status::BadArgument })
}
