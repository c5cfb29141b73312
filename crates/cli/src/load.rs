//! From a file name to something that can run: configuration read, plugins compiled.

use crate::compile::{Compiler, PluginReport};
use crate::fetch::Remotes;
use crate::files;
use crate::limits;
use crate::output::Failure;
use crate::run::ConfigArgs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_config::{Bootstrap, DataSource, Diagnostic, HttpFilter, PluginConfig, RedisSettings, RouteAction};
use tollgate_proxy::{ListenerPlugins, PlacedPlugin, Plugins, TlsContexts};

/// A configuration with its plugins compiled.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) bootstrap: Bootstrap,
    pub(crate) plugins: Plugins,
    pub(crate) tls: TlsContexts,
    /// What is said about each plugin once the proxy is up.
    pub(crate) reports: Vec<PluginReport>,
    /// The configuration as a document, for `/config_dump`.
    pub(crate) document: serde_json::Value,
    /// The files that all of this was read from.
    pub(crate) files: Vec<PathBuf>,
}

/// Loads a configuration, with what the command line says beside it. Warnings are logged.
pub(crate) fn load(args: &ConfigArgs) -> Result<Loaded, Failure> {
    let path = &*args.path();
    let name = path.display().to_string();
    let text = read_text(path)?;
    let parsed = tollgate_config::parse(&name, &text).map_err(|errors| Failure::all(errors.0))?;
    for warning in &parsed.warnings {
        tracing::warn!("{warning}");
    }
    let mut bootstrap = parsed.bootstrap;
    let mut problems = Vec::new();
    let mut files = vec![path.to_owned()];
    read_bodies(&mut bootstrap, path, &mut files, &mut problems);
    read_certificates(&mut bootstrap, path, &mut files, &mut problems);
    let tls = if problems.is_empty() { TlsContexts::load(&bootstrap) } else { Ok(TlsContexts::default()) };
    let tls = tls.unwrap_or_else(|wrong| {
        problems.extend(wrong);
        TlsContexts::default()
    });

    let cache = args.cache.open().map(Arc::new);
    let remotes = Remotes::fetch(&bootstrap, &args.fetch, cache.clone());
    let mut compiler =
        Compiler::new(args.runtime.as_deref(), &args.limits, &bootstrap, cache, args.bound)?.with_remotes(&remotes);
    let plugins = compile_all(&mut compiler, &bootstrap, path, &mut problems);
    let (reports, of_plugins) = compiler.into_reports();
    if !problems.is_empty() {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        return Err(Failure::all(problems));
    }
    let names: Vec<_> = plugins.iter().map(|placed| &*placed.plugin.spec().name).collect();
    if let Some(name) = limits::unknown_plugin(&args.limits, &names) {
        return Err(Failure::from(format!(
            "--limit {name}:...: the configuration has no plugin of this name that runs"
        )));
    }
    remotes.accept();
    files.extend(of_plugins);
    Ok(Loaded { bootstrap, plugins, tls, reports, document: parsed.document, files })
}

/// Makes every plugin of a configuration ready to start, disabled ones too.
fn compile_all(
    compiler: &mut Compiler<'_>,
    bootstrap: &Bootstrap,
    path: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Plugins {
    let mut configs = Vec::new();
    each_plugin(bootstrap, |config| {
        configs.push(config);
        None
    });
    let mut compiled = compiler.compile(&configs, path).into_iter();
    let mut sources = compiler.sources().into_iter();
    each_plugin(bootstrap, |config| match compiled.next()? {
        Ok(plugin) => {
            let (location, source) = (config.location.clone(), sources.next().unwrap_or_default());
            Some(PlacedPlugin { plugin, location, source })
        }
        Err(diagnostic) => {
            problems.push(diagnostic);
            None
        }
    })
}

/// Puts a plugin in the place of every configuration of one, which it meets in the order of the file.
fn each_plugin<'a>(
    bootstrap: &'a Bootstrap,
    mut plugin: impl FnMut(&'a PluginConfig) -> Option<PlacedPlugin>,
) -> Plugins {
    let mut plugins = Plugins::default();
    let chains = bootstrap.listeners.iter().flat_map(|listener| &listener.filter_chains);
    let routes: Vec<_> = chains.filter_map(|chain| Some(&chain.http()?.routes)).collect();
    for cluster in &bootstrap.clusters {
        let own = cluster.http_filters.iter().map(|filter| {
            let is_used = !filter.disabled || routes.iter().any(|routes| routes.enables(&filter.filter_name));
            plugin(&filter.plugin).filter(|_| is_used)
        });
        plugins.clusters.push(own.collect());
    }
    for listener in &bootstrap.listeners {
        for chain in &listener.filter_chains {
            let mut own = ListenerPlugins::default();
            own.network.extend(chain.network_filters.iter().filter_map(|filter| plugin(&filter.plugin)));
            if let Some(http) = chain.http() {
                for HttpFilter::Wasm(filter) in &http.filters {
                    let is_used = !filter.disabled || http.routes.enables(&filter.filter_name);
                    own.http.push(plugin(&filter.plugin).filter(|_| is_used));
                }
                own.routes.extend(http.routes.plugins().filter_map(&mut plugin));
            }
            own.access_logs.extend(chain.access_logs().iter().filter_map(|log| plugin(&log.plugin)));
            plugins.listeners.push(own);
        }
    }
    plugins.services.extend(bootstrap.services.iter().filter_map(|service| plugin(&service.plugin)));
    plugins.stats_sinks.extend(bootstrap.stats_sinks.iter().filter_map(|sink| plugin(&sink.plugin)));
    plugins
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{}: there is no such file; name the configuration to run", path.display())
        }
        std::io::ErrorKind::IsADirectory => {
            format!("{}: this is a folder; name the configuration file in it", path.display())
        }
        _ => format!("{}: cannot be read: {error}", path.display()),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::from(format!("{}:{line}: the file is not UTF-8 text", path.display()))
    })
}

/// Puts the bodies of direct responses that stand in files into the configuration.
fn read_bodies(bootstrap: &mut Bootstrap, config: &Path, files: &mut Vec<PathBuf>, problems: &mut Vec<Diagnostic>) {
    for chain in bootstrap.listeners.iter_mut().flat_map(|listener| &mut listener.filter_chains) {
        let Some(http) = chain.http_mut() else { continue };
        let limit = http.routes.max_direct_response_body_size_bytes as usize;
        for route in http.routes.virtual_hosts.iter_mut().flat_map(|host| &mut host.routes) {
            let RouteAction::DirectResponse { body, .. } = &mut route.action else { continue };
            let DataSource::File { filename, location } = body else { continue };
            match files::read(filename, location, config) {
                Ok((_, bytes)) if bytes.len() > limit => problems.push(location.diagnostic(format!(
                    "{} has {} bytes, more than max_direct_response_body_size_bytes allows ({limit})",
                    filename.display(),
                    bytes.len()
                ))),
                Ok((file, bytes)) => {
                    files.push(file.path);
                    *body = DataSource::Inline(bytes);
                }
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
    }
}

/// Puts certificates, keys and passwords that stand in files into the configuration.
fn read_certificates(
    bootstrap: &mut Bootstrap,
    config: &Path,
    files: &mut Vec<PathBuf>,
    problems: &mut Vec<Diagnostic>,
) {
    let chains = bootstrap.listeners.iter_mut().flat_map(|listener| &mut listener.filter_chains);
    let downstream = chains.filter_map(|chain| chain.tls.as_mut()).flat_map(|tls| tls.common.sources_mut());
    let upstream = bootstrap.clusters.iter_mut().filter_map(|cluster| cluster.tls.as_mut());
    let shared_data = bootstrap.shared_data.iter_mut().flat_map(RedisSettings::sources_mut);
    for source in downstream.chain(upstream.flat_map(|tls| tls.common.sources_mut())).chain(shared_data) {
        let DataSource::File { filename, location } = source else { continue };
        match files::read(filename, location, config) {
            Ok((file, bytes)) => {
                files.push(file.path);
                *source = DataSource::Inline(bytes);
            }
            Err(diagnostic) => problems.push(diagnostic),
        }
    }
}
