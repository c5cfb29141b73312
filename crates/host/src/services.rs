//! What the host library asks of its embedder: a clock, random bytes, a place for logs, whom plugins can call. It has
//! none of its own.

use crate::callouts::{NoUpstreams, Upstreams};
use crate::foreign::ForeignFunctions;
use crate::metrics::Metrics;
use crate::plugin::{CallbackTiming, CoreDumps};
use crate::resolver::{NoResolver, Resolver};
use crate::shared::Shared;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::LogLevel;

/// Time.
pub trait Clock {
    /// Nanoseconds since the Unix epoch.
    fn wall_nanos(&self) -> u64;

    /// Nanoseconds since an arbitrary moment; never goes back.
    fn monotonic_nanos(&self) -> u64;
}

/// Random bytes.
pub trait Random {
    /// Fills `buffer` from a source fit for keys.
    fn fill(&self, buffer: &mut [u8]);
}

/// Who logs, or whose crossing is observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogOrigin<'a> {
    /// Name of the plugin; empty for the VM itself.
    pub plugin: &'a str,
    /// Root id of the plugin.
    pub root_id: &'a str,
    /// Id of the VM.
    pub vm_id: &'a str,
    /// The context the call acts on; 0 for the VM itself.
    pub context_id: u32,
}

/// A place for logs.
pub trait LogSink {
    /// Messages below this level are not wanted.
    fn level(&self) -> LogLevel;

    /// Takes a message of a plugin, or of the host about a plugin. The bytes need not be UTF-8.
    fn log(&self, level: LogLevel, origin: LogOrigin<'_>, message: &[u8]);
}

/// What an embedder provides to the plugins of one thread. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Random bytes.
    pub random: Rc<dyn Random>,
    /// A place for logs.
    pub log: Rc<dyn LogSink>,
    /// Values and queues, the same for all threads.
    pub shared: Arc<Shared>,
    /// Metrics that plugins define, the same for all threads.
    pub metrics: Arc<Metrics>,
    /// How many calls of callbacks are timed, the same for all threads.
    pub timing: Arc<CallbackTiming>,
    /// Functions that plugins may call by name.
    pub foreign_functions: ForeignFunctions,
    /// Whom plugins can call.
    pub upstreams: Rc<dyn Upstreams>,
    /// What resolves names for plugins.
    pub resolver: Rc<dyn Resolver>,
    /// What takes core dumps of VMs that have failed. Without it there are none, and nothing is spent on them.
    pub core_dumps: Option<Rc<dyn CoreDumps>>,
}

impl Services {
    /// The services that an embedder must have; what else there is starts as if there were none of it.
    pub fn new(clock: Rc<dyn Clock>, random: Rc<dyn Random>, log: Rc<dyn LogSink>) -> Self {
        Self {
            clock,
            random,
            log,
            shared: Arc::default(),
            metrics: Arc::default(),
            timing: Arc::default(),
            foreign_functions: ForeignFunctions::default(),
            upstreams: Rc::new(NoUpstreams),
            resolver: Rc::new(NoResolver),
            core_dumps: None,
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}
