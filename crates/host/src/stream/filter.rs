//! A plugin's part in a stream, whatever the stream carries: its context, its callbacks, what they ask for.

use super::exchange::Exchange;
use crate::context::{Context, ContextKind};
use crate::plugin::{Called, Live, PluginHandle, VmFailed};
use crate::vm::{Instance, VmError};
use std::cell::RefCell;
use std::rc::Rc;

/// A filter of a stream.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Its VM and plugin context, once the stream has a context there.
    pub(super) live: Option<Rc<Live>>,
    /// Id of the stream's context; 0 before it has one.
    pub(super) context_id: u32,
    /// The stream goes on without it: its VM has failed.
    pub(super) dead: bool,
    /// It has answered the stream; further answers are dropped.
    pub(super) replied: bool,
}

impl Filter {
    /// Gives the plugin a context for the stream, which `exchange` is.
    pub(super) fn create_context(
        &mut self,
        handle: &PluginHandle,
        exchange: &Rc<RefCell<Exchange>>,
        kind: ContextKind,
    ) -> Result<(), VmFailed> {
        let live = handle.live()?;
        let plugin = live.context.id;
        let context = Context { plugin: live.context.clone(), kind };
        let id = live.vm.with_state(|state| state.create_context(context)).ok_or(VmFailed)?;
        let live = self.live.insert(live);
        self.context_id = id;
        if handle.plugin().exports.context_create {
            let vm = &live.vm;
            let tally = &live.tally;
            let called =
                vm.call(tally, id, "proxy_on_context_create", |i| i.on_context_create(id as i32, plugin as i32))?;
            if called.ended.deferred {
                vm.dispatch(Some(exchange));
            }
        }
        Ok(())
    }

    /// Calls a callback and delivers what it asks for. `None` if the stream has no context of this plugin.
    pub(super) fn call<T>(
        &self,
        exchange: &Rc<RefCell<Exchange>>,
        name: &'static str,
        call: impl FnOnce(&mut dyn Instance, i32) -> Result<Option<T>, VmError>,
    ) -> Option<Result<Called<T>, VmFailed>> {
        let live = self.live.as_ref()?;
        let vm = &live.vm;
        if vm.has_failed() {
            return Some(Err(VmFailed));
        }
        let id = self.context_id;
        let result = vm.call(&live.tally, id, name, |instance| call(instance, id as i32));
        if result.as_ref().is_ok_and(|called| called.ended.deferred) {
            vm.dispatch(Some(exchange));
        }
        Some(result)
    }

    /// A callback at the stream's end: its answer does not matter, nor does a failure to this stream.
    pub(super) fn finishing_call<T>(
        &self,
        exchange: &Rc<RefCell<Exchange>>,
        name: &'static str,
        call: impl FnOnce(&mut dyn Instance, i32) -> Result<Option<T>, VmError>,
    ) {
        // What it asks for concerning this stream comes too late, and is forgotten with the stream.
        let _ = self.call(exchange, name, call);
    }

    /// The stream is over: the plugin's context goes.
    pub(super) fn delete_context(&mut self) {
        if let Some(live) = self.live.take() {
            live.vm.with_state(|state| state.delete_context(self.context_id));
        }
    }
}
