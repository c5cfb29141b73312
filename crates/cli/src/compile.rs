//! From plugins in a configuration to plugins that can start.

use crate::artifacts::Origin;
use crate::bounded::BoundArgs;
use crate::fetch::Remotes;
use crate::files::Files;
use crate::limits::{self, LimitArg};
use crate::modules::Modules;
use crate::output::Failure;
use crate::signed;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tollgate_cache::Store;
use tollgate_config::{
    Allow, Bootstrap, Cluster, Code, Diagnostic, FailurePolicy, Isolation, Location, PluginConfig, PluginPolicy,
    Policies,
};
use tollgate_host::plugin::{self, AllowLists, AllowedCapabilities, NameList, Plugin, PluginSpec};

/// What is said about a plugin once the proxy is up.
#[derive(Clone, Debug)]
pub(crate) struct PluginReport {
    pub(crate) name: String,
    pub(crate) runtime: &'static str,
    pub(crate) abi: &'static str,
    /// File, URI, or "inline".
    pub(crate) source: String,
    pub(crate) origin: Origin,
    /// Time to check and compile or load, on its thread; zero if a plugin before has the same module.
    pub(crate) took: Duration,
}

/// Compiles plugins.
pub(crate) struct Compiler<'a> {
    limits: &'a [LimitArg],
    policies: &'a Policies,
    clusters: &'a [Cluster],
    /// Code that was fetched.
    remotes: Option<&'a Remotes>,
    /// The runtime asked for on the command line.
    runtime: Option<&'static str>,
    cache: Option<Arc<Store>>,
    bound: BoundArgs,
    /// Envoy's runtime names that have been mentioned in the log.
    mentioned: Vec<String>,
    reports: Vec<PluginReport>,
    /// Files that plugins were read from.
    files: Vec<PathBuf>,
}

/// What a plugin runs.
struct Chosen<'a> {
    /// Number of the module.
    module: usize,
    /// What is said about where it is from.
    source: String,
    /// Where the configuration says so.
    location: &'a Location,
}

impl<'l> Compiler<'l> {
    /// A compiler that uses `runtime` for every plugin, whatever the configuration says, gives them these limits on top of what
    /// the configuration has decided, and keeps what it compiles in `cache`. Compiling a plugin takes no more than `bound`.
    pub(crate) fn new(
        runtime: Option<&str>,
        limits: &'l [LimitArg],
        bootstrap: &'l Bootstrap,
        cache: Option<Arc<Store>>,
        bound: BoundArgs,
    ) -> Result<Self, Failure> {
        let runtime = match runtime {
            Some(name) => Some(tollgate_runtimes::resolve(name)?.name),
            None => None,
        };
        Ok(Self {
            limits,
            policies: &bootstrap.policies,
            clusters: &bootstrap.clusters,
            remotes: None,
            runtime,
            cache,
            bound,
            mentioned: Vec::new(),
            reports: Vec::new(),
            files: Vec::new(),
        })
    }

    /// Where the code of each plugin that could be compiled was read from.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.reports.iter().map(|report| report.source.clone()).collect()
    }

    /// With code that was fetched.
    pub(crate) fn with_remotes(self, remotes: &'l Remotes) -> Self {
        Self { remotes: Some(remotes), ..self }
    }

    /// What is said about the plugins, and the files that they were read from.
    pub(crate) fn into_reports(self) -> (Vec<PluginReport>, Vec<PathBuf>) {
        (self.reports, self.files)
    }

    /// Makes plugins ready to start. The answers are in the order of the plugins, whatever was compiled first.
    pub(crate) fn compile(&mut self, configs: &[&PluginConfig], file: &Path) -> Vec<Result<Arc<Plugin>, Diagnostic>> {
        let (mut files, mut modules) = (Files::default(), Modules::default());
        let chosen: Vec<_> = configs.iter().map(|config| self.choose(config, file, &mut files, &mut modules)).collect();
        let mut made = modules.compile(self.cache.as_ref(), self.bound);
        let plugin = |(config, chosen): (&&PluginConfig, Result<Chosen<'_>, Diagnostic>)| {
            let Chosen { module, source, location } = chosen?;
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
            let policy = self.policies.of(config);
            Ok(Plugin::new(module, spec(config, &policy), vm_config(config, &policy, self.limits)))
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
        let (source, found, location, bytes) = match &config.vm.code {
            Code::File { filename, location } => {
                let (found, bytes) = files.read(filename, location, file)?;
                self.files.push(found.path.clone());
                (found.path.display().to_string(), Some(found), location, bytes)
            }
            Code::Inline { bytes, location } => ("inline".to_owned(), None, location, Arc::new(bytes.clone())),
            Code::Remote(remote) => {
                let location = &remote.location;
                let not = |why: &dyn std::fmt::Display| {
                    location.diagnostic(format!("the code of plugin {:?} cannot be fetched: {why}", config.name))
                };
                match self.remotes.and_then(|remotes| remotes.code(remote, self.clusters)) {
                    Some(Ok(code)) => (code.source, None, location, code.bytes),
                    Some(Err(error)) => return Err(not(error)),
                    None => return Err(not(&"it was not asked for, which is a bug")),
                }
            }
        };
        // Before anything else reads it.
        let policy = self.policies.of(config);
        signed::check(&bytes, policy.signed_by.as_deref().unwrap_or_default(), file, files).map_err(|problem| {
            let message = format!("plugin {:?} must not run: {}", config.name, problem.message);
            Diagnostic { message, ..problem }
        })?;
        let runtime = self.choose_runtime(config, &bytes)?;
        let limits = limits::limits(&self.policies.of(config).limits, self.limits, &config.name);
        let allowed = config.vm.allow_precompiled;
        let module = modules.add(runtime, bytes, found, allowed, limits.fuel.is_some());
        Ok(Chosen { module, source, location })
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

fn spec(config: &PluginConfig, policy: &PluginPolicy) -> PluginSpec {
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
        isolation: match policy.isolation.unwrap_or_default() {
            Isolation::Shared => plugin::Isolation::Shared,
            Isolation::Plugin => plugin::Isolation::Plugin,
            Isolation::Stream => plugin::Isolation::Stream,
        },
    }
}

fn vm_config(config: &PluginConfig, policy: &PluginPolicy, limits: &[LimitArg]) -> plugin::VmConfig {
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
    let mut environment: Vec<_> = own.chain(vm.environment.iter().cloned()).collect();
    if let Some(allowed) = &policy.allow.environment_keys {
        environment.retain(|(key, _)| {
            let is_allowed = allowed.contains(key);
            if !is_allowed {
                tracing::warn!(
                    "{}: plugin {:?} does not get the environment variable {key:?}, which is not among the \
                     environment_keys that it is allowed",
                    config.location,
                    config.name
                );
            }
            is_allowed
        });
    }
    plugin::VmConfig {
        vm_id: vm.vm_id.clone(),
        configuration: vm.configuration.clone().into(),
        environment,
        limits: limits::limits(&policy.limits, limits, &config.name),
        allowed_capabilities,
        allow: allow_lists(&policy.allow),
        rebuild: policy.rebuild.map_or_else(plugin::Rebuild::default, |rebuild| plugin::Rebuild {
            memory_bytes: rebuild.memory_bytes,
            streams: rebuild.streams,
        }),
    }
}

fn allow_lists(allow: &Allow) -> AllowLists {
    AllowLists {
        clusters: allow.clusters.as_ref().map(NameList::exact),
        foreign_functions: allow.foreign_functions.as_ref().map(NameList::exact),
        write_headers: allow.write_headers.as_ref().map(NameList::fields),
        set_properties: allow.set_properties.as_ref().map(NameList::patterns),
    }
}
