//! A running VM, and the one place where guests are called.

use super::core_dump;
use super::obituary::Obituary;
use super::{Agenda, Isolation, NodeInfo, Plugin, PluginModule, Tally};
use crate::capability::Restricted;
use crate::module::ModuleInfo;
use crate::services::Services;
use crate::shared::CountedVm;
use crate::state::{HostState, VmId};
use crate::stream::{Action, Exchange};
use crate::trace::{Observed, SharedObserver};
use crate::turn::{Ended, Turn};
use crate::vm::{Entry, HostFault, Instance, Limits, TrapKind, VmError, VmErrorKind};
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::{AbiVersion, LogLevel};

/// The VM has failed; nothing of it runs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VmFailed;

/// What a callback that returned has answered.
#[derive(Debug)]
pub(crate) struct Called<T> {
    /// Its result; `None` if the module does not export it.
    pub(crate) value: Option<T>,
    /// What else it did.
    pub(crate) ended: Ended,
}

/// A running VM.
pub(crate) struct Vm {
    pub(crate) id: VmId,
    instance: RefCell<Box<dyn Instance>>,
    /// The same as in the instance's state.
    pub(crate) turn: Rc<Turn>,
    failed: Cell<bool>,
    /// It has failed because a call met its deadline.
    interrupted: Cell<bool>,
    /// It has been used enough: who looks for a VM takes another.
    worn: Cell<bool>,
    isolation: Isolation,
    module: Arc<PluginModule>,
    pub(crate) abi: AbiVersion,
    agenda: Rc<Agenda>,
    _counted: CountedVm,
}

impl Vm {
    /// Makes an instance and runs the module's start functions.
    pub(crate) fn start(
        plugin: &Plugin,
        services: &Services,
        node: &Rc<NodeInfo>,
        observer: Option<SharedObserver>,
        agenda: &Rc<Agenda>,
        entry: Entry,
    ) -> Result<Rc<Self>, (&'static str, VmError)> {
        let Plugin { module, spec, vm: config, metric_maker, .. } = plugin;
        let abi = module.abi();
        fits(module.info(), &config.limits).map_err(|error| ("instantiation", error))?;
        let counted = services.shared.count_vm(module.runtime());
        let state =
            HostState::new(services.clone(), node.clone(), abi, config.clone(), agenda.clone(), metric_maker.clone());
        let (id, turn) = (state.vm, state.turn.clone());
        let mut instance = module.module.instantiate(state).map_err(|error| ("instantiation", error))?;
        if let Some(observer) = observer {
            instance.state().observe(observer.clone());
            instance = Box::new(Observed::new(instance, module.info.clone(), observer));
        }
        if config.allowed_capabilities.are_restricted() {
            instance = Box::new(Restricted::new(instance, config.allowed_capabilities.clone()));
        }
        limit(&mut *instance, entry);
        run_start_functions(&mut *instance).map_err(|(function, error)| {
            let error = module.explained(explained(error, entry, &config.limits));
            if let Some(dumps) = &services.core_dumps {
                let memory_bytes = instance.memory_size();
                let obituary = Obituary::new(function, &error, None, (memory_bytes, None), services.clock.wall_nanos());
                core_dump::offer(&**dumps, &mut *instance, module.info(), &spec.name, &error, &obituary);
            }
            (function, error)
        })?;
        limit(&mut *instance, Entry::Callback);
        instance.state().started();
        Ok(Rc::new(Self {
            id,
            instance: RefCell::new(instance),
            turn,
            failed: Cell::new(false),
            interrupted: Cell::new(false),
            worn: Cell::new(false),
            isolation: spec.isolation,
            module: module.clone(),
            abi,
            agenda: agenda.clone(),
            _counted: counted,
        }))
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Whether it has failed because a call met its deadline.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.interrupted.get()
    }

    pub(super) fn is_worn(&self) -> bool {
        self.worn.get()
    }

    /// No further plugin begins here, and those that are here leave when they can.
    pub(super) fn wear_out(&self) {
        self.worn.set(true);
    }

    /// Of the plugin that it was made for.
    pub(super) fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// How often it was refused what would have been too much.
    pub(super) fn refused(&self) -> u64 {
        self.with_state(|state| state.refused + state.answers.refused())
    }

    /// Calls a callback about a context, which the module has, and which counts for the plugin that `tally` is of.
    ///
    /// A trap fails the VM: it is logged, every stream that has a context here is told, and nothing of the VM runs again.
    #[inline]
    pub(crate) fn call<T>(
        &self,
        tally: &Tally,
        context_id: u32,
        callback: &'static str,
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
    ) -> Result<Called<T>, VmFailed> {
        if tally.count(callback) {
            return self.timed(tally, context_id, callback, call);
        }
        self.try_call(context_id, call).map_err(|error| self.failed(context_id, callback, &error))
    }

    /// As [`Self::call`], and tells the tally how long it took. Apart from it, so that calls that are not timed stay short.
    #[cold]
    #[inline(never)]
    fn timed<T>(
        &self,
        tally: &Tally,
        context_id: u32,
        callback: &'static str,
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
    ) -> Result<Called<T>, VmFailed> {
        let begun = self.now();
        let result = self.try_call(context_id, call);
        tally.took(callback, self.now().saturating_sub(begun));
        result.map_err(|error| self.failed(context_id, callback, &error))
    }

    /// The monotonic clock, for what is timed.
    #[cold]
    fn now(&self) -> u64 {
        self.with_state(|state| state.services.clock.monotonic_nanos())
    }

    fn failed(&self, context_id: u32, callback: &'static str, error: &VmError) -> VmFailed {
        self.fail(context_id, callback, error);
        VmFailed
    }

    /// As [`Self::try_call`], and counts the call for the plugin of the context if the module has the callback. What calls
    /// often knows the plugin ([`Self::call`]).
    pub(super) fn try_counted<T>(
        &self,
        context_id: u32,
        callback: &'static str,
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
    ) -> Result<Called<T>, VmError> {
        self.try_named(context_id, |instance| (callback, call(instance)))
    }

    /// As [`Self::try_counted`], of a callback whose name shows when it is called.
    pub(super) fn try_named<T>(
        &self,
        context_id: u32,
        call: impl FnOnce(&mut dyn Instance) -> (&'static str, Result<Option<T>, VmError>),
    ) -> Result<Called<T>, VmError> {
        let of = |state: &mut HostState| state.contexts.get(context_id).map(|context| context.plugin.tally.clone());
        let (tally, begun) = (self.with_state(of), self.now());
        let mut callback = "";
        let result = self.try_call(context_id, |instance| {
            let (name, result) = call(instance);
            callback = name;
            result
        });
        let ran = !matches!(result, Ok(Called { value: None, .. }));
        if let Some(tally) = tally.filter(|_| ran)
            && tally.count(callback)
        {
            tally.took(callback, self.now().saturating_sub(begun));
        }
        result
    }

    /// As [`Self::call`], but it is not counted, and what a trap means is left to the caller. Left to itself, the compiler would
    /// make a function of it that returns through memory.
    #[inline(always)]
    fn try_call<T>(
        &self,
        context_id: u32,
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
    ) -> Result<Called<T>, VmError> {
        let mut instance = self.instance.borrow_mut();
        self.turn.begin(context_id);
        let result = call(&mut **instance);
        let ended = self.turn.end();
        match result {
            Ok(value) => Ok(Called { value, ended }),
            Err(error) => Err(self.module.explained(late(&mut **instance, error))),
        }
    }

    /// Sets what the following calls are for.
    pub(super) fn limit_to(&self, entry: Entry) {
        limit(&mut **self.instance.borrow_mut(), entry);
    }

    /// As [`Self::call`], for an event that belongs to no stream: a timer, a queue, the answer to a call. What the
    /// callback asks for goes to the streams it is for, whose drivers are woken.
    pub(crate) fn notify<T>(
        &self,
        context_id: u32,
        callback: &'static str,
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
    ) -> Result<Option<T>, VmFailed> {
        let called = self.try_counted(context_id, callback, call);
        self.notified(context_id, callback, called)
    }

    /// What an event has led to.
    pub(super) fn notified<T>(
        &self,
        context_id: u32,
        callback: &'static str,
        called: Result<Called<T>, VmError>,
    ) -> Result<Option<T>, VmFailed> {
        let called = called.map_err(|error| self.failed(context_id, callback, &error))?;
        if called.ended.deferred {
            self.dispatch(None);
        }
        Ok(called.value)
    }

    /// As [`Self::notify`], with bytes that the guest can read from buffer 8 for as long as the callback runs.
    pub(crate) fn notify_with<T>(
        &self,
        context_id: u32,
        callback: &'static str,
        arguments: Bytes,
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
    ) -> Result<Option<T>, VmFailed> {
        self.with_state(|state| state.foreign_arguments = Some(arguments));
        let told = self.notify(context_id, callback, call);
        self.with_state(|state| state.foreign_arguments = None);
        told
    }

    /// Leaves what the last callback asked for to the streams it is for, and wakes their drivers; does what concerns a plugin context
    /// on the spot. What is for the callback's own stream waits in its inbox until the callback's answer has been applied.
    pub(crate) fn dispatch(&self, own: Option<&Rc<RefCell<Exchange>>>) {
        for (context_id, action) in self.turn.take_deferred() {
            if matches!(action, Action::Delete) {
                super::delete_plugin_context(self, context_id);
                continue;
            }
            let Some((exchange, filter)) = self.stream_of(context_id) else { continue };
            if own.is_some_and(|own| Rc::ptr_eq(&exchange, own)) {
                exchange.borrow_mut().inbox.push((filter, action));
            } else {
                exchange.borrow_mut().post(filter, action);
            }
        }
    }

    /// The stream of a context and the place of its filter, if it is a stream's.
    fn stream_of(&self, context_id: u32) -> Option<(Rc<RefCell<Exchange>>, usize)> {
        self.with_state(|state| {
            let (exchange, filter) = state.contexts.get(context_id)?.kind.stream()?;
            Some((exchange.clone(), filter))
        })
    }

    /// Reads or changes what the host keeps for the VM, between calls.
    pub(crate) fn with_state<T>(&self, f: impl FnOnce(&mut HostState) -> T) -> T {
        f(self.instance.borrow_mut().state())
    }

    /// Whether there is such a context.
    pub(crate) fn has_context(&self, context_id: u32) -> bool {
        self.with_state(|state| state.contexts.contains(context_id))
    }

    /// A plugin context has gone.
    pub(crate) fn forget_plugin(&self, context_id: u32) {
        self.with_state(|state| state.delete_context(context_id));
        self.agenda.context_gone(self.id, context_id);
    }

    /// Whether a callback of it is running: then nothing else of it can be called.
    pub(crate) fn is_running(&self) -> bool {
        self.instance.try_borrow_mut().is_err()
    }

    /// Bytes of the guest's memory.
    pub(crate) fn memory_size(&self) -> u64 {
        self.instance.borrow_mut().memory_size()
    }

    /// Marks the VM failed, explains why, and tells the streams.
    pub(crate) fn fail(&self, context_id: u32, callback: &'static str, error: &VmError) {
        if self.failed.replace(true) {
            return;
        }
        self.interrupted.set(error.is_interruption());
        let memory_bytes = self.memory_size();
        let fuel = self.instance.borrow_mut().fuel_used();
        let (plugin, obituary) = self.with_state(|state| {
            let wall_nanos = state.services.clock.wall_nanos();
            let context = state.contexts.get(context_id);
            let obituary = Obituary::new(callback, error, context, (memory_bytes, fuel), wall_nanos);
            let message = obituary.to_string();
            if let Some(context) = context {
                context.plugin.tally.trapped(obituary.clone());
            }
            state.log_as(context_id, LogLevel::Critical, message.as_bytes());
            (context.map(|context| context.plugin.spec.clone()), obituary)
        });
        let dumps = self.with_state(|state| state.services.core_dumps.clone());
        if let Some(dumps) = dumps {
            let plugin = plugin.as_ref().map_or("", |spec| &spec.name);
            let instance = &mut **self.instance.borrow_mut();
            core_dump::offer(&*dumps, instance, self.module.info(), plugin, error, &obituary);
        }
        // A stream that a plugin has turned away does not go on because the plugin fails over what it does next.
        let asked = self.turn.take_deferred();
        for (context_id, action) in asked.into_iter().filter(|(_, action)| action.ends_stream()) {
            if let Some((exchange, filter)) = self.stream_of(context_id) {
                exchange.borrow_mut().post(filter, action);
            }
        }
        self.with_state(|state| {
            state.failed();
            for context in state.contexts.values() {
                if let Some((exchange, filter)) = context.kind.stream() {
                    exchange.borrow_mut().post(filter, Action::VmFailed);
                }
            }
        });
        self.agenda.vm_failed(self.id);
    }
}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vm").field("failed", &self.failed).field("abi", &self.abi).finish_non_exhaustive()
    }
}

fn limit(instance: &mut dyn Instance, entry: Entry) {
    let state = instance.state();
    state.entry = entry;
    let (deadline, fuel) = (state.limits().deadline(entry), state.limits().fuel(entry));
    instance.set_deadline(deadline);
    instance.set_fuel(fuel);
}

/// Whether a module may begin as it wants to.
fn fits(info: &ModuleInfo, limits: &Limits) -> Result<(), VmError> {
    let Some(memory) = &info.memory else { return Ok(()) };
    let wanted = memory.initial_pages.saturating_mul(PAGE);
    if wanted <= limits.memory_bytes {
        return Ok(());
    }
    let message = format!(
        "its memory begins with {wanted} bytes, more than it may have ({}, limit memory_bytes)",
        limits.memory_bytes
    );
    Err(VmError::new(VmErrorKind::Instantiate, message))
}

/// Bytes of a page of memory.
const PAGE: u64 = 64 * 1024;

/// A call has failed.
#[cold]
fn late(instance: &mut dyn Instance, error: VmError) -> VmError {
    let state = instance.state();
    explained(error, state.entry, state.limits())
}

/// An interrupted call says which limit it has met.
#[cold]
fn explained(error: VmError, entry: Entry, limits: &Limits) -> VmError {
    match (error.kind(), limits.deadline(entry), limits.fuel(entry)) {
        (VmErrorKind::Trap(TrapKind::Interrupted), Some(deadline), _) => {
            error.with_message(format!("it ran for more than {deadline:?} (limit {})", entry.limit()))
        }
        (VmErrorKind::Trap(TrapKind::OutOfFuel), _, Some(fuel)) => {
            error.with_message(format!("it had {fuel} (limit fuel)"))
        }
        _ => error,
    }
}

/// A call that ended by `proc_exit(0)` ended well: commands end their `_start` that way.
fn exited_well(result: Result<Option<i32>, VmError>) -> Result<Option<i32>, VmError> {
    match result {
        Err(error) if error.kind() == VmErrorKind::Host(HostFault::Exit(0)) => Ok(Some(0)),
        other => other,
    }
}

/// The start section, then `_initialize` and a `main`, or else `_start`.
fn run_start_functions(instance: &mut dyn Instance) -> Result<(), (&'static str, VmError)> {
    let unit = |result: Result<Option<()>, VmError>| exited_well(result.map(|ran| ran.map(|()| 0)));
    let named = |name| move |error| (name, error);
    unit(instance.start_section()).map_err(named("start section"))?;
    if unit(instance.initialize()).map_err(named("_initialize"))?.is_some() {
        if exited_well(instance.main(0, 0)).map_err(named("main"))?.is_none() {
            exited_well(instance.main_void()).map_err(named("__main_void"))?;
        }
    } else {
        unit(instance.start()).map_err(named("_start"))?;
    }
    Ok(())
}
