//! An instance and its callbacks.

use crate::budget::Budget;
use crate::countdown::{self, Metering};
use crate::engine::WasmerModule;
use crate::error;
use crate::guest::{self, Env, SharedEnv};
use std::time::Duration;
use tollgate_abi::for_each_callback;
use tollgate_host::HostState;
use tollgate_host::vm::{self, Allocator, Global, GlobalValue, VmError};
use tollgate_runtime_ticker::Watch;
use wasmer::{Engine, Extern, FunctionEnv, Instance, Store, TypedFunction, Value, WasmTypeList};

/// An instance in a store of its own.
pub(crate) struct WasmerInstance {
    store: Store,
    instance: Instance,
    env: SharedEnv,
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
            metering: module.metering,
            budget: Budget::default(),
            shift: module.shift,
        };
        let env = SharedEnv::new(env);
        let none = FunctionEnv::new(&mut store, ());
        let externs: Vec<Extern> = module.imports.iter().map(|import| import(&mut store, &none, env.clone())).collect();
        let instance = Instance::new_by_index(&mut store, &module.compiled, &externs).map_err(error::instantiate)?;
        countdown::install(&mut store, &none, &env, &instance, module.metering)
            .map_err(|error| error::call(error, None))?;
        let memory = info.memory.as_ref().and_then(|memory| instance.exports.get_memory(&memory.export).ok()).cloned();
        let allocator = info.allocator.and_then(|name| typed(&store, &instance, name));
        let callbacks = Callbacks::resolve(&store, &instance);
        // SAFETY: the guest does not run, and nobody else has the instance.
        let data = unsafe { env.get() };
        data.memory = memory;
        data.allocator = allocator.into();
        Ok(Self { store, instance, env, callbacks })
    }

    /// What is kept for the store, the store, and the callbacks.
    #[inline]
    fn split(&mut self) -> (&mut Env, &mut Store, &Callbacks) {
        // SAFETY: the reference borrows `self`, of which there is one, and its guest runs only where `self` is borrowed as well: in
        // the methods that call it, which do not use the reference once they do.
        (unsafe { self.env.get() }, &mut self.store, &self.callbacks)
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
                &mut self.split().0.state
            }

            fn memory_size(&mut self) -> u64 {
                let (env, store, _) = self.split();
                env.memory.as_ref().map_or(0, |memory| memory.view(store).data_size())
            }

            fn memory(&mut self) -> &[u8] {
                let (env, store, _) = self.split();
                match &env.memory {
                    // SAFETY: the slice borrows `self`, as this function's type says, and with it the store: until it is
                    // gone, neither can the guest be called nor a second slice be asked for. The memory is not shared with
                    // other threads or stores, because threads are not among the features.
                    Some(memory) => unsafe { guest::bytes(memory, store) },
                    None => &[],
                }
            }

            fn global(&mut self, export: &str) -> Option<Global> {
                let global = self.instance.exports.get_global(export).ok()?;
                let mutable = global.ty(&self.store).mutability.is_mutable();
                let value = match global.get(&mut self.store) {
                    Value::I32(value) => GlobalValue::I32(value),
                    Value::I64(value) => GlobalValue::I64(value),
                    Value::F32(value) => GlobalValue::F32(value.to_bits()),
                    Value::F64(value) => GlobalValue::F64(value.to_bits()),
                    Value::V128(value) => GlobalValue::V128(value),
                    _ => return None,
                };
                Some(Global { value, mutable })
            }

            fn set_deadline(&mut self, deadline: Option<Duration>) {
                self.split().0.watch.allow(deadline);
            }

            /// Where what is counted is when to look at the deadline, nothing is kept of it.
            fn set_fuel(&mut self, fuel: Option<u64>) {
                let env = self.split().0;
                if env.metering == Metering::Fuel {
                    env.budget.allow(fuel);
                }
            }

            fn fuel_used(&mut self) -> Option<u64> {
                let (env, store, _) = self.split();
                countdown::used(env, store)
            }

            $(
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<callbacks!(@ret $($ret)?)>, VmError> {
                    let (env, store, callbacks) = self.split();
                    let Some(function) = &callbacks.$method else { return Ok(None) };
                    env.watch.begin();
                    let (shift, metering) = (env.shift, env.metering);
                    if metering == Metering::Fuel {
                        countdown::fill(env, store);
                    }
                    function.call(store, $($param),*).map(Some).map_err(|error| error::call(error, shift))
                }
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(callbacks);
