//! The modules of a configuration: each compiled once, several at a time.

use crate::artifacts::{self, Origin, Place};
use crate::files::File;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};
use tollgate_cache::{Store, is_artifact};
use tollgate_host::plugin::PluginModule;

/// Stack of the threads that compile: as much as the first thread of a process has.
const STACK: usize = 8 * 1024 * 1024;

/// A module that has been made ready, or why not.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) module: Result<Arc<PluginModule>, String>,
    pub(crate) origin: Origin,
    /// Time that its thread took.
    pub(crate) took: Duration,
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
    pub(crate) fn compile(&self, cache: Option<&Store>) -> Vec<Made> {
        // The largest first: none of them then keeps the others waiting at the end.
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|number| std::cmp::Reverse(self.0[*number].bytes.len()));
        let cores = available_parallelism().map_or(1, NonZero::get);
        let mut made = in_parallel(&order, cores, |number| self.0[*number].run(cache));
        let mut places: Vec<_> = order.iter().copied().zip(made.drain(..)).collect();
        places.sort_by_key(|(number, _)| *number);
        places.into_iter().map(|(_, made)| made).collect()
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
            Err(reason) => Made { module: Err(reason), origin: Origin::Compiled, took },
        }
    }

    fn load(&self, cache: Option<&Store>) -> Result<(Arc<PluginModule>, Origin), String> {
        let mut engine = tollgate_runtimes::open(self.runtime).map_err(|error| error.to_string())?;
        if self.metered {
            let metered = engine.metered().map_err(|error| error.to_string())?;
            engine = metered.ok_or_else(|| no_fuel(self.runtime))?;
        }
        let place = self.file.as_ref().map_or(Place::Inline, |file| Place::File(&file.path, &file.metadata));
        if is_artifact(&self.bytes) {
            artifacts::load(&*engine, &self.bytes, place, self.allowed, cache)
        } else {
            artifacts::compile(&*engine, &self.bytes, place, cache)
        }
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

/// Does something with every item, on up to `threads` threads, this one included; the results, in the order of the items. Items
/// are begun in their order.
fn in_parallel<T: Sync, R: Send + Sync>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    let take = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((item, result)) = items.get(index).zip(results.get(index)) else { break };
            result.get_or_init(|| work(item));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(items.len()) {
            // Where there is no other thread to be had, this one does everything.
            let _ = thread::Builder::new().name("compile".to_owned()).stack_size(STACK).spawn_scoped(scope, take);
        }
        take();
    });
    // A thread that panicked has ended the scope with its panic, so that none of them is empty.
    results.into_iter().filter_map(OnceLock::into_inner).collect()
}

#[cfg(test)]
mod tests {
    use super::{Modules, in_parallel};
    use crate::files::File;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    const MODULE: &str = r#"(module (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;

    fn bytes(text: &str) -> Arc<Vec<u8>> {
        Arc::new(text.into())
    }

    #[test]
    fn every_item_is_done_once_and_the_results_are_in_order() {
        for threads in [1, 2, 7, 1000] {
            let done = AtomicUsize::new(0);
            let items: Vec<usize> = (0..100).collect();
            let results = in_parallel(&items, threads, |item| {
                done.fetch_add(1, Ordering::Relaxed);
                item * 2
            });
            assert_eq!(results, (0..100).map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(done.into_inner(), 100, "{threads}");
        }
        assert_eq!(in_parallel(&[0; 0], 4, |item| *item), [0; 0]);
    }

    #[test]
    fn items_are_done_at_the_same_time() {
        let (present, met) = (Mutex::new(0), Condvar::new());
        let saw_both = in_parallel(&[(), ()], 2, |()| {
            let mut present = present.lock().unwrap();
            *present += 1;
            met.notify_all();
            !met.wait_timeout_while(present, Duration::from_secs(60), |present| *present < 2).unwrap().1.timed_out()
        });
        assert_eq!(saw_both, [true, true]);
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
        let made = modules.compile(None);
        assert_eq!(made.len(), 6);
        let good: Vec<_> = made.iter().map(|made| made.module.is_ok()).collect();
        assert_eq!(good, [true, true, false, false, false, false]);
    }
}
