//! Cranelift.

use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{CompileMode, VmError, VmErrorKind};
use wasmer::sys::{Cranelift, EngineBuilder};
use wasmer::{Engine, Module};

pub(crate) const MODE: CompileMode = CompileMode::AheadOfTime;

/// What makes engines.
pub(crate) fn builder() -> EngineBuilder {
    EngineBuilder::new(Cranelift::new())
}

/// Compiles a module.
pub(crate) fn compile(engine: &Engine, module: &CheckedModule) -> Result<Module, VmError> {
    Module::new(engine, module.wasm()).map_err(|error| VmError::new(VmErrorKind::Compile, error))
}
