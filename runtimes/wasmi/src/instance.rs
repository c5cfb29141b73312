//! An instance and its callbacks.

use crate::error;
use crate::guest::Data;
use crate::slices::{self, Budget};
use std::time::Duration;
use tollgate_abi::for_each_callback;
use tollgate_host::HostState;
use tollgate_host::module::ModuleInfo;
use tollgate_host::vm::{self, Allocator, Global, GlobalValue, Limits, VmError};
use tollgate_runtime_ticker::Watch;
use wasmi::{
    Instance, Linker, Module, Store, StoreLimits, StoreLimitsBuilder, TypedFunc, Val, WasmParams, WasmResults,
};

/// An instance in a store of its own.
pub(crate) struct WasmiInstance {
    store: Store<Data>,
    instance: Instance,
    callbacks: Callbacks,
}

impl WasmiInstance {
    pub(crate) fn new(
        module: &Module,
        linker: &Linker<Data>,
        info: &ModuleInfo,
        state: HostState,
    ) -> Result<Self, VmError> {
        let limits = limits(state.limits());
        let data = Data {
            state,
            memory: None,
            allocator: Allocator::Missing,
            limits,
            watch: Watch::new(),
            budget: Budget::default(),
        };
        let mut store = Store::new(linker.engine(), data);
        store.limiter(|data| &mut data.limits);
        // There is nothing to start: the module has no start section any more.
        let instance = linker.instantiate_and_start(&mut store, module).map_err(error::instantiate)?;
        let memory = info.memory.as_ref().and_then(|memory| instance.get_memory(&store, &memory.export));
        let allocator = info.allocator.and_then(|name| typed(&store, &instance, name));
        let callbacks = Callbacks::resolve(&store, &instance);
        let data = store.data_mut();
        data.memory = memory;
        data.allocator = allocator.into();
        Ok(Self { store, instance, callbacks })
    }
}

fn limits(limits: &Limits) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX))
        .table_elements(limits.table_elements as usize)
        .tables(Limits::TABLES)
        .memories(1)
        .instances(1)
        .build()
}

/// The export of this name, if it has this type.
fn typed<P: WasmParams, R: WasmResults>(
    store: &Store<Data>,
    instance: &Instance,
    name: &str,
) -> Option<TypedFunc<P, R>> {
    instance.get_func(store, name)?.typed(store).ok()
}

macro_rules! callbacks {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => {
        /// The callbacks that the module exports.
        struct Callbacks {
            $($method: Option<TypedFunc<($($ty,)*), callbacks!(@ret $($ret)?)>>,)*
        }

        impl Callbacks {
            fn resolve(store: &Store<Data>, instance: &Instance) -> Self {
                Self { $($method: typed(store, instance, $export),)* }
            }
        }

        impl vm::Instance for WasmiInstance {
            fn state(&mut self) -> &mut HostState {
                &mut self.store.data_mut().state
            }

            fn memory_size(&mut self) -> u64 {
                self.store.data().memory.map_or(0, |memory| memory.data_size(&self.store) as u64)
            }

            fn memory(&mut self) -> &[u8] {
                self.store.data().memory.map_or(&[], |memory| memory.data(&self.store))
            }

            fn global(&mut self, export: &str) -> Option<Global> {
                let global = self.instance.get_global(&self.store, export)?;
                let mutable = global.ty(&self.store).mutability().is_mut();
                let value = match global.get(&self.store) {
                    Val::I32(value) => GlobalValue::I32(value),
                    Val::I64(value) => GlobalValue::I64(value),
                    Val::F32(value) => GlobalValue::F32(value.to_bits()),
                    Val::F64(value) => GlobalValue::F64(value.to_bits()),
                    Val::V128(value) => GlobalValue::V128(value.as_u128()),
                    _ => return None,
                };
                Some(Global { value, mutable })
            }

            fn set_deadline(&mut self, deadline: Option<Duration>) {
                self.store.data_mut().watch.allow(deadline);
            }

            fn set_fuel(&mut self, fuel: Option<u64>) {
                self.store.data_mut().budget.allow(fuel);
            }

            fn fuel_used(&mut self) -> Option<u64> {
                let left = self.store.get_fuel().ok()?;
                self.store.data().budget.used(left)
            }

            $(
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<callbacks!(@ret $($ret)?)>, VmError> {
                    let Some(function) = self.callbacks.$method else { return Ok(None) };
                    let data = self.store.data_mut();
                    data.watch.begin();
                    if let Some(fuel) = data.budget.begin() {
                        self.store.set_fuel(fuel).map_err(error::call)?;
                    }
                    slices::call(&mut self.store, &function, ($($param,)*)).map(Some)
                }
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(callbacks);
