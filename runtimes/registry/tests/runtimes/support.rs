//! Small plugins in text form, started on a runtime.

use bytes::Bytes;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::LogLevel;
use tollgate_host::plugin::{
    Plugin, PluginHandle, PluginModule, PluginSpec, StartError, StartErrorKind, VmConfig, Worker,
};
use tollgate_host::services::{Clock, LogOrigin, LogSink, Random, Services};
use tollgate_host::vm::{Artifact, Limits, Runtime, VmError, VmErrorKind};

/// What the plugins are configured with.
pub(crate) const CONFIGURATION: &str = "twelve bytes";

/// Every runtime that was built in, with its name for messages.
pub(crate) fn runtimes() -> impl Iterator<Item = (&'static str, Arc<dyn Runtime>)> {
    tollgate_runtimes::names().iter().map(|name| (*name, tollgate_runtimes::open(name).unwrap()))
}

/// What every plugin needs: a memory, an allocator that always gives the same block, a version.
pub(crate) const BASICS: &str = r#"
    (memory (export "memory") 1)
    (func (export "malloc") (param i32) (result i32) i32.const 1024)
    (func (export "proxy_abi_version_0_2_1"))
"#;

/// A module with the basics and these fields; imports first.
pub(crate) fn module(imports: &str, fields: &str) -> String {
    format!("(module {imports} {BASICS} {fields})")
}

/// A module whose `proxy_on_configure` has this body.
pub(crate) fn on_configure(body: &str) -> String {
    module("", &format!(r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) {body})"#))
}

/// A plugin that was started, and what it logged.
pub(crate) struct Started {
    pub(crate) result: Result<PluginHandle, StartError>,
    log: Rc<Log>,
}

impl Started {
    /// Messages of the plugin and about it.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.messages.borrow().clone()
    }

    /// How it failed.
    pub(crate) fn failure(&self) -> (&'static str, &VmError) {
        match self.result.as_ref().map_err(StartError::kind) {
            Err(StartErrorKind::Failed { function, error }) => (function, error),
            other => panic!("no failure: {other:?}"),
        }
    }

    /// The kind of its failure; `None` if it started.
    pub(crate) fn failure_kind(&self) -> Option<VmErrorKind> {
        match &self.result {
            Ok(_) => None,
            Err(error) => Some(error.kind().vm_error_kind().unwrap_or_else(|| panic!("no failure: {error}"))),
        }
    }
}

/// Compiles a module.
pub(crate) fn compile(runtime: &dyn Runtime, module: &str) -> Arc<Plugin> {
    compile_limited(runtime, module, Limits::default())
}

/// Compiles a module whose guests may take so much.
pub(crate) fn compile_limited(runtime: &dyn Runtime, module: &str, limits: Limits) -> Arc<Plugin> {
    let module = PluginModule::compile(runtime, module.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{module}"));
    limited(module, limits)
}

/// Compiles a module, keeps it as an artefact, and takes it back; `None` if the runtime has no artefacts.
pub(crate) fn kept_limited(runtime: &dyn Runtime, module: &str, limits: Limits) -> Option<Arc<Plugin>> {
    let wasm = module.as_bytes();
    let artifact = PluginModule::compile(runtime, wasm).unwrap().serialize()?.unwrap();
    Some(limited(PluginModule::load(runtime, wasm, Artifact::vouched_for(&artifact)).unwrap(), limits))
}

fn limited(module: Arc<PluginModule>, limits: Limits) -> Arc<Plugin> {
    let spec = PluginSpec {
        name: "test".to_owned(),
        configuration: Bytes::from_static(CONFIGURATION.as_bytes()),
        ..PluginSpec::default()
    };
    Plugin::new(module, spec, VmConfig { limits, ..VmConfig::default() })
}

/// Starts a plugin on this thread.
pub(crate) fn start_plugin(plugin: &Arc<Plugin>) -> Started {
    let log = Rc::new(Log::default());
    let result = start_with(plugin, log.clone());
    Started { result, log }
}

/// Starts a plugin whose messages go there.
pub(crate) fn start_with(plugin: &Arc<Plugin>, log: Rc<dyn LogSink>) -> Result<PluginHandle, StartError> {
    Worker::new(services(log)).start(plugin)
}

/// Services for plugins whose messages go there.
pub(crate) fn services(log: Rc<dyn LogSink>) -> Services {
    Services::new(Rc::new(Still), Rc::new(Still), log)
}

/// Reads no log.
pub(crate) struct Nothing;

impl LogSink for Nothing {
    fn level(&self) -> LogLevel {
        LogLevel::Critical
    }

    fn log(&self, _level: LogLevel, _origin: LogOrigin<'_>, _message: &[u8]) {}
}

/// Compiles and starts a module on this thread.
pub(crate) fn start(runtime: &dyn Runtime, module: &str) -> Started {
    start_plugin(&compile(runtime, module))
}

#[derive(Default)]
struct Log {
    messages: RefCell<Vec<String>>,
}

impl LogSink for Log {
    fn level(&self) -> LogLevel {
        LogLevel::Trace
    }

    fn log(&self, _level: LogLevel, _origin: LogOrigin<'_>, message: &[u8]) {
        self.messages.borrow_mut().push(String::from_utf8_lossy(message).into_owned());
    }
}

/// A clock that stands and a die that shows zeros.
struct Still;

impl Clock for Still {
    fn wall_nanos(&self) -> u64 {
        0
    }

    fn monotonic_nanos(&self) -> u64 {
        0
    }
}

impl Random for Still {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}
