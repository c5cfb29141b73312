//! Compiling the plugins of a configuration, each module once.

use crate::artifacts::{self, Origin, Place};
use crate::limits::{self, LimitArg};
use crate::load::read_file;
use crate::output::Failure;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_cache::{Store, is_artifact};
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
    pub(crate) origin: Origin,
    /// Time to check and compile or load; zero if another plugin has the same module.
    pub(crate) took: Duration,
}

/// A module that more than one plugin may have.
struct Compiled {
    runtime: &'static str,
    bytes: Vec<u8>,
    /// `allow_precompiled`, which makes no difference to modules that are not.
    allowed: bool,
    module: Arc<PluginModule>,
    origin: Origin,
}

/// Compiles plugins.
pub(crate) struct Compiler<'a> {
    limits: &'a [LimitArg],
    /// The runtime asked for on the command line.
    runtime: Option<&'static str>,
    cache: Option<Store>,
    modules: Vec<Compiled>,
    /// Envoy's runtime names that have been mentioned in the log.
    mentioned: Vec<String>,
    reports: Vec<PluginReport>,
}

impl<'a> Compiler<'a> {
    /// A compiler that uses `runtime` for every plugin, whatever the configuration says, gives them these limits, and keeps
    /// what it compiles in `cache`.
    pub(crate) fn new(runtime: Option<&str>, limits: &'a [LimitArg], cache: Option<Store>) -> Result<Self, Failure> {
        let runtime = match runtime {
            Some(name) => Some(tollgate_runtimes::resolve(name)?.name),
            None => None,
        };
        Ok(Self { limits, runtime, cache, modules: Vec::new(), mentioned: Vec::new(), reports: Vec::new() })
    }

    pub(crate) fn into_reports(self) -> Vec<PluginReport> {
        self.reports
    }

    /// Makes a plugin ready to start.
    pub(crate) fn compile(&mut self, config: &PluginConfig, file: &Path) -> Result<Arc<Plugin>, Diagnostic> {
        let (path, location, bytes) = match &config.vm.code {
            Code::File { filename, location } => {
                let (path, bytes) = read_file(filename, location, file)?;
                (Some(path), location, bytes)
            }
            Code::Inline { bytes, location } => (None, location, bytes.clone()),
        };
        let runtime = self.choose_runtime(config, &bytes)?;
        let source = path.as_ref().map_or_else(|| "inline".to_owned(), |path| path.display().to_string());
        let place = path.as_deref().map_or(Place::Inline, Place::File);
        let started = Instant::now();
        let (module, origin) = self.module(runtime, bytes, place, config.vm.allow_precompiled).map_err(|error| {
            location.diagnostic(format!("plugin {:?} cannot be loaded from {source}: {error}", config.name))
        })?;
        self.reports.push(PluginReport {
            name: config.name.clone(),
            runtime: module.runtime(),
            abi: module.abi().label(),
            source,
            origin,
            took: started.elapsed(),
        });
        Ok(Plugin::new(module, spec(config), vm_config(config, self.limits)))
    }

    /// The runtime that the command line names, or the configuration, or an artefact; or the default.
    fn choose_runtime(&mut self, config: &PluginConfig, code: &[u8]) -> Result<&'static str, Diagnostic> {
        if let Some(name) = self.runtime {
            return Ok(name);
        }
        let location = config.vm.runtime_location.as_ref().unwrap_or(&config.location);
        let Some(name) = &config.vm.runtime else {
            let made_for = tollgate_cache::runtime_of(code).and_then(|name| tollgate_runtimes::resolve(&name).ok());
            if let Some(runtime) = made_for {
                return Ok(runtime.name);
            }
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

    fn module(
        &mut self,
        runtime: &'static str,
        bytes: Vec<u8>,
        place: Place<'_>,
        allowed: bool,
    ) -> Result<(Arc<PluginModule>, Origin), String> {
        let is_same = |known: &&Compiled| known.runtime == runtime && known.bytes == bytes && known.allowed == allowed;
        if let Some(known) = self.modules.iter().find(is_same) {
            return Ok((known.module.clone(), known.origin));
        }
        let engine = tollgate_runtimes::open(runtime).map_err(|error| error.to_string())?;
        let (module, origin) = if is_artifact(&bytes) {
            artifacts::load(&*engine, &bytes, place, allowed, self.cache.as_ref())?
        } else {
            artifacts::compile(&*engine, &bytes, self.cache.as_ref()).map_err(|error| error.to_string())?
        };
        self.modules.push(Compiled { runtime, bytes, allowed, module: module.clone(), origin });
        Ok((module, origin))
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
