//! An instance and its callbacks.

use crate::countdown;
use crate::engine::WasmerModule;
use crate::error;
use crate::guest::Env;
use std::time::Duration;
use tollgate_abi::for_each_callback;
use tollgate_host::HostState;
use tollgate_host::vm::{self, Allocator, VmError};
use tollgate_runtime_ticker::Watch;
use wasmer::{Engine, Extern, FunctionEnv, Instance, Store, TypedFunction, WasmTypeList};

/// An instance in a store of its own.
pub(crate) struct WasmerInstance {
    store: Store,
    env: FunctionEnv<Env>,
    callbacks: Callbacks,
}

impl WasmerInstance {
    pub(crate) fn new(engine: &Engine, module: &WasmerModule, state: HostState) -> Result<Self, VmError> {
        let info = &module.info;
        let mut store = Store::new(engine.clone());
        let env = Env {
            state,
            memory: None,
            allocator: Allocator::Missing,
            watch: Watch::new(),
            counter: None,
            shift: module.shift,
        };
        let env = FunctionEnv::new(&mut store, env);
        let externs: Vec<Extern> = module.imports.iter().map(|import| import(&mut store, &env)).collect();
        let instance = Instance::new_by_index(&mut store, &module.compiled, &externs).map_err(error::instantiate)?;
        countdown::install(&mut store, &env, &instance).map_err(|error| error::call(error, None))?;
        let memory = info.memory.as_ref().and_then(|memory| instance.exports.get_memory(&memory.export).ok()).cloned();
        let allocator = info.allocator.and_then(|name| typed(&store, &instance, name));
        let callbacks = Callbacks::resolve(&store, &instance);
        let data = env.as_mut(&mut store);
        data.memory = memory;
        data.allocator = allocator.into();
        Ok(Self { store, env, callbacks })
    }
}

/// The export of this name, if it has this type.
fn typed<P: WasmTypeList, R: WasmTypeList>(
    store: &Store,
    instance: &Instance,
    name: &str,
) -> Option<TypedFunction<P, R>> {
    instance.exports.get_typed_function(store, name).ok()
}

macro_rules! callbacks {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => {
        /// The callbacks that the module exports.
        #[allow(unused_parens, reason = "one parameter is wasmer's `P`, not `(P,)`")]
        struct Callbacks {
            $($method: Option<TypedFunction<($($ty),*), callbacks!(@ret $($ret)?)>>,)*
        }

        impl Callbacks {
            fn resolve(store: &Store, instance: &Instance) -> Self {
                Self { $($method: typed(store, instance, $export),)* }
            }
        }

        impl vm::Instance for WasmerInstance {
            fn state(&mut self) -> &mut HostState {
                &mut self.env.as_mut(&mut self.store).state
            }

            fn memory_size(&mut self) -> u64 {
                self.env.as_ref(&self.store).memory.as_ref().map_or(0, |memory| memory.view(&self.store).data_size())
            }

            fn set_deadline(&mut self, deadline: Option<Duration>) {
                self.env.as_mut(&mut self.store).watch.allow(deadline);
            }

            /// What is counted here is when to look at the deadline, and not kept.
            fn set_fuel(&mut self, _fuel: Option<u64>) {}

            fn fuel_used(&mut self) -> Option<u64> {
                None
            }

            $(
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<callbacks!(@ret $($ret)?)>, VmError> {
                    let Some(function) = &self.callbacks.$method else { return Ok(None) };
                    let env = self.env.as_mut(&mut self.store);
                    env.watch.begin();
                    let shift = env.shift;
                    function.call(&mut self.store, $($param),*).map(Some).map_err(|error| error::call(error, shift))
                }
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(callbacks);
