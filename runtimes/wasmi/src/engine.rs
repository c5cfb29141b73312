//! Configuration and translation.

use crate::error;
use crate::guest::Data;
use crate::instance::WasmiInstance;
use crate::link;
use std::sync::Arc;
use tollgate_host::HostState;
use tollgate_host::module::{CheckedModule, ModuleInfo};
use tollgate_host::vm::{Capabilities, CompileMode, Instance, Module, Runtime, VmError};
use wasmi::{CompilationMode, Config, CustomFuelCosts, Engine, Linker};

/// Most calls within each other. wasmi's own 1,000 is too little for guests that recurse by habit, such as Go's; this is
/// about what 512 KiB of native stack hold.
const DEPTH: usize = 16 * 1024;

/// Bytes of parameters, locals and temporaries of all these calls. They are on the heap, so that no guest can exhaust the
/// thread's stack.
const STACK: usize = 2 * 1024 * 1024;

/// Stacks kept for the next call. All threads share them: few would be a new allocation for every call.
const IDLE_STACKS: usize = 64;

/// wasmi, an interpreter.
pub struct WasmiRuntime {
    engine: Engine,
}

impl WasmiRuntime {
    /// Sets up the engine.
    pub fn new() -> Self {
        Self { engine: Engine::new(&config()) }
    }
}

impl Default for WasmiRuntime {
    fn default() -> Self {
        Self::new()
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config
        .wasm_mutable_global(true)
        .wasm_sign_extension(true)
        .wasm_saturating_float_to_int(true)
        .wasm_multi_value(true)
        .wasm_bulk_memory(true)
        .wasm_reference_types(true)
        .wasm_extended_const(true)
        .wasm_simd(true)
        .floats(true)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false);
    // Validates everything now and translates a function when it is first called. `Lazy` would not validate either, and a
    // bad module would show itself in the middle of a request.
    config.compilation_mode(CompilationMode::LazyTranslation);
    // In slices, between which the deadline is looked at.
    config.consume_fuel(true);
    // Translation is free: a call that runs out of fuel there cannot go on. Its work is bounded by the module's size.
    config.fuel_cost(CustomFuelCosts {
        bytes_copied_per_fuel: 64,
        fuel_per_bytes_translated: 0,
        fuel_per_bytes_validated: 0,
    });
    config.set_max_recursion_depth(DEPTH).set_max_stack_height(STACK).set_max_cached_stacks(IDLE_STACKS);
    config
}

impl Runtime for WasmiRuntime {
    fn name(&self) -> &'static str {
        "wasmi"
    }

    fn version(&self) -> &'static str {
        // From the build script, which reads the manifest's pin: wasmi does not tell its version.
        env!("WASMI_VERSION")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            mode: CompileMode::Interpreter,
            simd: true,
            backtraces: false,
            artifacts: false,
            stack_limit: true,
            deadline: true,
            fuel: true,
            memory_limit: true,
            bulk_deadline: true,
        }
    }

    /// It counts anyway.
    fn metered(&self) -> Result<Option<Arc<dyn Runtime>>, VmError> {
        Ok(Some(Arc::new(Self { engine: self.engine.clone() })))
    }

    fn compile(&self, module: &CheckedModule) -> Result<Arc<dyn Module>, VmError> {
        let compiled = wasmi::Module::new(&self.engine, module.wasm()).map_err(error::compile)?;
        let linker = link::linker(&self.engine, module.info()).map_err(|error| error::compile(error.into()))?;
        Ok(Arc::new(WasmiModule { compiled, linker, info: module.info().clone() }))
    }
}

/// A translated module, and what it imports.
struct WasmiModule {
    compiled: wasmi::Module,
    linker: Linker<Data>,
    info: Arc<ModuleInfo>,
}

impl Module for WasmiModule {
    fn instantiate(&self, state: HostState) -> Result<Box<dyn Instance>, VmError> {
        Ok(Box::new(WasmiInstance::new(&self.compiled, &self.linker, &self.info, state)?))
    }

    fn serialize(&self) -> Option<Result<Vec<u8>, VmError>> {
        None
    }
}
