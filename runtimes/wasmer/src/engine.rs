//! Configuration and compilation.

use crate::artifact;
use crate::compiler;
use crate::countdown::{self, Metering};
use crate::error;
use crate::instance::WasmerInstance;
use crate::limits::Limited;
use crate::link::{self, Import};
use crate::sections;
use std::sync::Arc;
use tollgate_host::HostState;
use tollgate_host::module::{CheckedModule, ModuleInfo, code_shift};
use tollgate_host::vm::{Artifact, Capabilities, Instance, Limits, Module, Runtime, VmError, VmErrorKind};
use wasmer::Engine;
use wasmer::sys::{EngineBuilder, Features, NativeEngineExt, Target};

/// wasmer, compiling with Cranelift to an artefact that can be kept, or loading artefacts only where the feature `compiler` is
/// off.
#[derive(Clone, Copy, Debug, Default)]
pub struct WasmerRuntime {
    metering: Metering,
}

impl WasmerRuntime {
    /// The runtime.
    pub fn new() -> Self {
        Self::default()
    }
}

/// An engine for one module: an engine keeps the code of every module that it compiled until it goes itself, so that with
/// a shared one each reload of a plugin would leak the code before.
pub(crate) fn engine(builder: EngineBuilder, target: Target) -> Engine {
    builder.set_features(Some(features())).set_target(Some(target)).engine().into()
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
            deadline: true,
            fuel: true,
            memory_limit: true,
            bulk_deadline: false,
        }
    }

    fn compile(&self, module: &CheckedModule) -> Result<Arc<dyn Module>, VmError> {
        // What imports there are is settled before what follows from it: that they are functions.
        let imports = link::imports(module.info())?;
        let (engine, compiled) = compiler::compile(module, self.metering, Target::default())?;
        WasmerModule::link(module.info(), imports, self.metering, engine, compiled)
    }

    fn metered(&self) -> Result<Option<Arc<dyn Runtime>>, VmError> {
        Ok(Some(Arc::new(Self { metering: Metering::Fuel })))
    }

    fn compatibility(&self, target: Option<&str>) -> Result<Option<Vec<u8>>, VmError> {
        artifact::compatibility(self.metering, target).map(Some)
    }

    fn precompile(&self, module: &CheckedModule, target: Option<&str>) -> Result<Vec<u8>, VmError> {
        artifact::precompile(module, self.metering, target)
    }

    fn deserialize(&self, module: &Arc<ModuleInfo>, artifact: Artifact<'_>) -> Result<Arc<dyn Module>, VmError> {
        let imports = link::imports(module)?;
        let engine = engine(compiler::builder(None), Target::default());
        let compiled = artifact::deserialize(&engine, artifact)?;
        WasmerModule::link(module, imports, self.metering, engine, compiled)
    }
}

/// A compiled module, and how to make what it imports.
pub(crate) struct WasmerModule {
    engine: Engine,
    pub(crate) compiled: wasmer::Module,
    pub(crate) imports: Vec<Import>,
    pub(crate) info: Arc<ModuleInfo>,
    pub(crate) metering: Metering,
    /// Tables that it has of its own.
    tables: usize,
    /// How far its code has moved; `None` if not all of it as far.
    pub(crate) shift: Option<usize>,
}

impl WasmerModule {
    /// What is known of the countdown stands in the compiled module, which may have been compiled by another process.
    fn link(
        info: &Arc<ModuleInfo>,
        imports: Vec<Import>,
        metering: Metering,
        engine: Engine,
        compiled: wasmer::Module,
    ) -> Result<Arc<dyn Module>, VmError> {
        let Some(shift) = sections::shift(&compiled).filter(|_| countdown::is_in(&compiled, metering)) else {
            // Its guests could not be interrupted, or do as much as they want.
            let message = format!("the compiled module has no {}", metering.description());
            return Err(VmError::new(VmErrorKind::Engine, message));
        };
        let shift = code_shift(compiled.info().exports.keys().map(|name| &**name)).map(|more| shift + more);
        // One of them is the countdown's.
        let tables = compiled.info().tables.len().saturating_sub(1);
        Ok(Arc::new(Self { engine, compiled, imports, info: info.clone(), metering, tables, shift }))
    }
}

impl Module for WasmerModule {
    fn instantiate(&self, state: HostState) -> Result<Box<dyn Instance>, VmError> {
        if self.tables > Limits::TABLES {
            let message = format!("the module has {} tables, of {} at most", self.tables, Limits::TABLES);
            return Err(VmError::new(VmErrorKind::Instantiate, message));
        }
        // The code is shared; how memories and tables are made is this instance's own.
        let mut engine = self.engine.clone();
        engine.set_tunables(Limited::new(state.limits()));
        Ok(Box::new(WasmerInstance::new(&engine, self, state)?))
    }

    fn serialize(&self) -> Option<Result<Vec<u8>, VmError>> {
        Some(self.compiled.serialize().map(|bytes| bytes.to_vec()).map_err(error::serialize))
    }
}
