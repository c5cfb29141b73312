//! A file of the cache: the engine's bytes from the first one on, so that an engine can map the file, and behind them what is
//! known of them.
//!
//! ```text
//! the engine's bytes  an artefact whose code is the checksum of these bytes  its length: u64
//! ```

use crate::artifact::{Artifact, Damage};
use crate::identity::{Hash, Identity};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Version of the layout, and of how modules are changed before they are compiled. It is a part of a file's name, so that no
/// program finds files of another one.
pub(crate) const FORMAT: u32 = 4;

/// Bytes of the length at the end.
const LENGTH: u64 = 8;

/// Most that the artefact at the end can reasonably have.
const MOST: u64 = 1 << 16;

/// Bytes that are read at a time: few enough to stay in the processor's cache until they are hashed.
const PIECE: usize = 128 * 1024;

/// What comes behind the engine's bytes.
pub(crate) fn trailer(identity: &Identity, source: &Hash, code: &[u8]) -> Vec<u8> {
    let checksum = blake3::hash(code);
    let artifact = Artifact { identity: identity.clone(), source: *source, module: None, code: checksum.as_bytes() };
    let mut trailer = artifact.encode();
    trailer.extend_from_slice(&(trailer.len() as u64).to_le_bytes());
    trailer
}

/// A file of the cache that has been checked: whole, and of the module and identity that were asked for.
#[derive(Debug)]
pub struct Entry {
    file: File,
    length: u64,
}

impl Entry {
    /// The open file. What an engine needs of it begins at the first byte.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Number of the engine's bytes.
    pub fn code_length(&self) -> u64 {
        self.length
    }

    /// Checks an open file of `size` bytes.
    pub(crate) fn check(mut file: File, size: u64, identity: &Identity, source: &Hash) -> Result<Self, Flaw> {
        let mut number = [0; LENGTH as usize];
        let before = size.checked_sub(LENGTH).ok_or(Flaw::NotWhole)?;
        file.seek(SeekFrom::Start(before)).and_then(|_| file.read_exact(&mut number)).map_err(Flaw::Unreadable)?;
        let number = u64::from_le_bytes(number);
        let length = before.checked_sub(number).filter(|_| number <= MOST).ok_or(Flaw::NotWhole)?;
        let mut trailer = vec![0; usize::try_from(number).unwrap_or(0)];
        file.seek(SeekFrom::Start(length)).and_then(|_| file.read_exact(&mut trailer)).map_err(Flaw::Unreadable)?;
        let artifact = Artifact::decode(&trailer).map_err(|salvage| Flaw::from(salvage.damage))?;
        if artifact.identity != *identity || artifact.source != *source {
            return Err(Flaw::Other);
        }
        if checksum(&mut file, length).map_err(Flaw::Unreadable)?.as_bytes()[..] != *artifact.code {
            return Err(Flaw::Corrupt);
        }
        Ok(Self { file, length })
    }
}

fn checksum(file: &mut File, length: u64) -> io::Result<blake3::Hash> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut rest = length;
    while rest > 0 {
        let most = usize::try_from(rest).map_or(PIECE, |rest| rest.min(PIECE));
        let Some(piece) = piece.get_mut(..most) else { break };
        file.read_exact(piece)?;
        hasher.update(piece);
        rest -= most as u64;
    }
    Ok(hasher.finalize())
}

/// What is wrong with a file of the cache.
#[derive(Debug)]
pub enum Flaw {
    /// It is cut off, or something else.
    NotWhole,
    /// Its checksum is not that of its bytes.
    Corrupt,
    /// It is about another module, or of another maker, than its name says.
    Other,
    /// It cannot be read.
    Unreadable(io::Error),
}

impl From<Damage> for Flaw {
    fn from(damage: Damage) -> Self {
        match damage {
            Damage::Corrupt => Self::Corrupt,
            Damage::Foreign | Damage::Format(_) | Damage::Cut => Self::NotWhole,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWhole => write!(f, "it is not whole"),
            Self::Corrupt => write!(f, "it is damaged: its checksum is wrong"),
            Self::Other => write!(f, "it is of something else"),
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Flaw, trailer};
    use crate::identity::{Identity, hash};
    use std::io::Write;

    fn identity(runtime: &str) -> Identity {
        let text = str::to_owned;
        let (program, version, target) = (text("1"), text("2"), text("here"));
        Identity { program, runtime: text(runtime), version, target, cpu: vec![], settings: [7; 32] }
    }

    fn check(bytes: &[u8], runtime: &str, source: &[u8]) -> Result<u64, Flaw> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Entry::check(file, bytes.len() as u64, &identity(runtime), &hash(source)).map(|entry| entry.code_length())
    }

    fn file(code: &[u8]) -> Vec<u8> {
        [code, &trailer(&identity("engine"), &hash(b"module"), code)].concat()
    }

    #[test]
    fn what_is_written_is_taken() {
        for length in [0, 1, 1000, 128 * 1024, 128 * 1024 + 1, 300_000] {
            let code: Vec<u8> = (0..length).map(|byte: u32| byte.to_le_bytes()[0]).collect();
            assert_eq!(check(&file(&code), "engine", b"module").unwrap(), u64::from(length));
        }
        assert!(matches!(check(&file(b"code"), "another", b"module"), Err(Flaw::Other)));
        assert!(matches!(check(&file(b"code"), "engine", b"other"), Err(Flaw::Other)));
    }

    #[test]
    fn each_cut_and_each_flipped_bit_is_noticed() {
        let whole = file(b"machine code");
        for length in 0..whole.len() {
            assert!(check(&whole[..length], "engine", b"module").is_err(), "{length}");
            assert!(check(&whole[length + 1..], "engine", b"module").is_err(), "{length}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&flipped, "engine", b"module").is_err(), "bit {bit}");
        }
        let mut flipped = whole;
        flipped[3] ^= 1;
        assert!(matches!(check(&flipped, "engine", b"module"), Err(Flaw::Corrupt)));
    }
}
