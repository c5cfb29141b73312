//! Cranelift.

use crate::countdown::{Countdown, Metering};
use crate::engine::engine;
use crate::sections;
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{CompileMode, VmError, VmErrorKind};
use wasmer::sys::{CompilerConfig, Cranelift, EngineBuilder, Target};
use wasmer::{Engine, Module};

pub(crate) const MODE: CompileMode = CompileMode::AheadOfTime;

/// What makes engines. Without a countdown they are for code that was compiled before, and has one in it.
pub(crate) fn builder(countdown: Option<Countdown>) -> EngineBuilder {
    let mut compiler = Cranelift::new();
    if let Some(countdown) = countdown {
        compiler.push_middleware(countdown.middleware());
    }
    EngineBuilder::new(compiler)
}

/// Compiles a module, with a countdown in it.
pub(crate) fn compile(module: &CheckedModule, metering: Metering, target: Target) -> Result<(Engine, Module), VmError> {
    let instrumented = sections::instrument(module.wasm(), metering)
        .ok_or_else(|| VmError::new(VmErrorKind::Compile, "the module's sections cannot be told apart"))?;
    let engine = engine(builder(Some(instrumented.countdown)), target);
    let compiled =
        Module::new(&engine, &instrumented.wasm).map_err(|error| VmError::new(VmErrorKind::Compile, error))?;
    Ok((engine, compiled))
}
