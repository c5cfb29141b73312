//! Compiled code that is kept.

use crate::compiler;
use crate::countdown::Metering;
use crate::engine::features;
use crate::error;
use std::str::FromStr;
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{Artifact, VmError, VmErrorKind};
use wasmer::sys::{Architecture, CpuFeature, Target, Triple};
use wasmer::{Engine, Module};

/// What goes into the code: the compiler, what is added to the module, the Wasm features, the target, the processor. wasmer
/// compares none of it.
pub(crate) fn compatibility(metering: Metering, target: Option<&str>) -> Result<Vec<u8>, VmError> {
    let target = parse(target)?;
    let mut cpu: Vec<_> = target.cpu_features().iter().map(|feature| feature.to_string()).collect();
    cpu.sort();
    let countdown = metering.description();
    Ok(format!("cranelift; {countdown}; {:?}; {}; {}", features(), target.triple(), cpu.join(",")).into_bytes())
}

/// Compiles without making the code ready to run, where the target is another.
pub(crate) fn precompile(module: &CheckedModule, metering: Metering, target: Option<&str>) -> Result<Vec<u8>, VmError> {
    let (_engine, compiled) = compiler::compile(module, metering, parse(target)?)?;
    compiled.serialize().map(|bytes| bytes.to_vec()).map_err(error::serialize)
}

/// Takes an artefact back.
pub(crate) fn deserialize(engine: &Engine, artifact: Artifact<'_>) -> Result<Module, VmError> {
    let bytes = artifact.bytes().map_err(|error| VmError::new(VmErrorKind::Engine, error))?;
    // SAFETY: wasmer takes what `serialize` of the same version gave, unchanged, for a processor like this one. (It looks
    // at less than its documentation says: in this version `deserialize` goes the way of `deserialize_unchecked`.) That
    // the bytes are such ones, and from nobody else, is what the maker of an `Artifact` has said.
    let module = unsafe { Module::deserialize(engine, &*bytes) };
    module.map_err(|error| VmError::new(VmErrorKind::Engine, error))
}

/// A triple means any processor of its kind, none this machine with all that its processor has. wasmer panics on kinds that
/// its Cranelift was not built for, so that only this machine's own is let through to it.
fn parse(target: Option<&str>) -> Result<Target, VmError> {
    let Some(target) = target else { return Ok(Target::default()) };
    let triple = Triple::from_str(target)
        .map_err(|error| VmError::new(VmErrorKind::Engine, format!("{target:?} is no target: {error}")))?;
    let here = Triple::host();
    if (triple.architecture, triple.operating_system) != (here.architecture, here.operating_system) {
        let message =
            format!("wasmer compiles for {}-{} only, and not for {target}", here.architecture, here.operating_system);
        return Err(VmError::new(VmErrorKind::Engine, message));
    }
    // Every x86-64 has it, and wasmer insists on being told.
    let least = if triple.architecture == Architecture::X86_64 { CpuFeature::SSE2.into() } else { CpuFeature::set() };
    Ok(Target::new(triple, least))
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::compatibility;
    use crate::WasmerRuntime;
    use crate::compiler;
    use crate::countdown::Metering;
    use crate::engine::engine;
    use tollgate_host::module::{Baseline, CheckedModule};
    use tollgate_host::vm::{Artifact, Runtime, VmErrorKind};
    use wasmer::Module;
    use wasmer::sys::Target;

    const PLUGIN: &str = r#"(module (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;

    #[test]
    fn the_countdown_is_a_part_of_what_artefacts_are_told_by() {
        for metering in [Metering::None, Metering::Fuel] {
            let said = String::from_utf8(compatibility(metering, None).unwrap()).unwrap();
            assert!(said.split("; ").any(|part| part == metering.description()), "{said}");
        }
    }

    /// As one would be that was compiled before there was a countdown: its guests could not be interrupted.
    #[test]
    fn an_artefact_without_a_countdown_is_not_taken() {
        let module = CheckedModule::parse(PLUGIN.as_bytes(), Baseline::ALL).unwrap();
        let plain = Module::new(&engine(compiler::builder(None), Target::default()), module.wasm())
            .unwrap()
            .serialize()
            .unwrap();
        let error = WasmerRuntime::new().deserialize(module.info(), Artifact::vouched_for(&plain)).err().unwrap();
        assert_eq!(error.kind(), VmErrorKind::Engine);
        assert!(error.to_string().contains("no countdown"), "{error}");
        let ours = WasmerRuntime::new().precompile(&module, None).unwrap();
        assert!(WasmerRuntime::new().deserialize(module.info(), Artifact::vouched_for(&ours)).is_ok());
    }
}
