//! Compiled modules as bytes.

use super::{Runtime, VmError, VmErrorKind};

/// What [`Module::serialize`](super::Module::serialize) or [`Runtime::precompile`] gave, come back from wherever it was kept.
///
/// It is native code, and no engine can tell good from bad. Whoever makes one of these says that the bytes are, unchanged,
/// what an engine of the same name, version and [`Runtime::compatibility`] wrote, that the processor has what the code was
/// made for, and that nobody who may not run code in this process could have written them.
#[derive(Clone, Copy)]
pub struct Artifact<'a>(&'a [u8]);

impl<'a> Artifact<'a> {
    /// Bytes for which the caller vouches, as the type says.
    pub fn vouched_for(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The engine's bytes.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl std::fmt::Debug for Artifact<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact").field("size", &self.0.len()).finish()
    }
}

/// The answer of an engine that has no artefacts.
pub(super) fn none(runtime: &(impl Runtime + ?Sized)) -> VmError {
    VmError::new(
        VmErrorKind::Engine,
        format!("{} has no artefacts: it has no compiled form of a module", runtime.name()),
    )
}
