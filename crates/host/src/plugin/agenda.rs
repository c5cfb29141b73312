//! What the VMs of a worker leave for it to do outside of streams: ticks, events of queues, plugins that are not done.

use super::timers::{Purpose, Timers};
use super::vm::Vm;
use crate::shared::Mailbox;
use crate::state::VmId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What the VMs of a worker leave for it to do. Host functions write into it; the worker reads it between calls.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    pub(crate) timers: Timers,
    pub(crate) mailbox: Arc<Mailbox>,
    /// Plugins whose `proxy_on_done` returned false, and which nobody else keeps.
    lingering: RefCell<BTreeMap<(VmId, u32), Rc<Vm>>>,
}

impl Agenda {
    /// Keeps the VM of a plugin that is not done, for so many nanoseconds.
    pub(super) fn linger(&self, now: u64, patience: u64, vm: &Rc<Vm>, context_id: u32) {
        self.keep(vm, context_id);
        self.timers.set(now, (vm.id, context_id, Purpose::Linger), patience);
    }

    /// Keeps the VM of a plugin that is to be stopped, but is in the middle of a callback.
    pub(super) fn stop_later(&self, now: u64, vm: &Rc<Vm>, context_id: u32) {
        self.keep(vm, context_id);
        self.timers.set(now, (vm.id, context_id, Purpose::Stop), 0);
    }

    fn keep(&self, vm: &Rc<Vm>, context_id: u32) {
        self.lingering.borrow_mut().insert((vm.id, context_id), vm.clone());
    }

    /// A plugin context has gone: it gets no ticks, and is not waited for. The caller must hold its VM.
    pub(super) fn context_gone(&self, vm: VmId, context_id: u32) {
        self.timers.cancel((vm, context_id, Purpose::Tick));
        self.timers.cancel((vm, context_id, Purpose::Linger));
        self.timers.cancel((vm, context_id, Purpose::Stop));
        let kept = self.lingering.borrow_mut().remove(&(vm, context_id));
        drop(kept);
    }

    /// A VM has failed: nothing of it is waited for. The caller must hold it.
    pub(super) fn vm_failed(&self, vm: VmId) {
        self.timers.cancel_vm(vm);
        let kept: Vec<_> = self.lingering.borrow_mut().extract_if((vm, 0)..=(vm, u32::MAX), |_, _| true).collect();
        drop(kept);
    }

    /// Lets go of everything that is waited for. VMs hold the agenda, so that neither would go without this.
    pub(super) fn close(&self) {
        let kept = self.lingering.take();
        drop(kept);
    }
}
