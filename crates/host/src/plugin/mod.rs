//! Plugins: what is configured, what is compiled, what runs.
//!
//! A [`PluginModule`] is compiled once and shared by all threads. A [`Plugin`] is a module with a configuration. Each
//! thread has a [`Worker`], which starts plugins; a [`PluginHandle`] is a plugin started there. Plugins of one thread
//! with the same module and VM configuration share a VM, as in Envoy.

mod agenda;
mod backoff;
mod core_dump;
mod events;
mod grpc_event;
mod handle;
mod isolation;
mod live;
mod obituary;
mod rebuilds;
mod start;
mod tally;
mod timers;
mod vm;
mod worker;

pub use crate::allow::{AllowLists, NameList};
pub use crate::capability::AllowedCapabilities;
pub(crate) use agenda::Agenda;
pub use core_dump::{CoreDump, CoreDumps, FAILURE};
pub(crate) use grpc_event::GrpcEvent;
pub use handle::{ForeignCallError, PluginHandle, PluginState};
pub use isolation::{Isolation, Rebuild};
pub(crate) use live::{Live, delete_plugin_context};
pub use obituary::Obituary;
pub use start::{StartError, StartErrorKind};
pub(crate) use tally::Tally;
pub use tally::{CallbackRecord, CallbackTiming};
pub(crate) use vm::{Called, Vm, VmFailed};
pub use worker::Worker;

use crate::metadata::{Locality, MetadataStruct};
use crate::metrics::MetricMaker;
use crate::module::{CheckedModule, LoadError, ModuleInfo};
use crate::stream::Direction;
use crate::vm::{Artifact, Limits, Module, Runtime, VmError};
use bytes::Bytes;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tollgate_abi::{AbiVersion, Callback};

/// What happens to streams when a plugin's VM has failed (`failure_policy` of Envoy's `PluginConfig`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// They are answered with an error.
    #[default]
    Closed,
    /// They go on without the plugin, the one that met the failure included.
    Open,
    /// They are answered with an error, and the VM is started anew for the next one.
    Reload {
        /// Least time between two starts. Up to half of it is added by chance, and it doubles with each call in a row that
        /// met its deadline, up to [`Limits::strikes`].
        base_interval: Duration,
    },
}

/// Configuration of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginSpec {
    /// Name for logs and the property `plugin_name`.
    pub name: String,
    /// Which of the module's root contexts to use; the property `plugin_root_id`.
    pub root_id: String,
    /// Bytes given to `proxy_on_configure`.
    pub configuration: Bytes,
    /// What happens when its VM has failed.
    pub failure_policy: FailurePolicy,
    /// Takes 1 from a headers callback literally: the headers are held and body callbacks go on.
    pub allow_on_headers_stop_iteration: bool,
    /// Whom it shares its VM with.
    pub isolation: Isolation,
}

/// Who the proxy says it is (`node` of Envoy's bootstrap). Plugins read it as the property `xds.node`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeInfo {
    /// `node.id`.
    pub id: String,
    /// `node.cluster`.
    pub cluster: String,
    /// `node.metadata`.
    pub metadata: MetadataStruct,
    /// `node.locality`.
    pub locality: Locality,
    /// `node.user_agent_name`: which proxy this is.
    pub user_agent_name: String,
    /// `node.user_agent_version`.
    pub user_agent_version: String,
}

/// Configuration of a VM. Equal ones with the same module share a VM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VmConfig {
    /// Name of the VM; the property `plugin_vm_id`.
    pub vm_id: String,
    /// Bytes given to `proxy_on_vm_start`.
    pub configuration: Bytes,
    /// Environment variables that the plugin sees.
    pub environment: Vec<(String, String)>,
    /// How much time and memory its guest may take.
    pub limits: Limits,
    /// What it may use of the ABI.
    pub allowed_capabilities: AllowedCapabilities,
    /// What it may name when it does.
    pub allow: AllowLists,
    /// When it has been used enough. Never with [`Isolation::Stream`].
    pub rebuild: Rebuild,
}

/// Why a module could not be made ready.
#[derive(Debug)]
pub enum CompileError {
    /// It is not a plugin.
    Load(LoadError),
    /// The engine refused it.
    Vm(VmError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Vm(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CompileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Load(error) => Some(error),
            Self::Vm(error) => Some(error),
        }
    }
}

/// A module compiled by a runtime.
pub struct PluginModule {
    module: Arc<dyn Module>,
    info: Arc<ModuleInfo>,
    abi: AbiVersion,
    runtime: &'static str,
    lines: OnceLock<Box<dyn SourceLines>>,
}

/// Whoever knows which lines of source a module was made from.
pub trait SourceLines: Send + Sync {
    /// The line for each place, in bytes from the start of the module's binary form; as many as are known, and none is an
    /// answer too. Called when a call of the guest has failed, on the thread of its plugins.
    fn lines(&self, offsets: &[Option<usize>]) -> Vec<Option<String>>;
}

impl PluginModule {
    /// Reads a module, binary or text, checks it and compiles it.
    ///
    /// # Errors
    ///
    /// A [`CompileError`] if it is not a plugin or the engine refuses it.
    pub fn compile(runtime: &dyn Runtime, bytes: &[u8]) -> Result<Arc<Self>, CompileError> {
        let baseline = runtime.capabilities().baseline();
        let checked = CheckedModule::parse(bytes, baseline).map_err(CompileError::Load)?;
        let module = runtime.compile(&checked).map_err(CompileError::Vm)?;
        Ok(Arc::new(Self {
            module,
            info: checked.info().clone(),
            abi: checked.abi(),
            runtime: runtime.name(),
            lines: OnceLock::new(),
        }))
    }

    /// Makes the module whose artefact this is, as [`compile`](Self::compile) would. `bytes` are what it was compiled from,
    /// by this version of this library: they are not validated again.
    ///
    /// # Errors
    ///
    /// A [`CompileError`] if it is not a plugin or the engine does not take the artefact.
    pub fn load(runtime: &dyn Runtime, bytes: &[u8], artifact: Artifact<'_>) -> Result<Arc<Self>, CompileError> {
        let baseline = runtime.capabilities().baseline();
        let (info, abi) = CheckedModule::recall(bytes, baseline).map_err(CompileError::Load)?;
        let module = runtime.deserialize(&info, artifact).map_err(CompileError::Vm)?;
        Ok(Arc::new(Self { module, info, abi, runtime: runtime.name(), lines: OnceLock::new() }))
    }

    /// The artefact of the compiled module, for engines that have such a form.
    pub fn serialize(&self) -> Option<Result<Vec<u8>, VmError>> {
        self.module.serialize()
    }

    /// Has stacks of failed calls show lines of source. The first that is given stays.
    pub fn set_source_lines(&self, lines: Box<dyn SourceLines>) {
        let _ = self.lines.set(lines);
    }

    /// The same error, its stack with lines of source, and without functions that are not the module's own.
    #[cold]
    pub(crate) fn explained(&self, mut error: VmError) -> VmError {
        error.keep_functions(self.info.all_functions());
        if let Some(lines) = self.lines.get() {
            error.explain(|offsets| lines.lines(offsets));
        }
        error
    }

    /// What the module says about itself.
    pub fn info(&self) -> &ModuleInfo {
        &self.info
    }

    /// The version of the ABI that it declares.
    pub fn abi(&self) -> AbiVersion {
        self.abi
    }

    /// Name of the runtime that compiled it.
    pub fn runtime(&self) -> &'static str {
        self.runtime
    }
}

impl fmt::Debug for PluginModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginModule").field("runtime", &self.runtime).field("abi", &self.abi()).finish_non_exhaustive()
    }
}

/// A module with a configuration, to be started on any number of threads.
#[derive(Debug)]
pub struct Plugin {
    pub(crate) module: Arc<PluginModule>,
    pub(crate) spec: Arc<PluginSpec>,
    pub(crate) vm: Arc<VmConfig>,
    pub(crate) exports: Exports,
    /// Counts the metrics that its VMs make, on all threads.
    pub(crate) metric_maker: MetricMaker,
}

impl Plugin {
    /// A plugin of this module and configuration.
    pub fn new(module: Arc<PluginModule>, spec: PluginSpec, vm: VmConfig) -> Arc<Self> {
        let exports = Exports::of(module.info(), module.abi(), &vm.allowed_capabilities);
        let (spec, vm) = (Arc::new(spec), Arc::new(vm));
        Arc::new(Self { module, spec, vm, exports, metric_maker: MetricMaker::default() })
    }

    /// Its module.
    pub fn module(&self) -> &Arc<PluginModule> {
        &self.module
    }

    /// Its configuration.
    pub fn spec(&self) -> &PluginSpec {
        &self.spec
    }

    /// Configuration of its VM.
    pub fn vm_config(&self) -> &VmConfig {
        &self.vm
    }
}

/// The form in which a module has a callback whose name or type depends on the version of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As 0.1.0 has it, where 0.2.0 differs.
    V0_1,
    /// As 0.2.0 and 0.2.1 have it.
    V0_2,
    /// As the draft has it.
    Draft,
}

/// Which stream callbacks a module has, so that the others cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exports {
    pub(crate) request_headers: Option<Form>,
    pub(crate) request_body: Option<Form>,
    pub(crate) request_trailers: Option<Form>,
    pub(crate) response_headers: Option<Form>,
    pub(crate) response_body: Option<Form>,
    pub(crate) response_trailers: Option<Form>,
    pub(crate) new_connection: bool,
    pub(crate) downstream_data: bool,
    pub(crate) downstream_close: Option<Form>,
    pub(crate) upstream_data: bool,
    pub(crate) upstream_close: Option<Form>,
    pub(crate) context_create: bool,
    pub(crate) log: bool,
    pub(crate) done: bool,
    pub(crate) delete: bool,
}

impl Exports {
    /// The headers callback of a direction.
    pub(crate) const fn headers(&self, direction: Direction) -> Option<Form> {
        match direction {
            Direction::Request => self.request_headers,
            Direction::Response => self.response_headers,
        }
    }

    /// Whether there is a body callback in a direction.
    pub(crate) const fn has_body(&self, direction: Direction) -> bool {
        match direction {
            Direction::Request => self.request_body.is_some(),
            Direction::Response => self.response_body.is_some(),
        }
    }

    fn of(info: &ModuleInfo, abi: AbiVersion, allowed: &AllowedCapabilities) -> Self {
        use tollgate_abi::callbacks::rows;
        let has = |callback: Callback| info.exports_function(callback.name) && allowed.allow_callback(callback.name);
        // A module of the draft may have the callbacks of 0.2.1 (`tollgate_abi::callbacks::callback`).
        let form = |released: Callback, draft: Callback| match abi {
            AbiVersion::VNext if has(draft) => Some(Form::Draft),
            _ => has(released).then_some(Form::V0_2),
        };
        let headers = |released: Callback, draft: Callback| match form(released, draft) {
            Some(_) if abi == AbiVersion::V0_1_0 => Some(Form::V0_1),
            form => form,
        };
        Self {
            request_headers: headers(rows::on_request_headers, rows::on_http_request_headers),
            request_body: form(rows::on_request_body, rows::on_http_request_body),
            request_trailers: form(rows::on_request_trailers, rows::on_http_request_trailers),
            response_headers: headers(rows::on_response_headers, rows::on_http_response_headers),
            response_body: form(rows::on_response_body, rows::on_http_response_body),
            response_trailers: form(rows::on_response_trailers, rows::on_http_response_trailers),
            new_connection: has(rows::on_new_connection),
            downstream_data: has(rows::on_downstream_data),
            downstream_close: form(rows::on_downstream_connection_close, rows::on_downstream_close),
            upstream_data: has(rows::on_upstream_data),
            upstream_close: form(rows::on_upstream_connection_close, rows::on_upstream_close),
            context_create: has(rows::on_context_create),
            log: has(rows::on_log),
            done: has(rows::on_done),
            delete: has(rows::on_delete),
        }
    }
}
