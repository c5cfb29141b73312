//! From a file name to something that can run: configuration read, plugins compiled.

use crate::compile::{Compiler, PluginReport};
use crate::output::Failure;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_config::{Bootstrap, DataSource, Diagnostic, HttpFilter, Location, RouteAction, resolve_file};
use tollgate_host::plugin::Plugin;

/// A configuration with its plugins compiled.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) bootstrap: Bootstrap,
    /// The plugins of each listener, in the order of its filters.
    pub(crate) plugins: Vec<Vec<(Arc<Plugin>, Location)>>,
    /// What is said about each plugin once the proxy is up.
    pub(crate) reports: Vec<PluginReport>,
    /// The configuration as a document, for `/config_dump`.
    pub(crate) document: serde_json::Value,
}

/// Loads a configuration; `runtime` overrides what it says about runtimes. Warnings are logged.
pub(crate) fn load(path: &Path, runtime: Option<&str>) -> Result<Loaded, Failure> {
    let name = path.display().to_string();
    let text = read_text(path)?;
    let parsed = tollgate_config::parse(&name, &text).map_err(|errors| Failure::all(errors.0))?;
    for warning in &parsed.warnings {
        tracing::warn!("{warning}");
    }
    let mut bootstrap = parsed.bootstrap;
    let mut problems = Vec::new();
    read_bodies(&mut bootstrap, path, &mut problems);

    let mut compiler = Compiler::new(runtime)?;
    let mut plugins = Vec::new();
    for listener in &bootstrap.listeners {
        let mut chain = Vec::new();
        for HttpFilter::Wasm(filter) in &listener.http.filters {
            match compiler.compile(&filter.plugin, path) {
                Ok(plugin) if !filter.disabled => chain.push((plugin, filter.plugin.location.clone())),
                Ok(_) => {}
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
        plugins.push(chain);
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        return Err(Failure::all(problems));
    }
    Ok(Loaded { bootstrap, plugins, reports: compiler.into_reports(), document: parsed.document })
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

/// Reads a file that the configuration names.
pub(crate) fn read_file(filename: &Path, location: &Location, config: &Path) -> Result<(PathBuf, Vec<u8>), Diagnostic> {
    let candidates = resolve_file(filename, config);
    for candidate in &candidates {
        match std::fs::read(candidate) {
            Ok(bytes) => return Ok((candidate.clone(), bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(location.diagnostic(format!("{} cannot be read: {error}", candidate.display()))),
        }
    }
    let looked: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
    Err(location.diagnostic(format!("there is no file {}; looked for {}", filename.display(), looked.join(" and "))))
}

/// Puts the bodies of direct responses that stand in files into the configuration.
fn read_bodies(bootstrap: &mut Bootstrap, config: &Path, problems: &mut Vec<Diagnostic>) {
    for listener in &mut bootstrap.listeners {
        let limit = listener.http.max_direct_response_body_size_bytes as usize;
        for route in listener.http.virtual_hosts.iter_mut().flat_map(|host| &mut host.routes) {
            let RouteAction::DirectResponse { body, .. } = &mut route.action else { continue };
            let DataSource::File { filename, location } = body else { continue };
            match read_file(filename, location, config) {
                Ok((_, bytes)) if bytes.len() > limit => problems.push(location.diagnostic(format!(
                    "{} has {} bytes, more than max_direct_response_body_size_bytes allows ({limit})",
                    filename.display(),
                    bytes.len()
                ))),
                Ok((_, bytes)) => *body = DataSource::Inline(bytes),
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
    }
}
