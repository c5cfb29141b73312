//! Stands in for Cranelift where the feature `compiler` is off.

use crate::engine::Metering;
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{CompileMode, VmError, VmErrorKind};
use wasmtime::{Config, Engine, Module};

pub(crate) const MODE: CompileMode = CompileMode::Elsewhere;

pub(crate) fn configure(_config: &mut Config) {}

pub(crate) fn compile(_engine: &Engine, _module: &CheckedModule) -> Result<Module, VmError> {
    Err(absent())
}

pub(crate) fn precompile(
    _engine: &Engine,
    _metering: Metering,
    _module: &CheckedModule,
    _target: Option<&str>,
) -> Result<Vec<u8>, VmError> {
    Err(absent())
}

pub(crate) fn serialize(_module: &Module) -> Result<Vec<u8>, VmError> {
    Err(absent())
}

/// Code for any processor of this machine's kind runs here; what others wrote for other kinds does not.
pub(crate) fn check_target(target: &str) -> Result<(), VmError> {
    let here = target.starts_with(std::env::consts::ARCH) && target.contains(std::env::consts::OS);
    if here { Ok(()) } else { Err(absent()) }
}

fn absent() -> VmError {
    VmError::new(VmErrorKind::Engine, "wasmtime was built without its compiler, and takes artefacts only")
}
