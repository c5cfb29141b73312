//! Stands in for Cranelift where the feature `compiler` is off.

use crate::countdown::{Countdown, Metering};
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{CompileMode, VmError, VmErrorKind};
use wasmer::sys::{EngineBuilder, Target};
use wasmer::{Engine, Module};

pub(crate) const MODE: CompileMode = CompileMode::Elsewhere;

pub(crate) fn builder(_countdown: Option<Countdown>) -> EngineBuilder {
    EngineBuilder::headless()
}

pub(crate) fn compile(
    _module: &CheckedModule,
    _metering: Metering,
    _target: Target,
) -> Result<(Engine, Module), VmError> {
    Err(VmError::new(VmErrorKind::Engine, "wasmer was built without its compiler, and takes artefacts only"))
}
