//! Compiled code that is kept.

use crate::compiler;
use crate::engine::{BASELINE, Metering};
use tollgate_host::vm::{Artifact, VmError, VmErrorKind};
use wasmtime::{Engine, Module};

/// What goes into the code by our own choice, said in the same words with and without a compiler. The rest wasmtime writes
/// into its artefacts itself, and compares: flags of the code generator, what the processor must have, tunables.
pub(crate) fn compatibility(metering: Metering, target: Option<&str>) -> Result<Vec<u8>, VmError> {
    if let Some(target) = target {
        compiler::check_target(target)?;
    }
    let fuel = match metering {
        Metering::None => "",
        Metering::Fuel => "; fuel",
    };
    Ok(format!("cranelift; epochs{fuel}; {BASELINE:?}; {}", target.unwrap_or("this machine")).into_bytes())
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

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::{compatibility, deserialize};
    use crate::engine::{Metering, config};
    use tollgate_host::vm::Artifact;
    use wasmtime::Engine;

    /// Code that does not look at the epoch cannot be interrupted, and must not be taken for code that does.
    #[test]
    fn artefacts_with_and_without_interruption_are_not_mixed() {
        let ours = Engine::new(&config(Metering::None)).unwrap();
        let plain = Engine::new(config(Metering::None).epoch_interruption(false)).unwrap();
        let metered = Engine::new(&config(Metering::Fuel)).unwrap();
        let says =
            |metering, word: &str| String::from_utf8(compatibility(metering, None).unwrap()).unwrap().contains(word);
        assert!(says(Metering::None, "epochs") && !says(Metering::None, "fuel") && says(Metering::Fuel, "fuel"));
        let module = b"\0asm\x01\0\0\0";
        for (maker, taker) in [(&plain, &ours), (&ours, &plain), (&metered, &ours), (&ours, &metered)] {
            let artifact = maker.precompile_module(module).unwrap();
            assert!(deserialize(maker, Artifact::vouched_for(&artifact)).is_ok());
            assert!(deserialize(taker, Artifact::vouched_for(&artifact)).is_err());
        }
    }
}
