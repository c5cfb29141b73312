//! Compiled plugins in files.
//!
//! An engine's compiled code is native code, which engines take back on trust. This crate is about what can be known of a
//! file before that: an [`Artifact`] says who made it, from what, and for which machine, and carries a checksum; a
//! [`Store`] is a folder of artefacts that only this user can write to. Nothing here knows an engine: what has to agree is
//! an [`Identity`].

#![forbid(unsafe_code)]

mod artifact;
mod entry;
mod format;
mod identity;
mod machine;
mod store;
mod trust;

pub use artifact::{Artifact, Damage, Salvage, is_artifact, runtime_of};
pub use entry::{Entry, Flaw};
pub use identity::{Hash, Identity, Mismatch, hash};
pub use machine::{cpu_features, target};
pub use store::Store;
pub use trust::{Distrust, read, trusted, write_whole};
