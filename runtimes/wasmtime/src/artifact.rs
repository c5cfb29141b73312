//! Compiled code that is kept.

use crate::engine::config;
use crate::error;
use std::hash::{Hash, Hasher};
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{Artifact, VmError, VmErrorKind};
use wasmtime::{Engine, Module};

/// What wasmtime compares, in its own words: version, target, flags of the code generator, Wasm features, tunables.
pub(crate) fn compatibility(engine: &Engine, target: Option<&str>) -> Result<Vec<u8>, VmError> {
    let mut said = Recorder(Vec::new());
    match target {
        Some(target) => for_target(target)?.precompile_compatibility_hash().hash(&mut said),
        None => engine.precompile_compatibility_hash().hash(&mut said),
    }
    Ok(said.0)
}

/// Compiles without making the code ready to run.
pub(crate) fn precompile(engine: &Engine, module: &CheckedModule, target: Option<&str>) -> Result<Vec<u8>, VmError> {
    match target {
        Some(target) => for_target(target)?.precompile_module(module.wasm()),
        None => engine.precompile_module(module.wasm()),
    }
    .map_err(error::compile)
}

/// Takes an artefact back.
pub(crate) fn deserialize(engine: &Engine, artifact: Artifact<'_>) -> Result<Module, VmError> {
    let failed = |error: std::io::Error| VmError::new(VmErrorKind::Engine, error);
    // Mapped, the code costs nothing until it runs, and processes share it.
    if let Some(file) = artifact.file() {
        let file = file.try_clone().map_err(failed)?;
        // SAFETY: as below; and that nobody writes to the file while it is mapped, the maker has said too. What follows the
        // code is none of the sections of wasmtime's ELF file, and so is not looked at.
        let module = unsafe { Module::deserialize_open_file(engine, file) };
        return module.map_err(|error| VmError::new(VmErrorKind::Engine, error));
    }
    let bytes = artifact.bytes().map_err(failed)?;
    // SAFETY: wasmtime takes what `serialize` or `precompile_module` of any version gave, unchanged, and refuses by itself
    // what another version or other settings made. That the bytes are such ones, unchanged and from nobody else, is what
    // the maker of an `Artifact` has said.
    let module = unsafe { Module::deserialize(engine, bytes) };
    module.map_err(|error| VmError::new(VmErrorKind::Engine, error))
}

/// An engine that compiles for a triple, and for any processor of its kind: what this machine's has beyond that is not used.
fn for_target(target: &str) -> Result<Engine, VmError> {
    let mut config = config();
    let configured = config.target(target).map(|config| &*config);
    configured.and_then(Engine::new).map_err(|error| VmError::new(VmErrorKind::Engine, error))
}

/// A hasher that keeps what it is given: a hash of 64 bits would be little to tell artefacts by, and std's may change with
/// the compiler.
struct Recorder(Vec<u8>);

impl Hasher for Recorder {
    fn finish(&self) -> u64 {
        self.0.len() as u64
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{compatibility, deserialize};
    use crate::engine::config;
    use tollgate_host::vm::Artifact;
    use wasmtime::Engine;

    /// Code that does not look at the epoch cannot be interrupted, and must not be taken for code that does.
    #[test]
    fn artefacts_with_and_without_interruption_are_not_mixed() {
        let ours = Engine::new(&config()).unwrap();
        let plain = Engine::new(config().epoch_interruption(false)).unwrap();
        assert_ne!(compatibility(&ours, None).unwrap(), compatibility(&plain, None).unwrap());
        let module = b"\0asm\x01\0\0\0";
        for (maker, taker) in [(&plain, &ours), (&ours, &plain)] {
            let artifact = maker.precompile_module(module).unwrap();
            assert!(deserialize(maker, Artifact::vouched_for(&artifact)).is_ok());
            assert!(deserialize(taker, Artifact::vouched_for(&artifact)).is_err());
        }
    }
}
