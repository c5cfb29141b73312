//! `tollgate validate`.

use crate::load::load;
use crate::output::{self, Failure};
use crate::run::ConfigArgs;
use clap::Args;
use tollgate_host::plugin::Worker;
use tollgate_proxy::system_services;

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Checks a configuration as `run` does: reads it, compiles its plugins, starts each once.
pub(crate) fn validate(args: &ValidateArgs) -> Result<(), Failure> {
    let path = args.config.path();
    let loaded = load(&args.config)?;
    let worker = Worker::new(system_services());
    let mut handles = Vec::new();
    let mut problems = Vec::new();
    for placed in loaded.plugins.iter() {
        match worker.start(&placed.plugin) {
            Ok(handle) => handles.push(handle),
            Err(error) => problems.push(placed.location.diagnostic(error.to_string())),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::all(problems));
    }
    output::line(format!(
        "{}: OK ({} listener(s), {} cluster(s), {} plugin(s))",
        path.display(),
        loaded.bootstrap.listeners.len(),
        loaded.bootstrap.clusters.len(),
        loaded.reports.len(),
    ));
    Ok(())
}
