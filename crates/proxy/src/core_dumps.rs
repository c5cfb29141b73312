//! Core dumps in a folder. They are written on a thread of their own: no worker waits for a disk, and what cannot be written
//! fails nothing.
//!
//! ```text
//! worker   offer: is there place, and is the thread at rest? then the dump is made, and handed over
//! thread   writes it aside, names it, counts what is in the folder
//! ```

use chrono::{DateTime, Utc};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use tollgate_host::plugin::{self, CoreDump};

/// Where core dumps of plugins go, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreDumpFolder {
    /// The folder. It is made if it is not there, for this user only.
    pub folder: PathBuf,
    /// Most dumps in it. When it has as many, no more are written until some have been removed.
    pub files: usize,
    /// Most bytes of a guest's memory in each.
    pub bytes: usize,
}

/// Ending of their names.
const ENDING: &str = ".coredump";

/// Ending of the names of files that are being written, or were when the process ended.
const UNFINISHED: &str = ".coredump.unfinished";

/// Most characters of a plugin's name in a file's.
const MOST_NAME: usize = 64;

enum Job {
    Write { dump: CoreDump, thread: String },
    LookAgain,
    Stop,
}

/// Hands dumps over.
pub(crate) struct CoreDumps {
    jobs: SyncSender<Job>,
    bytes: usize,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// A dump is made or written. Each holds as much memory as its guest did, so that there is one at a time.
    busy: AtomicBool,
    /// There are as many in the folder as there may be.
    full: AtomicBool,
}

impl CoreDumps {
    /// Starts the thread that writes them.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub(crate) fn start(place: CoreDumpFolder) -> io::Result<(Arc<Self>, Writing)> {
        let (jobs, asked) = sync_channel(2);
        let state = Arc::new(State::default());
        let bytes = place.bytes;
        let mut writer = Writer { place, state: state.clone(), warned: false };
        // Before there can be any: a process that fails and is started again and again would write one each time.
        writer.look();
        let thread = thread::Builder::new().name("core-dumps".to_owned()).spawn(move || writer.run(&asked))?;
        let this = Arc::new(Self { jobs, bytes, state });
        Ok((this.clone(), Writing { dumps: this, thread: Some(thread) }))
    }
}

/// The thread that writes them. It ends when this is dropped, which waits until what it has is written: a process whose plugins
/// do not start ends at once.
pub(crate) struct Writing {
    dumps: Arc<CoreDumps>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = self.dumps.jobs.send(Job::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a worker's plugins are given.
pub(crate) struct Offered(pub(crate) Arc<CoreDumps>);

impl plugin::CoreDumps for Offered {
    fn offer(&self, dump: &mut dyn FnMut(usize) -> CoreDump) {
        let CoreDumps { jobs, bytes, state } = &*self.0;
        if state.full.load(Ordering::Relaxed) {
            // Somebody may have made room since, which helps the next one.
            let _ = jobs.try_send(Job::LookAgain);
            return;
        }
        if state.busy.swap(true, Ordering::Acquire) {
            return;
        }
        let thread = thread::current().name().unwrap_or("thread").to_owned();
        if jobs.try_send(Job::Write { dump: dump(*bytes), thread }).is_err() {
            state.busy.store(false, Ordering::Release);
        }
    }
}

struct Writer {
    place: CoreDumpFolder,
    state: Arc<State>,
    /// What is wrong with the folder has been said.
    warned: bool,
}

impl Writer {
    fn run(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Write { dump, thread } => {
                    let written = self.write(&dump, &thread);
                    self.say(&dump, written);
                    self.look();
                    self.state.busy.store(false, Ordering::Release);
                }
                Job::LookAgain => self.look(),
                Job::Stop => return,
            }
        }
    }

    /// Makes the folder if it is not there, and counts what is in it.
    fn look(&mut self) {
        match self.count() {
            Ok(count) => {
                let is_full = count >= self.place.files;
                if is_full && !self.state.full.swap(is_full, Ordering::Relaxed) {
                    let folder = self.place.folder.display();
                    tracing::warn!("{folder} has {count} core dumps: no more are written until some have been removed");
                }
                self.state.full.store(is_full, Ordering::Relaxed);
            }
            Err(error) => self.warn(&error),
        }
    }

    fn count(&self) -> io::Result<usize> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.place.folder)?;
        let is_dump = |name: &str| name.ends_with(ENDING) || name.ends_with(UNFINISHED);
        let entries = fs::read_dir(&self.place.folder)?.filter_map(Result::ok);
        Ok(entries.filter(|entry| entry.file_name().to_str().is_some_and(is_dump)).count())
    }

    fn write(&self, dump: &CoreDump, thread: &str) -> io::Result<PathBuf> {
        self.count()?;
        let name = name(dump, thread);
        let path = self.place.folder.join(format!("{name}{ENDING}"));
        let aside = self.place.folder.join(format!("{name}.{}{UNFINISHED}", std::process::id()));
        let written = write_aside(&aside, &dump.wasm).and_then(|()| fs::rename(&aside, &path));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written.map(|()| path)
    }

    fn say(&mut self, dump: &CoreDump, written: io::Result<PathBuf>) {
        let CoreDump { plugin, left_out, .. } = dump;
        match written {
            Ok(path) => {
                self.warned = false;
                let rest = match left_out {
                    0 => String::new(),
                    bytes => format!("; {bytes} bytes of its memory were too much and are not in it"),
                };
                tracing::info!("a core dump of plugin {plugin:?} is in {}{rest}", path.display());
            }
            Err(error) => self.warn(&error),
        }
    }

    fn warn(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.warned, true) {
            tracing::warn!("core dumps cannot be written to {}: {error}", self.place.folder.display());
        }
    }
}

/// A guest's memory may have anybody's secrets in it, so that only this user reads it.
fn write_aside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// `PLUGIN.THREAD.vmN.TIME`
fn name(dump: &CoreDump, thread: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let plugin: String = dump.plugin.chars().take(MOST_NAME).map(plain).collect();
    let plugin = if plugin.is_empty() { "unnamed" } else { &plugin };
    let nanos = i64::try_from(dump.wall_nanos).unwrap_or_default();
    let time = DateTime::<Utc>::from_timestamp_nanos(nanos).format("%Y%m%dT%H%M%S%.3fZ");
    format!("{plugin}.{thread}.vm{}.{time}", dump.vm)
}

#[cfg(test)]
mod tests {
    use super::{CoreDumpFolder, CoreDumps, Offered, name};
    use std::cell::Cell;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::thread;
    use tollgate_host::plugin::{CoreDump, CoreDumps as _};

    fn dump(plugin: &str, vm: u64) -> CoreDump {
        CoreDump { plugin: plugin.to_owned(), vm, wall_nanos: 1_000_000_000, wasm: vec![7; 100], left_out: 0 }
    }

    /// Offers so many dumps, each when the thread is done with the one before; returns how many were made.
    fn offer(folder: &Path, files: usize, count: u64) -> u64 {
        let place = CoreDumpFolder { folder: folder.to_owned(), files, bytes: 1 << 20 };
        let (dumps, writing) = CoreDumps::start(place).unwrap();
        let (offered, made) = (Offered(dumps.clone()), Cell::new(0));
        for vm in 0..count {
            offered.offer(&mut |most| {
                assert_eq!(most, 1 << 20);
                made.set(made.get() + 1);
                dump("a", vm)
            });
            while dumps.state.busy.load(super::Ordering::Acquire) {
                thread::yield_now();
            }
        }
        drop(writing);
        made.get()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_named_by_plugin_thread_vm_and_time() {
        assert_eq!(name(&dump("auth", 3), "worker-0"), "auth.worker-0.vm3.19700101T000001.000Z");
        assert_eq!(name(&dump("../a b\n.ä", 3), "t"), "___a_b___.t.vm3.19700101T000001.000Z");
        assert_eq!(name(&dump("", 3), "t"), "unnamed.t.vm3.19700101T000001.000Z");
        assert!(name(&dump(&"x".repeat(1000), 3), "t").len() < 128);
    }

    #[test]
    fn they_are_whole_and_for_this_user_only() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        assert_eq!(offer(&folder, 10, 2), 2);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let names = names(&folder);
        assert_eq!(names.len(), 2, "{names:?}");
        for name in names {
            assert!(name.starts_with("a.") && name.ends_with(".coredump"), "{name}");
            assert_eq!(mode(&folder.join(&name)), 0o600);
            assert_eq!(fs::read(folder.join(name)).unwrap(), [7; 100]);
        }
    }

    #[test]
    fn there_are_no_more_than_there_may_be_whoever_has_written_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("before.coredump"), "").unwrap();
        fs::write(folder.path().join("before.1.coredump.unfinished"), "").unwrap();
        fs::write(folder.path().join("something else"), "").unwrap();
        assert_eq!(offer(folder.path(), 4, 10), 2);
        assert_eq!(names(folder.path()).len(), 5);
        // A process that starts with a folder that is full writes none.
        assert_eq!(offer(folder.path(), 4, 10), 0);
    }

    #[test]
    fn when_some_are_removed_others_take_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let place = CoreDumpFolder { folder: folder.path().to_owned(), files: 1, bytes: 1 };
        let (dumps, writing) = CoreDumps::start(place).unwrap();
        let offered = Offered(dumps.clone());
        let made = Cell::new(0);
        let mut make = |_| {
            made.set(made.get() + 1);
            dump("a", made.get())
        };
        offered.offer(&mut make);
        while dumps.state.busy.load(super::Ordering::Acquire) {
            thread::yield_now();
        }
        fs::remove_dir_all(folder.path()).unwrap();
        offered.offer(&mut make);
        assert_eq!(made.get(), 1);
        while made.get() == 1 {
            offered.offer(&mut make);
            thread::yield_now();
        }
        drop(writing);
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_written_fails_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(offer(&file.join("folder"), 4, 3), 3);
    }
}
