//! Files that are watched: the configuration's and those of its plugins.

use crate::output::Failure;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tollgate_cache::{Hash, hash};

/// How long nothing must happen before files are looked at: who writes a file, or several, writes more than once.
const QUIET: Duration = Duration::from_millis(200);

/// The files that the configuration was read from, and what was in them; `None` for one that cannot be read.
#[derive(Debug)]
pub(crate) struct Sources(Mutex<BTreeMap<PathBuf, Option<Hash>>>);

impl Sources {
    pub(crate) fn new(files: &[PathBuf]) -> Self {
        Self(Mutex::new(files.iter().map(|file| (file.clone(), contents(file))).collect()))
    }

    /// The configuration was read from these. What was known to be in them before it was read stays: who has changed one
    /// since then has changed it again.
    pub(crate) fn follow(&self, files: &[PathBuf]) {
        let mut known = self.known();
        let now = files.iter().map(|file| (file.clone(), known.remove(file).unwrap_or_else(|| contents(file))));
        *known = now.collect();
    }

    /// Whether what is in the files is no longer what it was. Asking a second time without a further change answers no.
    fn have_changed(&self) -> bool {
        let mut changed = false;
        for (file, known) in self.known().iter_mut() {
            let now = contents(file);
            changed |= now != *known;
            *known = now;
        }
        changed
    }

    /// The folders that the files are in. A file may be replaced by another, which is a change of its folder.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let folder = |file: &PathBuf| match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        self.known().keys().map(folder).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Option<Hash>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn contents(file: &Path) -> Option<Hash> {
    std::fs::read(file).ok().map(|bytes| hash(&bytes))
}

/// Watches the files of a configuration.
pub(crate) struct Watching {
    sources: Arc<Sources>,
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    events: mpsc::UnboundedReceiver<()>,
}

impl Watching {
    /// Watches from now on.
    ///
    /// # Errors
    ///
    /// The system does not watch files, or not so many.
    pub(crate) fn start(sources: Arc<Sources>) -> Result<Self, Failure> {
        let (event, events) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |_| {
            // Nobody listens any more when the program ends.
            let _ = event.send(());
        });
        let watcher = watcher.map_err(|error| format!("--watch: files cannot be watched: {error}"))?;
        let mut watching = Self { sources, watcher, folders: BTreeSet::new(), events };
        watching.follow().map_err(|error| format!("--watch: files cannot be watched: {error}"))?;
        Ok(watching)
    }

    /// Waits until what is in the files is no longer what was read.
    pub(crate) async fn changed(&mut self) {
        loop {
            if let Err(error) = self.follow() {
                tracing::warn!("--watch: not every folder can be watched: {error}");
            }
            if self.events.recv().await.is_none() {
                return std::future::pending().await;
            }
            while let Ok(Some(())) = tokio::time::timeout(QUIET, self.events.recv()).await {}
            if self.sources.have_changed() {
                return;
            }
        }
    }

    /// Watches the folders that the files are in now.
    fn follow(&mut self) -> notify::Result<()> {
        let folders = self.sources.folders();
        for old in self.folders.difference(&folders) {
            // It may be gone.
            let _ = self.watcher.unwatch(old);
        }
        let mut result = Ok(());
        for new in folders.difference(&self.folders) {
            let watched = self.watcher.watch(new, RecursiveMode::NonRecursive);
            result = result.and(watched);
        }
        self.folders = folders;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::{Sources, Watching};
    use std::fs;
    use std::sync::Arc;

    #[test]
    fn what_is_in_a_file_counts_and_not_that_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&files[0], "one").unwrap();
        let sources = Sources::new(&files);
        fs::write(&files[0], "one").unwrap();
        assert!(!sources.have_changed());
        fs::write(&files[1], "two").unwrap();
        assert!(sources.have_changed());
        assert!(!sources.have_changed());
        fs::remove_file(&files[0]).unwrap();
        assert!(sources.have_changed());
        sources.follow(&files[1..]);
        assert!(!sources.have_changed());
        assert_eq!(sources.folders().len(), 1);
    }

    #[test]
    fn a_file_that_is_replaced_by_another_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plugin.wasm");
        fs::write(&file, "one").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut watching = Watching::start(Arc::new(Sources::new(std::slice::from_ref(&file)))).unwrap();
            let other = folder.path().join("other");
            fs::write(&other, "two").unwrap();
            fs::rename(&other, &file).unwrap();
            watching.changed().await;
        });
    }
}
