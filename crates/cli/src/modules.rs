//! The modules of a configuration: each compiled once, several at a time.

use crate::artifacts::{self, Origin, Place};
use crate::bounded::BoundArgs;
use crate::debug_info::DebugInfo;
use crate::files::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_cache::{Store, is_artifact};
use tollgate_host::plugin::PluginModule;

/// A module that has been made ready, or why not.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) module: Result<Arc<PluginModule>, String>,
    pub(crate) origin: Origin,
    /// Time that its thread took.
    pub(crate) took: Duration,
}

impl Made {
    fn not(reason: String) -> Self {
        Self { module: Err(reason), origin: Origin::Compiled, took: Duration::ZERO }
    }
}

/// What one or more plugins run.
struct Job {
    runtime: &'static str,
    bytes: Arc<Vec<u8>>,
    /// Where it stands, which decides whether an artefact may run. Of a module, only what is said about it depends on this.
    file: Option<File>,
    /// Its guests have a budget of fuel, so that its code counts.
    metered: bool,
    /// `allow_precompiled`; never of a module, to which it makes no difference.
    allowed: bool,
}

/// The modules of a configuration.
#[derive(Default)]
pub(crate) struct Modules(Vec<Job>);

impl Modules {
    /// Notes what a plugin runs, and answers with the number of its module: that of another plugin that runs the same.
    pub(crate) fn add(
        &mut self,
        runtime: &'static str,
        bytes: Arc<Vec<u8>>,
        file: Option<File>,
        allow_precompiled: bool,
        metered: bool,
    ) -> usize {
        let artifact = is_artifact(&bytes);
        let job = Job { runtime, bytes, file, metered, allowed: allow_precompiled && artifact };
        let same = |known: &Job| {
            known.runtime == job.runtime
                && known.metered == job.metered
                && known.allowed == job.allowed
                && (!artifact || known.path() == job.path())
                && (Arc::ptr_eq(&known.bytes, &job.bytes) || known.bytes == job.bytes)
        };
        if let Some(number) = self.0.iter().position(same) {
            return number;
        }
        self.0.push(job);
        self.0.len() - 1
    }

    /// Makes every module ready, with as many threads as there are cores; by their numbers.
    pub(crate) fn compile(self, cache: Option<&Arc<Store>>, bound: BoundArgs) -> Vec<Made> {
        let mut jobs: Vec<(usize, Job)> = self.0.into_iter().enumerate().collect();
        // The largest first: none of them then keeps the others waiting at the end.
        jobs.sort_by_key(|(_, job)| std::cmp::Reverse(job.bytes.len()));
        let order: Vec<usize> = jobs.iter().map(|(number, _)| *number).collect();
        let cache = cache.cloned();
        let made = bound.in_parallel(jobs, move |(_, job)| job.run(cache.as_deref()));
        let mut places: Vec<_> = order.into_iter().zip(made).collect();
        places.sort_by_key(|(number, _)| *number);
        places.into_iter().map(|(_, made)| made.unwrap_or_else(|why| Made::not(why.to_string()))).collect()
    }
}

impl Job {
    fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| &*file.path)
    }

    fn run(&self, cache: Option<&Store>) -> Made {
        let started = Instant::now();
        let result = self.load(cache);
        let took = started.elapsed();
        match result {
            Ok((module, origin)) => Made { module: Ok(module), origin, took },
            Err(reason) => Made { took, ..Made::not(reason) },
        }
    }

    fn load(&self, cache: Option<&Store>) -> Result<(Arc<PluginModule>, Origin), String> {
        let mut engine = tollgate_runtimes::open(self.runtime).map_err(|error| error.to_string())?;
        if self.metered {
            let metered = engine.metered().map_err(|error| error.to_string())?;
            engine = metered.ok_or_else(|| no_fuel(self.runtime))?;
        }
        let place = self.file.as_ref().map_or(Place::Inline, |file| Place::File(&file.path, &file.metadata));
        let (module, origin) = if is_artifact(&self.bytes) {
            artifacts::load(&*engine, &self.bytes, place, self.allowed, cache)
        } else {
            artifacts::compile(&*engine, &self.bytes, place, cache)
        }?;
        if let Some(lines) = DebugInfo::of(&module, &self.bytes, self.path()) {
            module.set_source_lines(lines);
        }
        Ok((module, origin))
    }
}

/// What to do about a budget on an engine that does not count.
fn no_fuel(runtime: &str) -> String {
    let others: Vec<_> = tollgate_runtimes::names()
        .iter()
        .filter(|name| tollgate_runtimes::open(name).is_ok_and(|runtime| runtime.capabilities().fuel))
        .copied()
        .collect();
    let instead = if others.is_empty() { String::new() } else { format!("use {}, or ", others.join(" or ")) };
    format!("{runtime} does not count work, so that the limit fuel would not hold; {instead}remove the limit")
}

#[cfg(test)]
mod tests {
    use super::Modules;
    use crate::bounded::BoundArgs;
    use crate::files::File;
    use clap::{Args, FromArgMatches};
    use std::path::PathBuf;
    use std::sync::Arc;

    const MODULE: &str = r#"(module (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;

    fn bytes(text: &str) -> Arc<Vec<u8>> {
        Arc::new(text.into())
    }

    #[test]
    fn the_same_module_is_one() {
        let Some(runtime) = tollgate_runtimes::default_name() else { return };
        let mut modules = Modules::default();
        let metadata = std::fs::metadata(".").unwrap();
        let file = |name: &str| Some(File { path: PathBuf::from(name), metadata: metadata.clone() });
        let plain = modules.add(runtime, bytes(MODULE), file("a.wat"), false, false);
        assert_eq!(modules.add(runtime, bytes(MODULE), file("b.wat"), false, false), plain);
        assert_eq!(modules.add(runtime, bytes(MODULE), None, true, false), plain, "it is no artefact");
        assert_ne!(modules.add(runtime, bytes(&MODULE.replace("0)", "1)")), None, false, false), plain);
        // Of an artefact it matters where it stands, and whether it is allowed.
        let artifact = modules.add(runtime, bytes("TOLLGATE"), file("a"), true, false);
        assert_eq!(modules.add(runtime, bytes("TOLLGATE"), file("a"), true, false), artifact);
        for (path, allowed) in [(file("a"), false), (file("b"), true), (None, true)] {
            assert_ne!(modules.add(runtime, bytes("TOLLGATE"), path, allowed, false), artifact);
        }
        let defaults = BoundArgs::augment_args(clap::Command::new("")).get_matches_from([""]);
        let made = modules.compile(None, BoundArgs::from_arg_matches(&defaults).unwrap());
        assert_eq!(made.len(), 6);
        let good: Vec<_> = made.iter().map(|made| made.module.is_ok()).collect();
        assert_eq!(good, [true, true, false, false, false, false]);
    }
}
