//! Configuration and compilation.

use crate::artifact;
use crate::compiler;
use crate::error;
use crate::instance::WasmerInstance;
use crate::link::{self, Import};
use std::sync::Arc;
use tollgate_host::HostState;
use tollgate_host::module::{CheckedModule, ModuleInfo};
use tollgate_host::vm::{Artifact, Capabilities, Instance, Module, Runtime, VmError};
use wasmer::Engine;
use wasmer::sys::{Features, Target};

/// wasmer, compiling with Cranelift to an artefact that can be kept, or loading artefacts only where the feature `compiler` is
/// off.
#[derive(Clone, Copy, Debug, Default)]
pub struct WasmerRuntime;

impl WasmerRuntime {
    /// The runtime.
    pub fn new() -> Self {
        Self
    }
}

/// An engine for one module: an engine keeps the code of every module that it compiled until it goes itself, so that with
/// a shared one each reload of a plugin would leak the code before.
pub(crate) fn engine(target: Target) -> Engine {
    compiler::builder().set_features(Some(features())).set_target(Some(target)).engine().into()
}

/// What modules may use.
pub(crate) fn features() -> Features {
    // Off, and always on in wasmer's validator: mutable globals, sign extension, saturating conversions.
    let mut features = Features::none();
    features.reference_types = true;
    features.simd = true;
    features.bulk_memory = true;
    features.multi_value = true;
    features.extended_const = true;
    features
}

impl Runtime for WasmerRuntime {
    fn name(&self) -> &'static str {
        "wasmer"
    }

    fn version(&self) -> &'static str {
        wasmer::sys::vm::VERSION
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            mode: compiler::MODE,
            simd: true,
            backtraces: true,
            artifacts: true,
            stack_limit: true,
            deadline: false,
            fuel: false,
            memory_limit: false,
        }
    }

    fn compile(&self, module: &CheckedModule) -> Result<Arc<dyn Module>, VmError> {
        let engine = engine(Target::default());
        let compiled = compiler::compile(&engine, module)?;
        link(module.info(), engine, compiled)
    }

    fn compatibility(&self, target: Option<&str>) -> Result<Option<Vec<u8>>, VmError> {
        artifact::compatibility(target).map(Some)
    }

    fn precompile(&self, module: &CheckedModule, target: Option<&str>) -> Result<Vec<u8>, VmError> {
        artifact::precompile(module, target)
    }

    fn deserialize(&self, module: &Arc<ModuleInfo>, artifact: Artifact<'_>) -> Result<Arc<dyn Module>, VmError> {
        let engine = engine(Target::default());
        let compiled = artifact::deserialize(&engine, artifact)?;
        link(module, engine, compiled)
    }
}

fn link(info: &Arc<ModuleInfo>, engine: Engine, compiled: wasmer::Module) -> Result<Arc<dyn Module>, VmError> {
    let imports = link::imports(info)?;
    Ok(Arc::new(WasmerModule { engine, compiled, imports, info: info.clone() }))
}

/// A compiled module, and how to make what it imports.
struct WasmerModule {
    engine: Engine,
    compiled: wasmer::Module,
    imports: Vec<Import>,
    info: Arc<ModuleInfo>,
}

impl Module for WasmerModule {
    fn instantiate(&self, state: HostState) -> Result<Box<dyn Instance>, VmError> {
        Ok(Box::new(WasmerInstance::new(&self.engine, &self.compiled, &self.imports, &self.info, state)?))
    }

    fn serialize(&self) -> Option<Result<Vec<u8>, VmError>> {
        Some(self.compiled.serialize().map(|bytes| bytes.to_vec()).map_err(error::serialize))
    }
}
