//! Compiled modules as bytes.

use super::{Runtime, VmError, VmErrorKind};
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// What [`Module::serialize`](super::Module::serialize) or [`Runtime::precompile`] gave, come back from wherever it was kept.
///
/// It is native code, and no engine can tell good from bad. Whoever makes one of these says that the bytes are, unchanged,
/// what an engine of the same name, version and [`Runtime::compatibility`] wrote, that the processor has what the code was
/// made for, and that nobody who may not run code in this process could have written them.
#[derive(Clone, Copy, Debug)]
pub struct Artifact<'a>(Place<'a>);

#[derive(Clone, Copy)]
enum Place<'a> {
    Memory(&'a [u8]),
    File { file: &'a File, length: u64 },
}

impl<'a> Artifact<'a> {
    /// Bytes for which the caller vouches, as the type says.
    pub fn vouched_for(bytes: &'a [u8]) -> Self {
        Self(Place::Memory(bytes))
    }

    /// The same, of the first `length` bytes of a file. An engine may map the file and run from there, so that the caller
    /// also says that nobody writes to the file any more: it may be removed, and others put in its place.
    pub fn vouched_for_in_file(file: &'a File, length: u64) -> Self {
        Self(Place::File { file, length })
    }

    /// The file that the engine's bytes begin, if they are in one. Something else may follow them.
    pub fn file(self) -> Option<&'a File> {
        match self.0 {
            Place::Memory(_) => None,
            Place::File { file, .. } => Some(file),
        }
    }

    /// The engine's bytes.
    ///
    /// # Errors
    ///
    /// They are in a file, and it cannot be read.
    pub fn bytes(self) -> io::Result<Cow<'a, [u8]>> {
        match self.0 {
            Place::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            Place::File { mut file, length } => {
                let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
                file.seek(SeekFrom::Start(0))?;
                file.take(length).read_to_end(&mut bytes)?;
                if bytes.len() as u64 != length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File { length, .. } => write!(f, "{length} bytes in a file"),
        }
    }
}

/// The answer of an engine that has no artefacts.
pub(super) fn none(runtime: &(impl Runtime + ?Sized)) -> VmError {
    VmError::new(
        VmErrorKind::Engine,
        format!("{} has no artefacts: it has no compiled form of a module", runtime.name()),
    )
}
