//! A plugin's place in a VM: its context there, from its start until nobody uses it any more.

use super::start::{StartError, start_plugin};
use super::vm::{Vm, VmFailed};
use super::worker::Worker;
use super::{CallbackTiming, Isolation, Plugin, Tally};
use crate::context::{Context, ContextKind, PluginContext};
use crate::state::{Mentioned, VmId};
use crate::vm::Entry;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::LogLevel;

/// A VM that serves a plugin. The plugin has one for new streams; streams keep the one in which they have begun. With the
/// last who uses it, the plugin is told that it is done there.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) vm: Rc<Vm>,
    /// The plugin's context.
    pub(crate) context: Rc<PluginContext>,
    /// Streams that have begun here, where somebody counts them.
    pub(super) streams: Cell<u64>,
    /// Bytes of memory with which it began, where somebody asks.
    pub(super) began_with: u64,
    /// What its callbacks come to; the same as its context has.
    pub(crate) tally: Rc<Tally>,
    worker: Worker,
    roll: Rc<Roll>,
}

impl Live {
    /// Starts the plugin in a VM of its own, or the one that it shares. `entry` is how long each callback may take that
    /// starts it.
    pub(super) fn start(
        worker: &Worker,
        plugin: &Plugin,
        roll: &Rc<Roll>,
        entry: Entry,
    ) -> Result<Rc<Self>, StartError> {
        let vm = worker.vm(plugin, entry, &roll.mentioned)?;
        let context = start_plugin(&vm, plugin, &roll.tally, entry)?;
        let began_with = if plugin.vm.rebuild.is_none() { 0 } else { vm.memory_size() };
        roll.present.borrow_mut().insert(vm.id, (vm.clone(), context.clone()));
        let (worker, roll, tally, streams) = (worker.clone(), roll.clone(), roll.tally.clone(), Cell::default());
        Ok(Rc::new(Self { vm, context, streams, began_with, tally, worker, roll }))
    }

    pub(super) fn log(&self, level: LogLevel, message: &str) {
        self.vm.with_state(|state| state.log_as(self.context.id, level, message.as_bytes()));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let (vm, id) = (&self.vm, self.context.id);
        if vm.has_failed() {
            // Nothing of it runs any more.
        } else if vm.is_running() {
            // The last who uses it may go in the middle of a callback, with a foreign function that has kept it.
            self.worker.stop_later(vm, id);
        } else {
            stop_plugin(&self.worker, vm, id);
        }
        self.roll.leave(vm);
    }
}

/// A VM and a plugin's context in it.
type Place = (Rc<Vm>, Rc<PluginContext>);

/// The VMs in which a plugin is, and what those have left in which it was.
#[derive(Debug)]
pub(super) struct Roll {
    present: RefCell<BTreeMap<VmId, Place>>,
    /// Calls that met their deadlines, in VMs that have gone or have not come to be.
    pub(super) interrupted: Cell<u64>,
    /// What was refused: to VMs that have gone, and new VMs.
    pub(super) refused: Cell<u64>,
    /// VMs that have gone one after the other because a call met its deadline.
    pub(super) strikes: Cell<u32>,
    /// What has been mentioned of VMs of streams: it is not said anew for each.
    mentioned: Mentioned,
    /// What its callbacks come to.
    pub(super) tally: Rc<Tally>,
}

impl Roll {
    pub(super) fn new(timing: &Arc<CallbackTiming>) -> Self {
        Self {
            present: RefCell::default(),
            interrupted: Cell::default(),
            refused: Cell::default(),
            strikes: Cell::default(),
            mentioned: Mentioned::default(),
            tally: Rc::new(Tally::new(timing.clone())),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.present.borrow().len()
    }

    /// Adds up something of every VM.
    pub(super) fn sum(&self, of: impl Fn(&Vm, &Rc<PluginContext>) -> u64) -> u64 {
        self.present.borrow().values().map(|(vm, context)| of(vm, context)).sum()
    }

    /// Something of every VM, oldest first.
    pub(super) fn each<T>(&self, of: impl Fn(&Vm) -> T) -> Vec<T> {
        self.present.borrow().values().map(|(vm, _)| of(vm)).collect()
    }

    fn leave(&self, vm: &Rc<Vm>) {
        let gone = self.present.borrow_mut().remove(&vm.id);
        drop(gone);
        let interrupted = vm.was_interrupted();
        self.interrupted.set(self.interrupted.get() + u64::from(interrupted));
        self.strikes.set(if interrupted { self.strikes.get().saturating_add(1) } else { 0 });
        // One that goes in the middle of a callback is not asked.
        if !vm.is_running() {
            self.refused.set(self.refused.get() + vm.refused());
        }
    }
}

/// How many streams have a context of a plugin in a VM.
pub(super) fn stream_count(vm: &Vm, plugin: &Rc<PluginContext>) -> u64 {
    let is_stream =
        |context: &&Context| !matches!(context.kind, ContextKind::Plugin) && Rc::ptr_eq(&context.plugin, plugin);
    vm.with_state(|state| state.contexts.values().filter(is_stream).count() as u64)
}

/// Tells a plugin that it is done, and waits for it if it is not. That of a stream is not waited for: the stream is over.
pub(super) fn stop_plugin(worker: &Worker, vm: &Rc<Vm>, id: u32) {
    match vm.notify(id, "proxy_on_done", |instance| instance.on_done(id as i32)) {
        Ok(Some(0)) if vm.isolation() != Isolation::Stream => {
            vm.with_state(|state| state.pending_done.push(id));
            worker.linger(vm, id);
        }
        Ok(_) => delete_plugin_context(vm, id),
        Err(VmFailed) => {}
    }
}

/// Calls `proxy_on_delete` for a plugin context and forgets it.
pub(crate) fn delete_plugin_context(vm: &Vm, id: u32) {
    if vm.notify(id, "proxy_on_delete", |instance| instance.on_delete(id as i32)).is_ok() {
        vm.forget_plugin(id);
    }
}
