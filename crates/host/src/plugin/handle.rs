//! A plugin started on one thread.

use super::backoff::{Backoff, Verdict};
use super::live::{Live, Roll, stream_count};
use super::rebuilds::Rebuilds;
use super::start::StartError;
use super::vm::{Vm, VmFailed};
use super::worker::Worker;
use super::{CallbackRecord, FailurePolicy, Isolation, Obituary, Plugin};
use crate::services::{LogOrigin, Services};
use crate::shared::SharedView;
use crate::state::VmId;
use crate::vm::Entry;
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
    /// The VM for new streams; `None` if each has its own.
    live: RefCell<Option<Rc<Live>>>,
    /// How its VMs are replaced, if they are. Every stream asks.
    rebuilds: Option<Box<Rebuilds>>,
    worker: Worker,
    plugin: Arc<Plugin>,
    backoff: Backoff,
    roll: Rc<Roll>,
    /// Where each stream has its own VM: it is not started any more.
    quarantined: Cell<bool>,
    /// It has been said that there were too many VMs.
    said_full: Cell<bool>,
    /// Keeps what the VMs of streams share, while there is none.
    _space: Option<SharedView>,
}

/// How a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PluginState {
    /// It serves streams.
    Running,
    /// Its VM has failed, and its policy starts another with the first stream that comes late enough.
    Waiting,
    /// Its VM has failed, and its policy starts no other.
    Failed,
    /// It has met its deadline too often in a row, and is not started again ([`Limits::strikes`](crate::vm::Limits::strikes)).
    Quarantined,
}

/// Why a plugin was not told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignCallError {
    /// Its VM is in the middle of a callback. A foreign function must not call the plugin that calls it; the embedder does
    /// so later.
    Busy,
    /// Its VM has failed, now or earlier.
    Failed,
    /// It has no VM outside of streams ([`Isolation::Stream`]).
    Isolated,
    /// The arguments have 2 GiB or more.
    TooLarge,
}

impl std::fmt::Display for ForeignCallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Busy => "the plugin is in the middle of a callback",
            Self::Failed => "the plugin's VM has failed",
            Self::Isolated => "the plugin has VMs for streams only",
            Self::TooLarge => "the arguments are too large for the plugin",
        })
    }
}

impl std::error::Error for ForeignCallError {}

impl PluginHandle {
    pub(super) fn start(worker: Worker, plugin: Arc<Plugin>) -> Result<Self, StartError> {
        let backoff = Backoff::new(worker.services());
        let roll = Rc::new(Roll::new(&worker.services().timing));
        let is_of_streams = plugin.spec.isolation == Isolation::Stream;
        let space = is_of_streams.then(|| {
            let quotas = plugin.vm.limits.quotas.clone();
            SharedView::new(&worker.services().shared, &plugin.vm.vm_id, VmId::new(), quotas)
        });
        // A plugin that does not start is found now, also where each stream starts its own.
        let live = Some(Live::start(&worker, &plugin, &roll, Entry::Start)?).filter(|_| !is_of_streams);
        let rebuilds = (!is_of_streams && !plugin.vm.rebuild.is_none()).then(Box::<Rebuilds>::default);
        Ok(Self {
            inner: Rc::new(Inner {
                live: RefCell::new(live),
                worker,
                plugin,
                backoff,
                roll,
                rebuilds,
                quarantined: Cell::default(),
                said_full: Cell::default(),
                _space: space,
            }),
        })
    }

    /// The plugin.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.inner.plugin
    }

    /// Whether its VM has failed and has not been started anew; or, where each stream has its own, whether they are
    /// started no more.
    pub fn has_failed(&self) -> bool {
        self.inner.live.borrow().as_ref().map_or_else(|| self.inner.quarantined.get(), |live| live.vm.has_failed())
    }

    /// How it is.
    pub fn state(&self) -> PluginState {
        let Inner { plugin, backoff, quarantined, .. } = &*self.inner;
        if quarantined.get() || backoff.is_quarantined() {
            return PluginState::Quarantined;
        }
        match plugin.spec.failure_policy {
            _ if !self.has_failed() => PluginState::Running,
            FailurePolicy::Reload { .. } => PluginState::Waiting,
            FailurePolicy::Closed | FailurePolicy::Open => PluginState::Failed,
        }
    }

    /// The callbacks that ran since it was started here, those of VMs that have gone included.
    pub fn callbacks(&self) -> Vec<CallbackRecord> {
        self.inner.roll.tally.callbacks()
    }

    /// How often one of its callbacks has failed a VM.
    pub fn traps(&self) -> u64 {
        self.inner.roll.tally.traps()
    }

    /// How one of its callbacks has failed a VM the last time.
    pub fn last_trap(&self) -> Option<Obituary> {
        self.inner.roll.tally.last_trap()
    }

    /// How many of its VMs have failed because a call met its deadline, or starting them did.
    pub fn interrupted(&self) -> u64 {
        let roll = &self.inner.roll;
        roll.interrupted.get() + roll.sum(|vm, _| u64::from(vm.was_interrupted()))
    }

    /// How often one of its VMs was refused what would have been too much ([`Quotas`](crate::vm::Quotas)).
    pub fn refused(&self) -> u64 {
        let roll = &self.inner.roll;
        roll.refused.get() + roll.sum(|vm, _| vm.refused())
    }

    /// How often its VM was replaced by another ([`Rebuild`](super::Rebuild)).
    pub fn rebuilt(&self) -> u64 {
        self.inner.rebuilds.as_ref().map_or(0, |rebuilds| rebuilds.done())
    }

    /// How often its VM should have been replaced, and no other could be started.
    pub fn rebuild_failed(&self) -> u64 {
        self.inner.rebuilds.as_ref().map_or(0, |rebuilds| rebuilds.failed())
    }

    /// In how many VMs it is: one, and those in which streams have not ended that began before it was replaced; or one for
    /// each stream.
    pub fn vm_count(&self) -> usize {
        self.inner.roll.len()
    }

    /// Bytes of linear memory that its VMs use.
    pub fn memory_size(&self) -> u64 {
        self.inner.roll.sum(|vm, _| vm.memory_size())
    }

    /// Bytes of linear memory of each of its VMs, oldest first.
    pub fn memory_sizes(&self) -> Vec<u64> {
        self.inner.roll.each(Vm::memory_size)
    }

    /// How many streams have a context of this plugin.
    pub fn stream_count(&self) -> usize {
        self.inner.roll.sum(stream_count) as usize
    }

    /// Calls `proxy_on_foreign_function` of the plugin, with bytes that it can read from buffer 8. This is how what a
    /// foreign function has begun is answered later. A plugin without this callback is not called, which is well.
    ///
    /// # Errors
    ///
    /// A [`ForeignCallError`] if the plugin could not be called or failed.
    pub fn call_foreign_function(&self, function_id: u32, arguments: Bytes) -> Result<(), ForeignCallError> {
        let live = self.inner.live.try_borrow().map_err(|_| ForeignCallError::Busy)?.clone();
        let live = live.ok_or(ForeignCallError::Isolated)?;
        if live.vm.is_running() {
            return Err(ForeignCallError::Busy);
        }
        if live.vm.has_failed() {
            return Err(ForeignCallError::Failed);
        }
        let (vm, id) = (&live.vm, live.context.id);
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
        let is_running = |live: &Option<Rc<Live>>| live.as_ref().is_some_and(|live| live.vm.is_running());
        let busy = self.inner.live.try_borrow().map_or(true, |live| is_running(&live));
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
    pub(crate) fn live(&self) -> Result<Rc<Live>, VmFailed> {
        match &*self.inner.live.borrow() {
            Some(live) if self.inner.rebuilds.is_none() && !live.vm.has_failed() => return Ok(live.clone()),
            _ => {}
        }
        self.another()
    }

    /// As [`Self::live`], where it may be another than before.
    fn another(&self) -> Result<Rc<Live>, VmFailed> {
        let live = self.inner.live.borrow().clone();
        match (live, &self.inner.rebuilds) {
            (None, _) => self.of_a_stream(),
            (Some(live), _) if live.vm.has_failed() => self.restarted(&live),
            (Some(live), Some(rebuilds)) => Ok(self.rebuilt_when_due(live, rebuilds)),
            (Some(live), None) => Ok(live),
        }
    }

    fn start_another(&self, entry: Entry) -> Result<Rc<Live>, StartError> {
        let Inner { worker, plugin, roll, .. } = &*self.inner;
        let started = Live::start(worker, plugin, roll, entry);
        if started.as_ref().is_err_and(|error| error.kind().is_interruption()) {
            roll.interrupted.set(roll.interrupted.get() + 1);
        }
        started
    }

    /// A VM for one stream. What starts it is in the stream's way, and may take as long as any callback.
    fn of_a_stream(&self) -> Result<Rc<Live>, VmFailed> {
        let Inner { plugin, roll, quarantined, .. } = &*self.inner;
        if quarantined.get() || self.is_full() {
            return Err(VmFailed);
        }
        let most = plugin.vm.limits.strikes;
        if most > 0 && roll.strikes.get() >= most {
            quarantined.set(true);
            self.log_quarantine(most);
            return Err(VmFailed);
        }
        self.start_another(Entry::Callback).map_err(|error| {
            let interrupted = error.kind().is_interruption();
            roll.strikes.set(if interrupted { roll.strikes.get().saturating_add(1) } else { 0 });
            self.log(LogLevel::Error, &format!("the plugin could not be started for a stream: {error}"));
            VmFailed
        })
    }

    /// The VM for new streams, replaced if it has been used enough. If no other can be made, it goes on.
    fn rebuilt_when_due(&self, live: Rc<Live>, rebuilds: &Rebuilds) -> Rc<Live> {
        let (services, rebuild) = (self.services(), &self.inner.plugin.vm.rebuild);
        let is_due = live.vm.is_worn() || rebuild.is_due(live.streams.get(), live.began_with, || live.vm.memory_size());
        let mut now = live;
        if is_due && rebuilds.may_begin(services) && !self.is_full() {
            now.vm.wear_out();
            rebuilds.begin(services);
            match self.start_another(Entry::Start) {
                Ok(fresh) => {
                    rebuilds.succeeded(services);
                    let before = self.inner.live.replace(Some(fresh.clone()));
                    drop(before);
                    now = fresh;
                }
                Err(error) => {
                    rebuilds.has_failed(services);
                    now.log(LogLevel::Error, &format!("the plugin's VM could not be rebuilt, and goes on: {error}"));
                }
            }
        }
        now.streams.set(now.streams.get() + 1);
        now
    }

    /// The VM that comes after one that has failed, if the policy has one.
    fn restarted(&self, live: &Live) -> Result<Rc<Live>, VmFailed> {
        let FailurePolicy::Reload { base_interval } = self.inner.plugin.spec.failure_policy else {
            return Err(VmFailed);
        };
        let Inner { plugin, backoff, .. } = &*self.inner;
        let services = self.services();
        let was_interrupted = live.vm.was_interrupted();
        let most = plugin.vm.limits.strikes;
        match backoff.verdict(services, base_interval, was_interrupted, most) {
            Verdict::Start => {}
            Verdict::Quarantine => {
                self.log_quarantine(most);
                return Err(VmFailed);
            }
            Verdict::Later | Verdict::Never => return Err(VmFailed),
        }
        backoff.restart(services, base_interval, was_interrupted);
        match self.start_another(Entry::Start) {
            Ok(fresh) => {
                backoff.restarted();
                let before = self.inner.live.replace(Some(fresh.clone()));
                drop(before);
                if let Some(rebuilds) = &self.inner.rebuilds {
                    rebuilds.forgive();
                    fresh.streams.set(1);
                }
                Ok(fresh)
            }
            Err(error) => {
                if error.kind().is_interruption() {
                    backoff.strike();
                }
                live.log(LogLevel::Error, &format!("the plugin could not be started again: {error}"));
                Err(VmFailed)
            }
        }
    }

    /// Whether it is in as many VMs as it may be. That is said once.
    fn is_full(&self) -> bool {
        let Inner { plugin, roll, said_full, .. } = &*self.inner;
        let most = plugin.vm.limits.quotas.instances;
        if roll.len() < most as usize {
            return false;
        }
        roll.refused.set(roll.refused.get() + 1);
        if !said_full.replace(true) {
            let message = format!("the plugin is in {most} VMs on this worker, and gets no more (limit instances)");
            self.log(LogLevel::Error, &message);
        }
        true
    }

    fn log_quarantine(&self, strikes: u32) {
        let message = format!("{strikes} calls in a row met their deadlines: the plugin is not started again");
        self.log(LogLevel::Critical, &message);
    }

    /// Logs about the plugin as such.
    fn log(&self, level: LogLevel, message: &str) {
        let Plugin { spec, vm, .. } = &*self.inner.plugin;
        let origin = LogOrigin { plugin: &spec.name, root_id: &spec.root_id, vm_id: &vm.vm_id, context_id: 0 };
        let log = &self.services().log;
        if level >= log.level() {
            log.log(level, origin, message.as_bytes());
        }
    }
}
