//! What has to agree before an artefact may run.

use std::fmt;

/// BLAKE3, of 256 bits: as good as SHA-256 at telling bytes apart, in a quarter of the time and less.
pub type Hash = [u8; 32];

/// The hash of bytes.
pub fn hash(bytes: &[u8]) -> Hash {
    blake3::hash(bytes).into()
}

/// Who compiled, and for which machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Version of this program. Its checks of modules and its settings of engines belong to it.
    pub program: String,
    /// Name of the engine.
    pub runtime: String,
    /// Version of the engine.
    pub version: String,
    /// Triple of the machine.
    pub target: String,
    /// Features of the processor that the code may use, sorted; none where it was compiled for any of the target.
    pub cpu: Vec<String>,
    /// Hash of everything else that the engine wants to agree.
    pub settings: Hash,
}

/// Why an artefact is not for this program on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Another version of this program made it.
    Program {
        /// The artefact's.
        found: String,
        /// This one's.
        wanted: String,
    },
    /// It is for another engine.
    Runtime {
        /// The artefact's.
        found: String,
        /// The one that is to run it.
        wanted: String,
    },
    /// It is for another version of the engine.
    Version {
        /// Name of the engine.
        runtime: String,
        /// The artefact's.
        found: String,
        /// The one that is to run it.
        wanted: String,
    },
    /// It is for another kind of machine.
    Target {
        /// The artefact's.
        found: String,
        /// This machine's.
        wanted: String,
    },
    /// This machine's processor lacks what the code may use.
    Cpu {
        /// What it lacks.
        lacking: Vec<String>,
    },
    /// The engine was set up in another way.
    Settings {
        /// Name of the engine.
        runtime: String,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program { found, wanted } => write!(f, "it was made by tollgate {found}, and this is {wanted}"),
            Self::Runtime { found, wanted } => write!(f, "it is for {found}, and the plugin is to run on {wanted}"),
            Self::Version { runtime, found, wanted } => {
                write!(f, "it is for {runtime} {found}, and this is {runtime} {wanted}")
            }
            Self::Target { found, wanted } => write!(f, "it is for {found}, and this machine is {wanted}"),
            Self::Cpu { lacking } => write!(f, "this processor lacks what it may use: {}", lacking.join(", ")),
            Self::Settings { runtime } => write!(f, "it was compiled with other settings of {runtime}"),
        }
    }
}

impl Identity {
    /// Whether code of this identity may run where `here` is the identity of what would be compiled now, for the same
    /// target: same makers, same settings, and no feature of a processor that `cpu` has not.
    ///
    /// # Errors
    ///
    /// The first difference, from the coarsest to the finest.
    pub fn fits(&self, here: &Self, cpu: &[String]) -> Result<(), Mismatch> {
        let (found, wanted) = (|of: &str| of.to_owned(), |of: &str| of.to_owned());
        if self.runtime != here.runtime {
            return Err(Mismatch::Runtime { found: found(&self.runtime), wanted: wanted(&here.runtime) });
        }
        if self.version != here.version {
            let runtime = self.runtime.clone();
            return Err(Mismatch::Version { runtime, found: found(&self.version), wanted: wanted(&here.version) });
        }
        if self.target != here.target {
            return Err(Mismatch::Target { found: found(&self.target), wanted: wanted(&here.target) });
        }
        let lacking: Vec<_> = self.cpu.iter().filter(|feature| !cpu.contains(feature)).cloned().collect();
        if !lacking.is_empty() {
            return Err(Mismatch::Cpu { lacking });
        }
        if self.program != here.program {
            return Err(Mismatch::Program { found: found(&self.program), wanted: wanted(&here.program) });
        }
        if self.settings != here.settings {
            return Err(Mismatch::Settings { runtime: self.runtime.clone() });
        }
        Ok(())
    }
}
