//! What the host keeps for one VM instance: its contexts, what they may see, and what they have asked for.
//!
//! It lives inside the engine's store, so that a host function reaches it without a lookup.

use crate::allow::Shown;
use crate::callouts::{Answers, Calls};
use crate::capability;
use crate::context::{Context, ContextKind, PluginContext};
use crate::context_table::ContextTable;
use crate::field_pool::FieldPool;
use crate::filter_state::Declaration;
use crate::log_rate::{Admitted, LogRate};
use crate::metrics::{MetricMaker, MetricTable};
use crate::plugin::{Agenda, NodeInfo, PluginSpec, Tally, VmConfig};
use crate::resolver::Resolutions;
use crate::services::{LogOrigin, Services};
use crate::shared::SharedView;
use crate::stream::{Action, Exchange};
use crate::trace::SharedObserver;
use crate::turn::Turn;
use crate::vm::{self, HostFault, Limits, VmError};
use bytes::Bytes;
use std::cell::RefCell;
use std::hash::Hasher;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_abi::functions::Phase;
use tollgate_abi::{AbiVersion, HostFunction, LogLevel, Status};

/// Number of a VM instance, unique in the process and never used again: what an event that comes later, or from another
/// thread, knows its VM by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VmId(u64);

impl VmId {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// What the host keeps for one VM instance. Opaque to runtimes.
pub struct HostState {
    pub(crate) vm: VmId,
    pub(crate) services: Services,
    pub(crate) node: Rc<NodeInfo>,
    /// Watches what crosses the boundary.
    pub(crate) observer: Option<SharedObserver>,
    pub(crate) abi: AbiVersion,
    pub(crate) config: Arc<VmConfig>,
    pub(crate) contexts: ContextTable,
    /// How far the VM is: decides which host functions are allowed.
    phase: Phase,
    allocator_depth: u32,
    /// What its calls are for now.
    pub(crate) entry: vm::Entry,
    /// See [`Self::is_open`].
    open: bool,
    /// Every call is looked at: the VM may not use everything, or somebody watches.
    looked_at: bool,
    /// What the running callback is about, and what it asks for.
    pub(crate) turn: Rc<Turn>,
    /// The plugin whose `proxy_on_configure` runs.
    pub(crate) configuring: Option<u32>,
    /// The finished stream that an access logger is told of, and its plugin context.
    pub(crate) logged: Option<(u32, Rc<RefCell<Exchange>>)>,
    /// Plugin contexts whose `proxy_on_done` returned false, by id.
    pub(crate) pending_done: Vec<u32>,
    /// Properties that streams have declared, each with the stream's context.
    declared_in_streams: Vec<(u32, Box<[u8]>)>,
    /// What is in buffer 8: arguments of the `proxy_on_foreign_function` that runs, or statistics for a sink.
    pub(crate) foreign_arguments: Option<Bytes>,
    /// What was refused because it was too much ([`vm::Quotas`]).
    pub(crate) refused: u64,
    /// Makes the fields that plugins write.
    pub(crate) field_pool: RefCell<FieldPool>,
    /// What an error was logged about, so that each is mentioned once.
    pub(crate) mentioned: Mentioned,
    /// What the worker does for the VM outside of streams.
    pub(crate) agenda: Rc<Agenda>,
    /// Values and queues that it shares.
    pub(crate) shared: SharedView,
    /// Metrics that it has defined.
    pub(crate) metrics: MetricTable,
    /// Counts those that it makes.
    pub(crate) metric_maker: MetricMaker,
    /// The calls of its plugins that are under way.
    pub(crate) calls: Calls,
    /// What has come of them and has not been told yet.
    pub(crate) answers: Rc<Answers>,
    log_rate: LogRate,
    /// Names that its plugins wait for.
    pub(crate) resolutions: Resolutions,
}

impl HostState {
    pub(crate) fn new(
        services: Services,
        node: Rc<NodeInfo>,
        abi: AbiVersion,
        config: Arc<VmConfig>,
        agenda: Rc<Agenda>,
        metric_maker: MetricMaker,
    ) -> Self {
        let vm = VmId::new();
        let looked_at = config.allowed_capabilities.are_restricted();
        Self {
            vm,
            calls: Calls::new(vm, services.upstreams.clone(), &config.limits.quotas),
            answers: Answers::new(&config.limits.quotas),
            log_rate: LogRate::new(config.limits.quotas.log_messages_per_second),
            resolutions: Resolutions::new(vm),
            shared: SharedView::new(&services.shared, &config.vm_id, vm, config.limits.quotas.clone()),
            contexts: ContextTable::new(config.limits.quotas.contexts),
            services,
            node,
            observer: None,
            abi,
            config,
            phase: Phase::Start,
            allocator_depth: 0,
            entry: vm::Entry::Start,
            open: false,
            looked_at,
            turn: Rc::default(),
            configuring: None,
            logged: None,
            pending_done: Vec::new(),
            declared_in_streams: Vec::new(),
            foreign_arguments: None,
            refused: 0,
            field_pool: RefCell::default(),
            mentioned: Mentioned::default(),
            agenda,
            metrics: MetricTable::default(),
            metric_maker,
        }
    }

    /// How much the guest may take.
    pub fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// Whether crossings are to be shown.
    pub(crate) fn is_observed(&self) -> bool {
        self.observer.is_some()
    }

    /// Shows every crossing to an observer from now on.
    pub(crate) fn observe(&mut self, observer: SharedObserver) {
        self.observer = Some(observer);
        self.looked_at = true;
        self.decide_open();
    }

    /// Whether any function may be called, and nobody watches: what nearly every call asks, as one flag.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    fn decide_open(&mut self) {
        self.open = self.phase == Phase::Running && self.allocator_depth == 0 && !self.looked_at;
    }

    /// The answer to a call of a function that the VM may not use; `None` if it may.
    pub(crate) fn refuse(&mut self, function: &HostFunction) -> Option<i32> {
        if self.config.allowed_capabilities.allow_function(function) {
            return None;
        }
        let ((answer, answer_name), name) = (capability::refusal(function), function.name);
        self.log_once(name, || {
            format!("{name} is not among the allowed_capabilities of this plugin, which is told {answer_name}")
        });
        Some(answer)
    }

    /// Lets a call pass, or ends it: while the module starts or allocates, few functions may be called.
    pub(crate) fn admit(&mut self, function: &HostFunction) -> Result<(), VmError> {
        // Phases are ordered by how little they allow: what may be called earlier may be called later.
        let phase = if self.allocator_depth > 0 { Phase::Allocator } else { self.phase };
        if function.phase <= phase { Ok(()) } else { Err(VmError::host(HostFault::Restricted(function.name))) }
    }

    /// The module has started; from now on every function may be called.
    pub(crate) fn started(&mut self) {
        self.phase = Phase::Running;
        self.decide_open();
    }

    pub(crate) fn enter_allocator(&mut self) -> u32 {
        self.allocator_depth += 1;
        self.open = false;
        self.allocator_depth
    }

    pub(crate) fn leave_allocator(&mut self) {
        self.allocator_depth -= 1;
        self.decide_open();
    }

    // Contexts.

    /// Adds the context of a stream and gives it an id that no live context has. `None` if there are too many.
    pub(crate) fn create_context(&mut self, context: Context) -> Option<u32> {
        if self.contexts.is_full() {
            self.too_many_contexts();
            return None;
        }
        Some(self.contexts.add(context))
    }

    #[cold]
    fn too_many_contexts(&mut self) {
        self.refused += 1;
        let most = self.config.limits.quotas.contexts;
        self.log_once("contexts", || {
            format!("{most} streams have a context in this VM, which gets no more (limit contexts)")
        });
    }

    /// Adds the context of a plugin.
    pub(crate) fn create_plugin_context(&mut self, spec: &Arc<PluginSpec>, tally: &Rc<Tally>) -> Rc<PluginContext> {
        let id = self.contexts.free_id();
        let plugin = Rc::new(PluginContext::new(id, spec.clone(), tally.clone()));
        self.contexts.insert(id, Context { plugin: plugin.clone(), kind: ContextKind::Plugin });
        plugin
    }

    pub(crate) fn delete_context(&mut self, id: u32) {
        let deleted = self.contexts.remove(id);
        // What a plugin waits for ends with it; streams own nothing here.
        if deleted.is_some_and(|context| context.is_of_plugin()) {
            self.calls.cancel_of(id);
            self.resolutions.forget_of(id);
        }
        if !self.declared_in_streams.is_empty() {
            self.declared_in_streams.retain(|(context_id, _)| *context_id != id);
        }
    }

    /// Declares a property for the acting context. False if it has done so before.
    pub(crate) fn declare_property(&mut self, path: &[u8], declaration: Declaration) -> bool {
        let id = self.acting_id();
        match self.acting() {
            Some(context) if matches!(context.kind, ContextKind::Plugin) => context.plugin.declare(path, declaration),
            Some(_) if self.declared_in_streams.iter().any(|(of, known)| *of == id && **known == *path) => false,
            Some(_) => {
                self.declared_in_streams.push((id, path.into()));
                true
            }
            None => false,
        }
    }

    /// The VM has failed: nothing calls it any more.
    pub(crate) fn failed(&mut self) {
        self.shared.unregister();
        self.calls.cancel_all();
    }

    /// Makes host functions act on another context. 0 goes back to the one the callback is about. False if there is no
    /// such context.
    pub(crate) fn set_effective(&self, id: u32) -> bool {
        let exists = id == 0 || self.contexts.contains(id);
        if exists {
            self.turn.set_effective(id);
        }
        exists
    }

    /// Id of the context that host functions act on. An effective context that has gone falls back to the actual one.
    pub(crate) fn acting_id(&self) -> u32 {
        match self.turn.effective() {
            Some(id) if self.contexts.contains(id) => id,
            _ => self.turn.current(),
        }
    }

    /// Whether host functions act on the context that the callback is about.
    pub(crate) fn acts_on_current(&self) -> bool {
        self.acting_id() == self.turn.current()
    }

    /// The acting plugin, while it is created or configured: then its configuration can be read, and that of no other.
    pub(crate) fn configured_plugin(&self) -> Option<&Rc<PluginContext>> {
        self.configuring.filter(|id| *id == self.acting_id()).and_then(|_| self.acting_plugin())
    }

    /// The context that host functions act on; `None` while the module starts.
    pub(crate) fn acting(&self) -> Option<&Context> {
        self.contexts.get(self.acting_id())
    }

    /// The plugin that the acting context belongs to.
    pub(crate) fn acting_plugin(&self) -> Option<&Rc<PluginContext>> {
        self.acting().map(|context| &context.plugin)
    }

    /// Id of that plugin's context, while it lives.
    pub(crate) fn acting_plugin_id(&self) -> Option<u32> {
        let id = self.acting_plugin()?.id;
        self.contexts.contains(id).then_some(id)
    }

    /// The exchange of the acting context and the place of its filter, if it is an HTTP stream.
    pub(crate) fn acting_stream(&self) -> Option<(&Rc<RefCell<Exchange>>, usize)> {
        match &self.acting()?.kind {
            ContextKind::Http { exchange, filter } => Some((exchange, *filter)),
            ContextKind::Tcp { .. } | ContextKind::Plugin => None,
        }
    }

    /// The finished stream that the acting context is told of as an access logger: it can be read, not changed.
    pub(crate) fn logged_exchange(&self) -> Option<&Rc<RefCell<Exchange>>> {
        self.logged.as_ref().filter(|(id, _)| *id == self.acting_id()).map(|(_, exchange)| exchange)
    }

    /// The exchange of the acting context and the place of its filter, if it is a TCP connection.
    pub(crate) fn acting_connection(&self) -> Option<(&Rc<RefCell<Exchange>>, usize)> {
        match &self.acting()?.kind {
            ContextKind::Tcp { exchange, filter } => Some((exchange, *filter)),
            ContextKind::Http { .. } | ContextKind::Plugin => None,
        }
    }

    /// What the acting context's stream is, HTTP or TCP: for what both have, such as properties.
    pub(crate) fn acting_exchange(&self) -> Option<&Rc<RefCell<Exchange>>> {
        self.acting()?.kind.stream().map(|(exchange, _)| exchange)
    }

    /// Queues what the acting context asks for.
    pub(crate) fn defer(&self, action: Action) {
        self.turn.defer(self.acting_id(), action);
    }

    // Logs.

    pub(crate) fn log_enabled(&self, level: LogLevel) -> bool {
        level >= self.services.log.level()
    }

    /// Logs on behalf of the acting context.
    pub(crate) fn log(&self, level: LogLevel, message: &[u8]) {
        if self.log_enabled(level) {
            self.log_as(self.acting_id(), level, message);
        }
    }

    /// Logs a message of the guest, if it has not logged too many during this call, or in a second.
    pub(crate) fn log_of_guest(&mut self, level: LogLevel, message: &[u8]) {
        if !self.log_enabled(level) {
            return;
        }
        let most = self.limits().quotas.log_messages;
        let messages = self.turn.count_message();
        if messages <= most {
            let clock = &self.services.clock;
            match self.log_rate.admit(|| clock.monotonic_nanos()) {
                Admitted::Yes => self.log(level, message),
                Admitted::No => self.refused += 1,
                Admitted::NoAndSaid => {
                    self.refused += 1;
                    let most = self.limits().quotas.log_messages_per_second;
                    let message = format!(
                        "more than {most} messages in a second: the others are dropped (limit log_messages_per_second)"
                    );
                    self.log(LogLevel::Warn, message.as_bytes());
                }
            }
            return;
        }
        self.refused += 1;
        if messages == most.saturating_add(1) {
            let message = format!("more than {most} messages in one call: the others are dropped (limit log_messages)");
            self.log(LogLevel::Warn, message.as_bytes());
        }
    }

    /// Refuses what would be too much.
    #[cold]
    pub(crate) fn too_much(&mut self) -> Status {
        self.refused += 1;
        Status::InternalFailure
    }

    /// Refuses what is not on an allow-list, which `list` names. `told` is what the plugin is told.
    #[cold]
    pub(crate) fn not_allowed(&mut self, list: &'static str, name: &[u8], told: Status) -> Status {
        self.refused += 1;
        self.log_once(list, || {
            let (name, told) = (Shown(name), told.name());
            format!("{name} is not among the {list} that this plugin is allowed, which is told {told}")
        });
        told
    }

    /// Whether its plugins may call an upstream; if not, that is noted.
    pub(crate) fn may_call(&mut self, upstream: &str, told: Status) -> bool {
        let allowed = self.config.allow.clusters.as_ref().is_none_or(|list| list.allows(upstream.as_bytes()));
        if !allowed {
            self.not_allowed("clusters", upstream.as_bytes(), told);
        }
        allowed
    }

    /// `BAD_ARGUMENT` if its plugins may not write fields of this name.
    #[inline]
    pub(crate) fn check_field(&mut self, name: &[u8]) -> Result<(), Status> {
        match &self.config.allow.write_headers {
            Some(list) if !list.allows_field(name) => Err(self.not_allowed("write_headers", name, Status::BadArgument)),
            _ => Ok(()),
        }
    }

    /// `BAD_ARGUMENT` if its plugins may not set this property.
    pub(crate) fn check_property(&mut self, path: &[u8]) -> Result<(), Status> {
        match &self.config.allow.set_properties {
            Some(list) if !list.allows_path(path) => Err(self.not_allowed("set_properties", path, Status::BadArgument)),
            _ => Ok(()),
        }
    }

    /// Logs on behalf of a context.
    pub(crate) fn log_as(&self, context_id: u32, level: LogLevel, message: &[u8]) {
        self.services.log.log(level, self.origin(context_id), message);
    }

    /// A context and its plugin, by name.
    pub(crate) fn origin(&self, context_id: u32) -> LogOrigin<'_> {
        let plugin = self.contexts.get(context_id).map(|context| &context.plugin);
        LogOrigin {
            plugin: plugin.map_or("", |plugin| &plugin.spec.name),
            root_id: plugin.map_or("", |plugin| &plugin.spec.root_id),
            vm_id: &self.config.vm_id,
            context_id,
        }
    }

    /// Says once per VM that a host function does nothing here.
    pub(crate) fn log_unimplemented(&mut self, name: &'static str) {
        self.log_once(name, || format!("{name} is not implemented by this host; the plugin is told UNIMPLEMENTED"));
    }

    /// Logs an error about a host function, the first time that there is one.
    fn log_once(&mut self, name: &'static str, message: impl FnOnce() -> String) {
        if self.mentioned.is_new(name) {
            self.log(LogLevel::Error, message().as_bytes());
        }
    }
}

/// What has been mentioned in the log. Clones share it: the VMs of a plugin's streams do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mentioned(Rc<RefCell<Vec<&'static str>>>);

impl Mentioned {
    /// Whether this is the first time.
    fn is_new(&self, name: &'static str) -> bool {
        let mut mentioned = self.0.borrow_mut();
        let is_new = !mentioned.contains(&name);
        if is_new {
            mentioned.push(name);
        }
        is_new
    }
}

/// Numbers that are handed out in order need no hashing.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u32(&mut self, id: u32) {
        // hashbrown takes the control byte from the top bits; spread the id there too.
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
