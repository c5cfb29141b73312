//! Cranelift.

use crate::engine::{Metering, config};
use crate::error;
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{CompileMode, VmError, VmErrorKind};
use wasmtime::{Config, Engine, Module};

pub(crate) const MODE: CompileMode = CompileMode::JustInTime;

/// What only a compiler wants to know.
pub(crate) fn configure(config: &mut Config) {
    config.parallel_compilation(true);
}

/// Compiles, and makes the code ready to run.
pub(crate) fn compile(engine: &Engine, module: &CheckedModule) -> Result<Module, VmError> {
    Module::new(engine, module.wasm()).map_err(error::compile)
}

/// Compiles without making the code ready to run.
pub(crate) fn precompile(
    engine: &Engine,
    metering: Metering,
    module: &CheckedModule,
    target: Option<&str>,
) -> Result<Vec<u8>, VmError> {
    match target {
        Some(target) => for_target(metering, target)?.precompile_module(module.wasm()),
        None => engine.precompile_module(module.wasm()),
    }
    .map_err(error::compile)
}

/// The code as bytes.
pub(crate) fn serialize(module: &Module) -> Result<Vec<u8>, VmError> {
    module.serialize().map_err(|error| VmError::new(VmErrorKind::Engine, error))
}

/// Whether there is a compiler for a triple.
pub(crate) fn check_target(target: &str) -> Result<(), VmError> {
    for_target(Metering::None, target).map(drop)
}

/// An engine that compiles for a triple, and for any processor of its kind: what this machine's has beyond that is not used.
fn for_target(metering: Metering, target: &str) -> Result<Engine, VmError> {
    let mut config = config(metering);
    let configured = config.target(target).map(|config| &*config);
    configured.and_then(Engine::new).map_err(|error| VmError::new(VmErrorKind::Engine, error))
}
