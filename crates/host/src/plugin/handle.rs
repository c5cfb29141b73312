//! A plugin started on one thread.

use super::backoff::{Backoff, Verdict};
use super::start::{StartError, start_plugin};
use super::vm::{Vm, VmFailed};
use super::worker::Worker;
use super::{FailurePolicy, Plugin};
use crate::context::{Context, ContextKind, PluginContext};
use crate::services::Services;
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::LogLevel;
use tollgate_abi::callbacks::rows;

/// A plugin started on one thread. Cheap to clone; when the last clone goes, the plugin is told that it is done.
#[derive(Clone, Debug)]
pub struct PluginHandle {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    worker: Worker,
    plugin: Arc<Plugin>,
    live: RefCell<Live>,
    backoff: Backoff,
    /// Calls of the VMs before that met their deadlines.
    interrupted: Cell<u64>,
    /// What was refused to the VMs before.
    refused: Cell<u64>,
}

/// The VM that serves the plugin now.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) vm: Rc<Vm>,
    /// The plugin's context.
    pub(crate) context: Rc<PluginContext>,
}

/// Why a plugin was not told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignCallError {
    /// Its VM is in the middle of a callback. A foreign function must not call the plugin that calls it; the embedder does
    /// so later.
    Busy,
    /// Its VM has failed, now or earlier.
    Failed,
    /// The arguments have 2 GiB or more.
    TooLarge,
}

impl std::fmt::Display for ForeignCallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Busy => "the plugin is in the middle of a callback",
            Self::Failed => "the plugin's VM has failed",
            Self::TooLarge => "the arguments are too large for the plugin",
        })
    }
}

impl std::error::Error for ForeignCallError {}

impl PluginHandle {
    pub(super) fn start(worker: Worker, plugin: Arc<Plugin>) -> Result<Self, StartError> {
        let backoff = Backoff::new(worker.services());
        let live = RefCell::new(Live::start(&worker, &plugin)?);
        Ok(Self {
            inner: Rc::new(Inner { worker, plugin, live, backoff, interrupted: Cell::new(0), refused: Cell::new(0) }),
        })
    }

    /// The plugin.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.inner.plugin
    }

    /// Whether its VM has failed and has not been started anew.
    pub fn has_failed(&self) -> bool {
        self.inner.live.borrow().vm.has_failed()
    }

    /// How many of its VMs have failed because a call met its deadline, or starting them did.
    pub fn interrupted(&self) -> u64 {
        self.inner.interrupted.get() + u64::from(self.inner.live.borrow().vm.was_interrupted())
    }

    /// How often one of its VMs was refused what would have been too much ([`Quotas`](crate::vm::Quotas)).
    pub fn refused(&self) -> u64 {
        self.inner.refused.get() + self.inner.live.borrow().vm.with_state(|state| state.refused)
    }

    /// Bytes of linear memory that its VM uses.
    pub fn memory_size(&self) -> u64 {
        self.inner.live.borrow().vm.memory_size()
    }

    /// How many streams have a context of this plugin.
    pub fn stream_count(&self) -> usize {
        let live = self.inner.live.borrow();
        live.vm.with_state(|state| {
            let is_stream = |context: &&Context| {
                !matches!(context.kind, ContextKind::Plugin) && Rc::ptr_eq(&context.plugin, &live.context)
            };
            state.contexts.values().filter(is_stream).count()
        })
    }

    /// Calls `proxy_on_foreign_function` of the plugin, with bytes that it can read from buffer 8. This is how what a
    /// foreign function has begun is answered later. A plugin without this callback is not called, which is well.
    ///
    /// # Errors
    ///
    /// A [`ForeignCallError`] if the plugin could not be called or failed.
    pub fn call_foreign_function(&self, function_id: u32, arguments: Bytes) -> Result<(), ForeignCallError> {
        let live = self.inner.live.try_borrow().map_err(|_| ForeignCallError::Busy)?.clone();
        if live.vm.is_running() {
            return Err(ForeignCallError::Busy);
        }
        if live.vm.has_failed() {
            return Err(ForeignCallError::Failed);
        }
        let (vm, id) = (live.vm, live.context.id);
        let size = i32::try_from(arguments.len()).map_err(|_| ForeignCallError::TooLarge)?;
        let called = vm.notify_with(id, rows::on_foreign_function.name, arguments, |instance| {
            instance.on_foreign_function(id as i32, function_id as i32, size)
        });
        called.map(|_| ()).map_err(|VmFailed| ForeignCallError::Failed)
    }

    /// Hands statistics to the plugin, as a stats sink: `envoy_on_stats_update`, with `update` in buffer 8 for as long as
    /// it runs. [`tollgate_abi::encoding::stats`] makes the bytes. Nothing happens if the plugin has failed, if it is the
    /// one that is running, or if more than 2 GiB would have to be told.
    pub fn handle_stats_update(&self, update: Bytes) {
        let busy = self.inner.live.try_borrow().map_or(true, |live| live.vm.is_running());
        let (false, Ok(size)) = (busy, i32::try_from(update.len())) else { return };
        let Ok(live) = self.live() else { return };
        let id = live.context.id;
        // A trap fails the VM, which is all that there is to it.
        let _ = live.vm.notify_with(id, rows::envoy_on_stats_update.name, update, |instance| {
            instance.envoy_on_stats_update(id as i32, size)
        });
    }

    /// What the embedder provides.
    pub(crate) fn services(&self) -> &Services {
        self.inner.worker.services()
    }

    /// The VM for a new stream. A failed one is started anew if the policy says so and it has run for long enough.
    pub(crate) fn live(&self) -> Result<Live, VmFailed> {
        let live = self.inner.live.borrow();
        if !live.vm.has_failed() {
            return Ok(live.clone());
        }
        let FailurePolicy::Reload { base_interval } = self.inner.plugin.spec.failure_policy else {
            return Err(VmFailed);
        };
        let Inner { worker, plugin, backoff, interrupted, refused, .. } = &*self.inner;
        let services = worker.services();
        let was_interrupted = live.vm.was_interrupted();
        let most = plugin.vm.limits.strikes;
        match backoff.verdict(services, base_interval, was_interrupted, most) {
            Verdict::Start => {}
            Verdict::Quarantine => {
                let message = format!("{most} calls in a row met their deadlines: the plugin is not started again");
                live.log(LogLevel::Critical, &message);
                return Err(VmFailed);
            }
            Verdict::Later | Verdict::Never => return Err(VmFailed),
        }
        backoff.restart(services, base_interval, was_interrupted);
        drop(live);
        match Live::start(worker, plugin) {
            Ok(live) => {
                backoff.restarted();
                let before = self.inner.live.replace(live.clone());
                interrupted.set(interrupted.get() + u64::from(before.vm.was_interrupted()));
                refused.set(refused.get() + before.vm.with_state(|state| state.refused));
                Ok(live)
            }
            Err(error) => {
                if error.kind().is_interruption() {
                    backoff.strike();
                    interrupted.set(interrupted.get() + 1);
                }
                let live = self.inner.live.borrow();
                live.log(LogLevel::Error, &format!("the plugin could not be started again: {error}"));
                Err(VmFailed)
            }
        }
    }
}

impl Live {
    fn start(worker: &Worker, plugin: &Plugin) -> Result<Self, StartError> {
        let vm = worker.vm(plugin)?;
        let context = start_plugin(&vm, plugin)?;
        Ok(Self { vm, context })
    }

    fn log(&self, level: LogLevel, message: &str) {
        self.vm.with_state(|state| state.log_as(self.context.id, level, message.as_bytes()));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let live = self.live.borrow();
        if live.vm.has_failed() {
            return;
        }
        // The last handle may go in the middle of a callback, with a foreign function that has kept it.
        if live.vm.is_running() {
            self.worker.stop_later(&live.vm, live.context.id);
        } else {
            stop_plugin(&self.worker, &live.vm, live.context.id);
        }
    }
}

/// Tells a plugin that it is done, and waits for it if it is not.
pub(super) fn stop_plugin(worker: &Worker, vm: &Rc<Vm>, id: u32) {
    match vm.notify(id, "proxy_on_done", |instance| instance.on_done(id as i32)) {
        Ok(Some(0)) => {
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
