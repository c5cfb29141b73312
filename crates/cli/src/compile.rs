//! From plugins in a configuration to plugins that can start.

use crate::artifacts::Origin;
use crate::bounded::BoundArgs;
use crate::files::{File, Files};
use crate::limits::{self, LimitArg};
use crate::modules::Modules;
use crate::output::Failure;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tollgate_cache::Store;
use tollgate_config::{Code, Diagnostic, FailurePolicy, Location, PluginConfig};
use tollgate_host::plugin::{self, AllowedCapabilities, Plugin, PluginSpec};

/// What is said about a plugin once the proxy is up.
#[derive(Clone, Debug)]
pub(crate) struct PluginReport {
    pub(crate) name: String,
    pub(crate) runtime: &'static str,
    pub(crate) abi: &'static str,
    /// File, or "inline".
    pub(crate) source: String,
    pub(crate) origin: Origin,
    /// Time to check and compile or load, on its thread; zero if a plugin before has the same module.
    pub(crate) took: Duration,
}

/// Compiles plugins.
pub(crate) struct Compiler<'a> {
    limits: &'a [LimitArg],
    /// The runtime asked for on the command line.
    runtime: Option<&'static str>,
    cache: Option<Arc<Store>>,
    bound: BoundArgs,
    /// Envoy's runtime names that have been mentioned in the log.
    mentioned: Vec<String>,
    reports: Vec<PluginReport>,
}

/// What a plugin runs.
struct Chosen<'a> {
    /// Number of the module.
    module: usize,
    /// `None` for code in the configuration.
    file: Option<File>,
    /// Where the configuration says so.
    location: &'a Location,
}

impl<'l> Compiler<'l> {
    /// A compiler that uses `runtime` for every plugin, whatever the configuration says, gives them these limits, and keeps
    /// what it compiles in `cache`. Compiling a plugin takes no more than `bound`.
    pub(crate) fn new(
        runtime: Option<&str>,
        limits: &'l [LimitArg],
        cache: Option<Store>,
        bound: BoundArgs,
    ) -> Result<Self, Failure> {
        let runtime = match runtime {
            Some(name) => Some(tollgate_runtimes::resolve(name)?.name),
            None => None,
        };
        Ok(Self { limits, runtime, cache: cache.map(Arc::new), bound, mentioned: Vec::new(), reports: Vec::new() })
    }

    pub(crate) fn into_reports(self) -> Vec<PluginReport> {
        self.reports
    }

    /// Makes plugins ready to start. The answers are in the order of the plugins, whatever was compiled first.
    pub(crate) fn compile(&mut self, configs: &[&PluginConfig], file: &Path) -> Vec<Result<Arc<Plugin>, Diagnostic>> {
        let (mut files, mut modules) = (Files::default(), Modules::default());
        let chosen: Vec<_> = configs.iter().map(|config| self.choose(config, file, &mut files, &mut modules)).collect();
        let mut made = modules.compile(self.cache.as_ref(), self.bound);
        let plugin = |(config, chosen): (&&PluginConfig, Result<Chosen<'_>, Diagnostic>)| {
            let Chosen { module, file, location } = chosen?;
            let source = file.map_or_else(|| "inline".to_owned(), |file| file.path.display().to_string());
            let made = &mut made[module];
            let module = made.module.clone().map_err(|error| {
                location.diagnostic(format!("plugin {:?} cannot be loaded from {source}: {error}", config.name))
            })?;
            self.reports.push(PluginReport {
                name: config.name.clone(),
                runtime: module.runtime(),
                abi: module.abi().label(),
                source,
                origin: made.origin,
                took: std::mem::take(&mut made.took),
            });
            Ok(Plugin::new(module, spec(config), vm_config(config, self.limits)))
        };
        configs.iter().zip(chosen).map(plugin).collect()
    }

    /// Reads a plugin's code and decides what runs it.
    fn choose<'a>(
        &mut self,
        config: &'a PluginConfig,
        file: &Path,
        files: &mut Files,
        modules: &mut Modules,
    ) -> Result<Chosen<'a>, Diagnostic> {
        let (source, location, bytes) = match &config.vm.code {
            Code::File { filename, location } => {
                let (source, bytes) = files.read(filename, location, file)?;
                (Some(source), location, bytes)
            }
            Code::Inline { bytes, location } => (None, location, Arc::new(bytes.clone())),
        };
        let runtime = self.choose_runtime(config, &bytes)?;
        let module = modules.add(runtime, bytes, source.clone(), config.vm.allow_precompiled);
        Ok(Chosen { module, file: source, location })
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
    let allowed_capabilities: AllowedCapabilities = config.allowed_capabilities.iter().cloned().collect();
    for name in allowed_capabilities.unknown() {
        tracing::warn!(
            "{}: allowed_capabilities of plugin {:?} has {name:?}, which is no host function and no callback",
            config.location,
            config.name
        );
    }
    plugin::VmConfig {
        vm_id: vm.vm_id.clone(),
        configuration: vm.configuration.clone().into(),
        environment: own.chain(vm.environment.iter().cloned()).collect(),
        limits: limits::limits(limits, &config.name),
        allowed_capabilities,
    }
}
