//! Who could have written a file.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Bits of a mode that let group and others write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Why a file or folder is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It is of another kind than it should be.
    Kind,
    /// It belongs to someone else, with this number.
    Owner(u32),
    /// Others may write to it; the mode.
    Mode(u32),
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => write!(f, "it is not of the kind that it should be"),
            Self::Owner(owner) => write!(f, "it belongs to user {owner}, who may not run code here"),
            Self::Mode(mode) => write!(f, "others may write to it (its mode is {:03o})", mode & 0o777),
        }
    }
}

impl std::error::Error for Distrust {}

/// Reads a file that a configuration names. What is known of it is asked of the open file, so that it is known of these bytes;
/// [`trusted`] judges it.
///
/// # Errors
///
/// It cannot be read.
pub fn read(path: &Path) -> io::Result<(Vec<u8>, Metadata)> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).saturating_add(1));
    file.read_to_end(&mut bytes)?;
    Ok((bytes, metadata))
}

/// Whether nobody could have written a file but this user and root.
///
/// # Errors
///
/// [`io::ErrorKind::PermissionDenied`] with a [`Distrust`] if somebody else could; others if it is not known who this user is.
pub fn trusted(metadata: &Metadata) -> io::Result<()> {
    check(metadata, metadata.is_file(), own_uid()?)
}

/// Writes a file that is [`trusted`], as a whole or not at all: everybody may read it.
///
/// # Errors
///
/// It cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
    let (temporary, mut file) = create_temporary(folder)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(Permissions::from_mode(0o644)))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Whether something is of the right kind and only `uid` and root can have written it.
pub(crate) fn check(metadata: &Metadata, right_kind: bool, uid: u32) -> io::Result<()> {
    let distrust = if !right_kind {
        Distrust::Kind
    } else if metadata.uid() != uid && metadata.uid() != 0 {
        Distrust::Owner(metadata.uid())
    } else if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        Distrust::Mode(metadata.mode())
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, distrust))
}

/// Who this process acts as: the owner of what it creates.
pub(crate) fn own_uid() -> io::Result<u32> {
    static UID: OnceLock<u32> = OnceLock::new();
    if let Some(uid) = UID.get() {
        return Ok(*uid);
    }
    let (path, file) = create_temporary(&std::env::temp_dir())?;
    let uid = file.metadata().map(|metadata| metadata.uid());
    let _ = fs::remove_file(path);
    let uid = uid?;
    Ok(*UID.get_or_init(|| uid))
}

/// Extension of files that are not finished yet.
pub(crate) const TEMPORARY: &str = "tmp";

/// A new file in a folder, of a name that no other process and thread uses.
pub(crate) fn create_temporary(folder: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut attempts = 0;
    loop {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tollgate-{}-{:x}-{next}.{TEMPORARY}", std::process::id(), time.as_nanos());
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            // Left behind by a process of the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts < 100 => attempts += 1,
            Err(error) => return Err(error),
        }
    }
}
