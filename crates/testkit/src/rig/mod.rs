//! Plugins in a chain, with scripted peers on both sides.

mod connection;
mod conversation;
mod event;
mod resolver;
mod upstreams;

pub use connection::{Connection, TcpEvent};
pub use conversation::{Conversation, Side};
pub use event::{Event, fields};
pub use resolver::ScriptedResolver;
pub use upstreams::{CallEvent, ScriptedUpstreams};

use crate::clock::VirtualClock;
use crate::log::LogRecorder;
use crate::native::{self, NativeRuntime};
use crate::random::CountingRandom;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::AbiVersion;
use tollgate_host::plugin::{Plugin, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::services::Services;
use tollgate_host::stream::{FilterChain, NoRoutes, StreamInfo};

/// A chain of one plugin on a worker whose clock, random bytes and log are the test's.
#[derive(Debug)]
pub struct Rig {
    /// The time that the plugin sees.
    pub clock: VirtualClock,
    /// What it has logged.
    pub log: Rc<LogRecorder>,
    /// Whom it calls; there is one of the name `auth`.
    pub upstreams: ScriptedUpstreams,
    /// The worker it runs on.
    pub worker: Worker,
    /// The chain it is in.
    pub chain: FilterChain,
}

impl Rig {
    /// A rig with a native plugin of a version, and 1 MiB of buffer.
    ///
    /// # Panics
    ///
    /// Panics if the plugin does not start.
    pub fn native(runtime: &NativeRuntime, abi: AbiVersion) -> Self {
        let module =
            PluginModule::compile(runtime, native::module(abi).as_bytes()).expect("the stub module is a plugin");
        let spec = PluginSpec { name: "native".to_owned(), ..PluginSpec::default() };
        Self::with(&Plugin::new(module, spec, VmConfig::default()), 1 << 20)
    }

    /// A rig with any plugin.
    ///
    /// # Panics
    ///
    /// Panics if the plugin does not start.
    pub fn with(plugin: &Arc<Plugin>, buffer_limit: usize) -> Self {
        let clock = VirtualClock::new();
        let log = Rc::new(LogRecorder::default());
        let mut services = Services::new(Rc::new(clock.clone()), Rc::new(CountingRandom::default()), log.clone());
        let upstreams = ScriptedUpstreams::new(["auth"]);
        services.upstreams = Rc::new(upstreams.clone());
        let worker = Worker::new(services);
        let handle = worker.start(plugin).expect("the plugin starts");
        Self { clock, log, upstreams, worker, chain: FilterChain::new([handle], buffer_limit) }
    }

    /// Begins an HTTP stream.
    pub fn open(&self) -> Conversation {
        Conversation::new(self.chain.open(StreamInfo::default(), Rc::new(NoRoutes)))
    }

    /// Begins a TCP connection.
    pub fn open_tcp(&self) -> Connection {
        Connection::new(self.chain.open_tcp(StreamInfo::default()))
    }
}
