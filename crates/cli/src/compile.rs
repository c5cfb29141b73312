//! Compiling the plugins of a configuration, each module once.

use crate::limits::{self, LimitArg};
use crate::load::read_file;
use crate::output::Failure;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_config::{Code, Diagnostic, FailurePolicy, PluginConfig};
use tollgate_host::plugin::{self, Plugin, PluginModule, PluginSpec};

/// What is said about a plugin once the proxy is up.
#[derive(Clone, Debug)]
pub(crate) struct PluginReport {
    pub(crate) name: String,
    pub(crate) runtime: &'static str,
    pub(crate) abi: &'static str,
    /// File, or "inline".
    pub(crate) source: String,
    /// Time to check and compile; zero if another plugin has the same module.
    pub(crate) compiled_in: Duration,
}

/// A module that more than one plugin may have.
struct Compiled {
    runtime: &'static str,
    bytes: Vec<u8>,
    module: Arc<PluginModule>,
}

/// Compiles plugins.
pub(crate) struct Compiler<'a> {
    limits: &'a [LimitArg],
    /// The runtime asked for on the command line.
    runtime: Option<&'static str>,
    modules: Vec<Compiled>,
    /// Envoy's runtime names that have been mentioned in the log.
    mentioned: Vec<String>,
    reports: Vec<PluginReport>,
}

impl<'a> Compiler<'a> {
    /// A compiler that uses `runtime` for every plugin, whatever the configuration says, and gives them these limits.
    pub(crate) fn new(runtime: Option<&str>, limits: &'a [LimitArg]) -> Result<Self, Failure> {
        let runtime = match runtime {
            Some(name) => Some(tollgate_runtimes::resolve(name)?.name),
            None => None,
        };
        Ok(Self { limits, runtime, modules: Vec::new(), mentioned: Vec::new(), reports: Vec::new() })
    }

    pub(crate) fn into_reports(self) -> Vec<PluginReport> {
        self.reports
    }

    /// Makes a plugin ready to start.
    pub(crate) fn compile(&mut self, config: &PluginConfig, file: &Path) -> Result<Arc<Plugin>, Diagnostic> {
        let runtime = self.choose_runtime(config)?;
        let (source, location, bytes) = match &config.vm.code {
            Code::File { filename, location } => {
                let (path, bytes) = read_file(filename, location, file)?;
                (path.display().to_string(), location, bytes)
            }
            Code::Inline { bytes, location } => ("inline".to_owned(), location, bytes.clone()),
        };
        let started = Instant::now();
        let module = self.module(runtime, bytes).map_err(|error| {
            location.diagnostic(format!("plugin {:?} cannot be loaded from {source}: {error}", config.name))
        })?;
        self.reports.push(PluginReport {
            name: config.name.clone(),
            runtime: module.runtime(),
            abi: module.abi().label(),
            source,
            compiled_in: started.elapsed(),
        });
        Ok(Plugin::new(module, spec(config), vm_config(config, self.limits)))
    }

    fn choose_runtime(&mut self, config: &PluginConfig) -> Result<&'static str, Diagnostic> {
        if let Some(name) = self.runtime {
            return Ok(name);
        }
        let location = config.vm.runtime_location.as_ref().unwrap_or(&config.location);
        let Some(name) = &config.vm.runtime else {
            return tollgate_runtimes::default_name()
                .ok_or_else(|| location.diagnostic("this program was built without any Wasm runtime"));
        };
        let resolved = tollgate_runtimes::resolve(name).map_err(|error| location.diagnostic(error.to_string()))?;
        if resolved.alias && !self.mentioned.contains(name) {
            self.mentioned.push(name.clone());
            tracing::info!("runtime {name} is taken as {}", resolved.name);
        }
        Ok(resolved.name)
    }

    fn module(&mut self, runtime: &'static str, bytes: Vec<u8>) -> Result<Arc<PluginModule>, String> {
        if let Some(known) = self.modules.iter().find(|known| known.runtime == runtime && known.bytes == bytes) {
            return Ok(known.module.clone());
        }
        let engine = tollgate_runtimes::open(runtime).map_err(|error| error.to_string())?;
        let module = PluginModule::compile(&*engine, &bytes).map_err(|error| error.to_string())?;
        self.modules.push(Compiled { runtime, bytes, module: module.clone() });
        Ok(module)
    }
}

fn spec(config: &PluginConfig) -> PluginSpec {
    PluginSpec {
        name: config.name.clone(),
        root_id: config.root_id.clone(),
        configuration: config.configuration.clone().into(),
        failure_policy: match config.failure_policy {
            FailurePolicy::FailClosed => plugin::FailurePolicy::Closed,
            FailurePolicy::FailOpen => plugin::FailurePolicy::Open,
            FailurePolicy::FailReload { base_interval } => plugin::FailurePolicy::Reload { base_interval },
        },
        allow_on_headers_stop_iteration: config.allow_on_headers_stop_iteration,
    }
}

fn vm_config(config: &PluginConfig, limits: &[LimitArg]) -> plugin::VmConfig {
    let vm = &config.vm;
    // Keys of this process's environment that are not set, or not text, are left out, as in Envoy.
    let own = vm.host_env_keys.iter().filter_map(|key| Some((key.clone(), std::env::var(key).ok()?)));
    plugin::VmConfig {
        vm_id: vm.vm_id.clone(),
        configuration: vm.configuration.clone().into(),
        environment: own.chain(vm.environment.iter().cloned()).collect(),
        limits: limits::limits(limits, &config.name),
    }
}
