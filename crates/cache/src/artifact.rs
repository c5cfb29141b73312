//! The artefact as a file.
//!
//! ```text
//! "TOLLGATE"  format: u32  identity  hash of the module  module or nothing  the engine's bytes  hash of all before
//! ```

use crate::format::{Reader, Writer};
use crate::identity::{Hash, Identity, hash};
use std::fmt;

const MAGIC: &[u8; 8] = b"TOLLGATE";

/// Version of the layout, and of how modules are changed before they are compiled.
const FORMAT: u32 = 3;

/// Bytes of the checksum at the end.
const CHECKSUM: usize = 32;

/// Whether bytes begin as an artefact does. No module does.
pub fn is_artifact(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The engine that an artefact says it is for; nothing else about it has been looked at.
pub fn runtime_of(bytes: &[u8]) -> Option<String> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
    reader.number().filter(|format| *format == FORMAT)?;
    head(&mut reader).map(|(identity, ..)| identity.runtime)
}

/// Compiled code, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// Who compiled, and for which machine.
    pub identity: Identity,
    /// Hash of the module that was compiled, in the form in which it was given.
    pub source: Hash,
    /// That module, if it is inside.
    pub module: Option<&'a [u8]>,
    /// The engine's bytes.
    pub code: &'a [u8],
}

/// What is wrong with an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is something else.
    Foreign,
    /// It has a layout that this program does not know.
    Format(u32),
    /// Its end is missing.
    Cut,
    /// Its checksum is not that of its bytes.
    Corrupt,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => write!(f, "it is no artefact"),
            Self::Format(found) => write!(f, "it has format {found}, and this program writes format {FORMAT}"),
            Self::Cut => write!(f, "it is cut off"),
            Self::Corrupt => write!(f, "it is damaged: its checksum is wrong"),
        }
    }
}

/// A damaged artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salvage<'a> {
    /// What is wrong.
    pub damage: Damage,
    /// The module, if it is inside and is what was put there.
    pub module: Option<&'a [u8]>,
}

impl<'a> Artifact<'a> {
    /// As a file.
    pub fn encode(&self) -> Vec<u8> {
        let size = self.code.len() + self.module.map_or(0, <[u8]>::len);
        let mut out = Writer(Vec::with_capacity(size + 1024));
        out.0.extend_from_slice(MAGIC);
        out.number(FORMAT);
        let Identity { program, runtime, version, target, cpu, settings } = &self.identity;
        for text in [program, runtime, version, target, &cpu.join(",")] {
            out.bytes(text.as_bytes());
        }
        out.0.extend_from_slice(settings);
        out.0.extend_from_slice(&self.source);
        // No module is empty: nothing means that there is none.
        out.bytes(self.module.unwrap_or_default());
        out.bytes(self.code);
        let checksum = hash(&out.0);
        out.0.extend_from_slice(&checksum);
        out.0
    }

    /// From a file. What comes back is whole and unchanged since it was written; by whom it was, it does not tell.
    ///
    /// # Errors
    ///
    /// What is wrong, and the module where that has survived.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Salvage<'a>> {
        let damaged = |damage| Salvage { damage, module: None };
        let mut reader = Reader(bytes.strip_prefix(MAGIC).ok_or_else(|| damaged(Damage::Foreign))?);
        match reader.number() {
            Some(FORMAT) => {}
            Some(other) => return Err(damaged(Damage::Format(other))),
            None => return Err(damaged(Damage::Cut)),
        }
        let Some((identity, source, module)) = head(&mut reader) else {
            // Lengths that make no sense look like an end that is missing.
            return Err(damaged(Damage::Cut));
        };
        let salvaged = |damage| Salvage { damage, module: module.filter(|module| hash(module) == source) };
        let Some(code) = reader.bytes() else { return Err(salvaged(Damage::Cut)) };
        let checked = &bytes[..bytes.len() - reader.0.len()];
        match <&[u8; CHECKSUM]>::try_from(reader.0) {
            Ok(checksum) if hash(checked) == *checksum => Ok(Self { identity, source, module, code }),
            Err(_) if reader.0.len() < CHECKSUM => Err(salvaged(Damage::Cut)),
            _ => Err(salvaged(Damage::Corrupt)),
        }
    }
}

fn head<'a>(reader: &mut Reader<'a>) -> Option<(Identity, Hash, Option<&'a [u8]>)> {
    let identity = Identity {
        program: reader.text()?,
        runtime: reader.text()?,
        version: reader.text()?,
        target: reader.text()?,
        cpu: reader.text()?.split(',').filter(|feature| !feature.is_empty()).map(str::to_owned).collect(),
        settings: reader.hash()?,
    };
    let source = reader.hash()?;
    let module = reader.bytes()?;
    Some((identity, source, Some(module).filter(|module| !module.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::{Artifact, Damage, FORMAT, is_artifact, runtime_of};
    use crate::identity::{Identity, Mismatch, hash};

    fn identity() -> Identity {
        Identity {
            program: "0.1.0".into(),
            runtime: "engine".into(),
            version: "1.2.3".into(),
            target: "x86_64-unknown-linux-gnu".into(),
            cpu: vec!["avx".into(), "sse4.1".into()],
            settings: hash(b"settings"),
        }
    }

    fn artifact(module: Option<&'static [u8]>) -> Artifact<'static> {
        Artifact { identity: identity(), source: hash(b"the module"), module, code: b"native code" }
    }

    #[test]
    fn what_is_written_is_read() {
        for module in [None, Some(&b"the module"[..])] {
            let bytes = artifact(module).encode();
            assert!(is_artifact(&bytes));
            assert_eq!(Artifact::decode(&bytes), Ok(artifact(module)));
            assert_eq!(runtime_of(&bytes).as_deref(), Some("engine"));
        }
    }

    #[test]
    fn each_place_where_it_may_be_cut_is_noticed() {
        let bytes = artifact(Some(b"the module")).encode();
        let mut salvaged = 0;
        for length in 0..bytes.len() {
            let salvage = Artifact::decode(&bytes[..length]).unwrap_err();
            assert_eq!(salvage.damage, if length < 8 { Damage::Foreign } else { Damage::Cut }, "{length}");
            assert!(salvage.module.is_none_or(|module| module == b"the module"));
            salvaged += usize::from(salvage.module.is_some());
        }
        // Once the module is there: the length of the code, the code, the checksum.
        assert_eq!(salvaged, 8 + b"native code".len() + 32);
        let longer = [&bytes[..], b"\0"].concat();
        assert_eq!(Artifact::decode(&longer).unwrap_err().damage, Damage::Corrupt);
    }

    #[test]
    fn each_bit_that_may_flip_is_noticed_and_no_wrong_module_is_salvaged() {
        let bytes = artifact(Some(b"the module")).encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let salvage = Artifact::decode(&flipped).unwrap_err();
            assert!(salvage.module.is_none_or(|module| module == b"the module"), "bit {bit}");
        }
        let code = bytes.len() - 32 - 1;
        let mut flipped = bytes.clone();
        flipped[code] ^= 1;
        let salvage = Artifact::decode(&flipped).unwrap_err();
        assert_eq!((salvage.damage, salvage.module), (Damage::Corrupt, Some(&b"the module"[..])));
    }

    #[test]
    fn something_else_is_told_from_an_artefact() {
        for other in [&b""[..], b"\0asm\x01\0\0\0", b"(module)", b"\x7fELF", b"tollgate"] {
            assert!(!is_artifact(other));
            assert_eq!(Artifact::decode(other).unwrap_err().damage, Damage::Foreign);
        }
        let mut newer = artifact(None).encode();
        newer[8] = FORMAT as u8 + 1;
        let damage = Artifact::decode(&newer).unwrap_err().damage;
        assert_eq!(damage.to_string(), "it has format 4, and this program writes format 3");
    }

    #[test]
    fn what_does_not_agree_is_told() {
        let here = identity();
        let cpu = vec!["avx".to_owned(), "avx2".to_owned(), "sse4.1".to_owned()];
        assert_eq!(here.fits(&here, &cpu), Ok(()));
        let said = |change: &dyn Fn(&mut Identity)| {
            let mut other = identity();
            change(&mut other);
            other.fits(&here, &cpu).unwrap_err().to_string()
        };
        assert_eq!(said(&|other| other.program = "2".into()), "it was made by tollgate 2, and this is 0.1.0");
        assert_eq!(said(&|other| other.runtime = "x".into()), "it is for x, and the plugin is to run on engine");
        assert_eq!(said(&|other| other.version = "1".into()), "it is for engine 1, and this is engine 1.2.3");
        assert_eq!(
            said(&|other| other.target = "riscv".into()),
            "it is for riscv, and this machine is x86_64-unknown-linux-gnu"
        );
        assert_eq!(said(&|other| other.cpu.push("avx512f".into())), "this processor lacks what it may use: avx512f");
        let mut other = identity();
        other.settings = hash(b"others");
        assert_eq!(other.fits(&here, &cpu), Err(Mismatch::Settings { runtime: "engine".into() }));
        // Code for any processor of its kind runs on this one.
        other = identity();
        other.cpu.clear();
        assert_eq!(other.fits(&here, &cpu), Ok(()));
    }
}
