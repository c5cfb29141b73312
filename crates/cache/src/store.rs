//! A folder of artefacts and of what they were made from, shared by processes.
//!
//! A file comes into being by being renamed, and goes by being removed; nobody ever writes to one that has its name. So a
//! reader has either a whole file or none, and nobody waits for anybody.

use crate::entry::{self, Entry, Flaw};
use crate::identity::{Hash, Identity};
use crate::trust;
use std::fs::{self, DirBuilder, File, FileTimes};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Extension of artefacts.
const EXTENSION: &str = "artifact";

/// Extension of what else is kept.
const KEPT: &str = "kept";

/// Age at which a file that nobody has finished belongs to nobody any more.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The name of a module compiled by `identity`: a hash of everything that decides what it is.
fn key(source: &Hash, identity: &Identity) -> String {
    let Identity { program, runtime, version, target, cpu, settings } = identity;
    let mut digest = blake3::Hasher::new();
    digest.update(&entry::FORMAT.to_le_bytes());
    digest.update(source);
    digest.update(settings);
    for text in [program, runtime, version, target, &cpu.join(",")] {
        digest.update(&(text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    }
    digest.finalize().to_hex().to_string()
}

/// A folder of artefacts that only this user can write to.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    limit: u64,
    uid: u32,
}

impl Store {
    /// The store in a folder, which is made if it is not there. `limit` is in bytes; what was used longest ago goes first.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or written to, or others could write to it.
    pub fn open(folder: &Path, limit: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let metadata = fs::symlink_metadata(folder)?;
        let uid = trust::own_uid()?;
        trust::check(&metadata, metadata.is_dir(), uid)?;
        Ok(Self { folder: folder.to_owned(), limit, uid })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The code of a module compiled by `identity`, and marks it as used. A file that others could have written is as if it
    /// were not there.
    ///
    /// # Errors
    ///
    /// There is something else under this name; it is removed.
    pub fn load(&self, source: &Hash, identity: &Identity) -> Result<Option<Entry>, Flaw> {
        let path = self.path(source, identity);
        let Some((file, size)) = self.open_trusted(&path) else { return Ok(None) };
        let entry = Entry::check(file, size, identity, source);
        match &entry {
            // It is only the order in which files go.
            Ok(entry) => _ = entry.file().set_times(FileTimes::new().set_modified(SystemTime::now())),
            Err(_) => self.remove(source, identity),
        }
        entry.map(Some)
    }

    fn open_trusted(&self, path: &Path) -> Option<(File, u64)> {
        let file = File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        trust::check(&metadata, metadata.is_file(), self.uid).ok()?;
        Some((file, metadata.len()))
    }

    /// Keeps the code of a module, in the place of what was there, and removes what is too much then. A file larger than the
    /// whole store is not kept.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn save(&self, source: &Hash, identity: &Identity, code: &[u8]) -> io::Result<()> {
        let trailer = entry::trailer(identity, source, code);
        self.write(&self.path(source, identity), &[code, &trailer])
    }

    /// Removes what is kept under a name, if it is there.
    pub fn remove(&self, source: &Hash, identity: &Identity) {
        let _ = fs::remove_file(self.path(source, identity));
    }

    /// What [`keep`](Self::keep) has put under a name, whole, and marks it as used. A file that others could have written is as
    /// if it were not there.
    pub fn kept(&self, name: &str) -> Option<Vec<u8>> {
        let (mut file, size) = self.open_trusted(&self.kept_path(name))?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
        file.read_to_end(&mut bytes).ok()?;
        // It is only the order in which files go.
        let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
        Some(bytes)
    }

    /// Keeps bytes under a name, in the place of what was there, and removes what is too much then, compiled code included.
    /// What is larger than the whole store is not kept. Any name will do.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.write(&self.kept_path(name), &[bytes])
    }

    /// Removes what is kept under a name, if it is there.
    pub fn forget(&self, name: &str) {
        let _ = fs::remove_file(self.kept_path(name));
    }

    /// A name may hold anything, the name of a file may not.
    fn kept_path(&self, name: &str) -> PathBuf {
        self.folder.join(blake3::hash(name.as_bytes()).to_hex().as_str()).with_extension(KEPT)
    }

    /// Writes a file of these parts as a whole or not at all.
    fn write(&self, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
        if parts.iter().map(|part| part.len() as u64).sum::<u64>() > self.limit {
            return Ok(());
        }
        let (temporary, mut file) = trust::create_temporary(&self.folder)?;
        let written =
            parts.iter().try_for_each(|part| file.write_all(part)).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
        self.evict()
    }

    fn path(&self, source: &Hash, identity: &Identity) -> PathBuf {
        self.folder.join(key(source, identity)).with_extension(EXTENSION)
    }

    /// Removes what was used longest ago until the rest fits. Others may be removing the same files.
    fn evict(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            let Some(extension) = path.extension() else { continue };
            let Ok(metadata) = entry.metadata() else { continue };
            let Ok(used) = metadata.modified() else { continue };
            if extension == EXTENSION || extension == KEPT {
                files.push((used, metadata.len(), path));
            } else if extension == trust::TEMPORARY && used.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(path);
            }
        }
        files.sort();
        let mut size: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, length, path) in files {
            if size <= self.limit {
                break;
            }
            let _ = fs::remove_file(path);
            size -= length;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{EXTENSION, Store, key};
    use crate::identity::{Hash, Identity, hash};
    use std::fs::{self, File, FileTimes, Permissions};
    use std::io;
    use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    fn identity() -> Identity {
        Identity {
            program: "1".into(),
            runtime: "engine".into(),
            version: "2".into(),
            target: "here".into(),
            cpu: vec!["fast".into()],
            settings: hash(b"settings"),
        }
    }

    /// Bytes that a file has beside the code.
    fn rest() -> usize {
        crate::entry::trailer(&identity(), &source(""), b"").len()
    }

    fn source(name: &str) -> Hash {
        hash(name.as_bytes())
    }

    fn save(store: &Store, name: &str, code: &[u8]) -> io::Result<()> {
        store.save(&source(name), &identity(), code)
    }

    fn path(store: &Store, name: &str) -> PathBuf {
        store.path(&source(name), &identity())
    }

    fn load(store: &Store, name: &str) -> Option<Vec<u8>> {
        let entry = store.load(&source(name), &identity()).unwrap()?;
        let mut code = vec![0; usize::try_from(entry.code_length()).unwrap()];
        entry.file().read_exact_at(&mut code, 0).unwrap();
        Some(code)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Pretends that a file was last used so long ago.
    fn age(path: &Path, seconds: u64) {
        let then = SystemTime::now() - Duration::from_secs(seconds);
        File::open(path).unwrap().set_times(FileTimes::new().set_modified(then)).unwrap();
    }

    #[test]
    fn what_is_kept_is_found_and_only_this_user_can_read_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("deep/cache");
        let store = Store::open(&folder, 10_000).unwrap();
        assert_eq!(load(&store, "a"), None);
        save(&store, "a", b"one").unwrap();
        save(&store, "b", b"two").unwrap();
        save(&store, "a", b"three").unwrap();
        let again = Store::open(&folder, 10_000).unwrap();
        assert_eq!(load(&again, "a").as_deref(), Some(&b"three"[..]));
        assert_eq!(load(&again, "b").as_deref(), Some(&b"two"[..]));
        for path in [root.path().join("deep"), folder.clone()] {
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o700);
        }
        assert_eq!(fs::metadata(path(&store, "a")).unwrap().mode() & 0o777, 0o600);
        assert_eq!(names(&folder).len(), 2, "nothing else is left behind");
        store.remove(&source("a"), &identity());
        assert_eq!(load(&store, "a"), None);
    }

    #[test]
    fn whatever_differs_is_another_key() {
        let source = hash(b"module");
        let mut keys = vec![key(&source, &identity()), key(&hash(b"other"), &identity())];
        let changes: [fn(&mut Identity); 7] = [
            |i| i.program = "x".into(),
            |i| i.runtime = "x".into(),
            |i| i.version = "x".into(),
            |i| i.target = "x".into(),
            |i| i.cpu.clear(),
            |i| i.settings = hash(b"x"),
            // The same letters, otherwise divided.
            |i| (i.program, i.runtime) = ("1e".into(), "ngine".into()),
        ];
        for change in changes {
            let mut other = identity();
            change(&mut other);
            keys.push(key(&source, &other));
        }
        for (index, name) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(name), "{index}");
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), 3 * (10 + rest()) as u64).unwrap();
        for (name, seconds) in [("a", 300), ("b", 200), ("c", 100)] {
            save(&store, name, &[0; 10]).unwrap();
            age(&path(&store, name), seconds);
        }
        assert!(load(&store, "a").is_some(), "used now");
        save(&store, "d", &[0; 10]).unwrap();
        let kept = |name| path(&store, name).exists();
        assert_eq!(["a", "b", "c", "d"].map(kept), [true, false, true, true]);
        save(&store, "e", &vec![0; 20 + 2 * rest()]).unwrap();
        assert_eq!(["a", "b", "c", "d", "e"].map(kept), [false, false, false, false, true]);
        save(&store, "too large", &vec![0; 31 + 2 * rest()]).unwrap();
        assert_eq!(["e", "too large"].map(kept), [true, false]);
    }

    #[test]
    fn what_else_is_kept_shares_the_room() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), (20 + rest()) as u64).unwrap();
        assert_eq!(store.kept("https://a/../b"), None);
        for text in [&b"one"[..], b"a second"] {
            store.keep("https://a/../b", text).unwrap();
            assert_eq!(store.kept("https://a/../b").as_deref(), Some(text));
        }
        save(&store, "a", &[0; 10]).unwrap();
        age(&path(&store, "a"), 100);
        age(&store.kept_path("https://a/../b"), 200);
        assert!(store.kept("https://a/../b").is_some(), "used now");
        store.keep("other", &[0; 12]).unwrap();
        assert_eq!(load(&store, "a"), None);
        assert!(store.kept("https://a/../b").is_some() && store.kept("other").is_some());
        fs::set_permissions(store.kept_path("other"), Permissions::from_mode(0o666)).unwrap();
        assert_eq!(store.kept("other"), None);
        store.forget("https://a/../b");
        assert_eq!(store.kept("https://a/../b"), None);
        store.keep("too large", &vec![0; 21 + rest()]).unwrap();
        assert_eq!(store.kept("too large"), None);
    }

    #[test]
    fn what_others_left_unfinished_goes_and_what_is_not_ours_stays() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), (5 + rest()) as u64).unwrap();
        for name in ["old.tmp", "new.tmp", "notes.txt", "README"] {
            fs::write(root.path().join(name), [0; 100]).unwrap();
        }
        age(&root.path().join("old.tmp"), 4000);
        save(&store, "a", &[0; 5]).unwrap();
        let mut expected = vec!["README".to_owned(), "new.tmp".into(), "notes.txt".into()];
        expected.push(format!("{}.{EXTENSION}", key(&source("a"), &identity())));
        expected.sort();
        assert_eq!(names(root.path()), expected);
    }

    #[test]
    fn what_others_may_write_to_is_not_trusted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("cache");
        let store = Store::open(&folder, 10_000).unwrap();
        save(&store, "a", b"one").unwrap();
        for mode in [0o620, 0o602, 0o666] {
            fs::set_permissions(path(&store, "a"), Permissions::from_mode(mode)).unwrap();
            assert_eq!(load(&store, "a"), None, "{mode:o}");
        }
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let error = Store::open(&folder, 10_000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(error.to_string(), "others may write to it (its mode is 777)");
        std::os::unix::fs::symlink(root.path(), root.path().join("link")).unwrap();
        assert!(Store::open(&root.path().join("link"), 1000).is_err(), "a link may lead anywhere tomorrow");
        fs::write(root.path().join("file"), b"").unwrap();
        assert!(Store::open(&root.path().join("file"), 1000).is_err());
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_no_artefact() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), 10_000).unwrap();
        fs::create_dir(path(&store, "a")).unwrap();
        assert_eq!(load(&store, "a"), None);
        assert!(save(&store, "a", b"one").is_err());
        assert_eq!(names(root.path()).len(), 1, "what could not be renamed is removed");
    }

    /// Many write, read and evict the same keys: whoever finds a file finds a whole one.
    #[test]
    fn nobody_sees_a_part_of_a_file() {
        let root = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4_u8 {
                let folder = root.path();
                scope.spawn(move || {
                    let store = Store::open(folder, 100_000).unwrap();
                    for round in 0..50 {
                        let name = ["a", "b", "c"][round % 3];
                        save(&store, name, &vec![writer; 40_000]).unwrap();
                        if let Some(bytes) = load(&store, name) {
                            assert_eq!(bytes.len(), 40_000);
                            assert!(bytes.iter().all(|byte| *byte == bytes[0]));
                        }
                    }
                });
            }
        });
        assert!(names(root.path()).iter().all(|name| name.ends_with(EXTENSION)));
    }
}
