//! Configuration and compilation.

use crate::artifact;
use crate::compiler;
use crate::error;
use crate::guest::Data;
use crate::instance::WasmtimeInstance;
use crate::link;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use tollgate_host::HostState;
use tollgate_host::module::{CheckedModule, ModuleInfo};
use tollgate_host::vm::{Artifact, Capabilities, Instance, Module, Runtime, VmError, VmErrorKind};
use tollgate_runtime_ticker::{self as ticker, Listening};
use wasmtime::{Config, Engine, InstancePre, WasmFeatures};

/// Stack that a guest may use, host functions that it calls included. It is the thread's own stack: a quarter of the
/// 2 MiB that Rust gives a thread.
const STACK: usize = 512 * 1024;

/// wasmtime, compiling with Cranelift when a module is loaded, or loading artefacts only where the feature `compiler` is off.
pub struct WasmtimeRuntime {
    engine: Engine,
    metering: Metering,
    /// The same, with code that counts; made when it is first asked for.
    metered: Mutex<Option<Arc<Self>>>,
}

/// Whether code counts its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metering {
    None,
    Fuel,
}

impl WasmtimeRuntime {
    /// Sets up the engine.
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Engine`] if wasmtime does not know this machine.
    pub fn new() -> Result<Self, VmError> {
        Self::with(Metering::None)
    }

    fn with(metering: Metering) -> Result<Self, VmError> {
        let engine = Engine::new(&config(metering)).map_err(|error| VmError::new(VmErrorKind::Engine, error))?;
        let weak = engine.weak();
        ticker::listen(move || match weak.upgrade() {
            Some(engine) => {
                engine.increment_epoch();
                Listening::Continue
            }
            None => Listening::Stop,
        });
        Ok(Self { engine, metering, metered: Mutex::default() })
    }
}

/// What modules may use. GC_TYPES is not the GC proposal: it is what makes externref more than a name.
pub(crate) const BASELINE: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::SIMD);

pub(crate) fn config(metering: Metering) -> Config {
    let mut config = Config::new();
    config.wasm_features(WasmFeatures::all().difference(BASELINE), false);
    config.wasm_features(BASELINE, true);
    config.max_wasm_stack(STACK);
    // Functions and loops look at the epoch, which the ticker moves on.
    config.epoch_interruption(true);
    config.consume_fuel(metering == Metering::Fuel);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(VmError::MAX_FRAMES));
    // Lines of source would have to be read from DWARF, which nobody ships in a plugin.
    config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config.memory_init_cow(true);
    compiler::configure(&mut config);
    config
}

impl Runtime for WasmtimeRuntime {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn version(&self) -> &'static str {
        wasmtime_environ::VERSION
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
        self.link(module.info(), &compiler::compile(&self.engine, module)?)
    }

    fn metered(&self) -> Result<Option<Arc<dyn Runtime>>, VmError> {
        let mut metered = self.metered.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = match &*metered {
            Some(runtime) => runtime.clone(),
            None => metered.insert(Arc::new(Self::with(Metering::Fuel)?)).clone(),
        };
        Ok(Some(runtime))
    }

    fn compatibility(&self, target: Option<&str>) -> Result<Option<Vec<u8>>, VmError> {
        artifact::compatibility(self.metering, target).map(Some)
    }

    fn precompile(&self, module: &CheckedModule, target: Option<&str>) -> Result<Vec<u8>, VmError> {
        compiler::precompile(&self.engine, self.metering, module, target)
    }

    fn deserialize(&self, module: &Arc<ModuleInfo>, artifact: Artifact<'_>) -> Result<Arc<dyn Module>, VmError> {
        self.link(module, &artifact::deserialize(&self.engine, artifact)?)
    }
}

impl WasmtimeRuntime {
    fn link(&self, info: &Arc<ModuleInfo>, compiled: &wasmtime::Module) -> Result<Arc<dyn Module>, VmError> {
        let linker = link::linker(&self.engine, info).map_err(error::compile)?;
        let pre = linker.instantiate_pre(compiled).map_err(error::compile)?;
        Ok(Arc::new(WasmtimeModule { pre, info: info.clone(), metering: self.metering }))
    }
}

/// A compiled module with its imports resolved.
struct WasmtimeModule {
    pre: InstancePre<Data>,
    info: Arc<ModuleInfo>,
    metering: Metering,
}

impl Module for WasmtimeModule {
    fn instantiate(&self, state: HostState) -> Result<Box<dyn Instance>, VmError> {
        Ok(Box::new(WasmtimeInstance::new(&self.pre, &self.info, self.metering, state)?))
    }

    fn serialize(&self) -> Option<Result<Vec<u8>, VmError>> {
        Some(compiler::serialize(self.pre.module()))
    }
}
