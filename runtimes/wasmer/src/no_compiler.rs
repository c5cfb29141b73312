//! Stands in for Cranelift where the feature `compiler` is off.

use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{CompileMode, VmError, VmErrorKind};
use wasmer::sys::EngineBuilder;
use wasmer::{Engine, Module};

pub(crate) const MODE: CompileMode = CompileMode::Elsewhere;

pub(crate) fn builder() -> EngineBuilder {
    EngineBuilder::headless()
}

pub(crate) fn compile(_engine: &Engine, _module: &CheckedModule) -> Result<Module, VmError> {
    Err(VmError::new(VmErrorKind::Engine, "wasmer was built without its compiler, and takes artefacts only"))
}
