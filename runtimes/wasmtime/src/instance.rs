//! An instance and its callbacks.

use crate::engine::Metering;
use crate::error;
use crate::guest::Data;
use std::time::Duration;
use tollgate_abi::for_each_callback;
use tollgate_host::HostState;
use tollgate_host::module::ModuleInfo;
use tollgate_host::vm::{self, Global, GlobalValue, Limits, VmError};
use tollgate_runtime_ticker::Look;
use wasmtime::{
    Instance, InstancePre, Mutability, Store, StoreLimits, StoreLimitsBuilder, TypedFunc, UpdateDeadline, Val,
    WasmParams, WasmResults,
};

/// An instance in a store of its own.
pub(crate) struct WasmtimeInstance {
    store: Store<Data>,
    instance: Instance,
    /// Whether its code counts.
    metering: Metering,
    /// What a call may use.
    fuel: Option<u64>,
    callbacks: Callbacks,
}

impl WasmtimeInstance {
    pub(crate) fn new(
        pre: &InstancePre<Data>,
        info: &ModuleInfo,
        metering: Metering,
        state: HostState,
    ) -> Result<Self, VmError> {
        let limits = limits(state.limits());
        let mut store = Store::new(pre.module().engine(), Data::new(state, limits));
        store.limiter(|data| &mut data.growth);
        store.epoch_deadline_callback(|mut store| match store.data_mut().watch.look() {
            Look::GoOn(ticks) => Ok(UpdateDeadline::Continue(ticks)),
            Look::Stop => Ok(UpdateDeadline::Interrupt),
        });
        let instance = pre.instantiate(&mut store).map_err(error::instantiate)?;
        let memory = info.memory.as_ref().and_then(|memory| instance.get_memory(&mut store, &memory.export));
        let allocator = info.allocator.and_then(|name| typed(&mut store, &instance, name));
        let callbacks = Callbacks::resolve(&mut store, &instance);
        let data = store.data_mut();
        data.set_memory(memory);
        data.allocator = allocator.into();
        fill(&mut store, metering, None);
        Ok(Self { store, instance, metering, fuel: None, callbacks })
    }
}

/// Begins a call: its deadline counts from now, for all that happens until it returns.
#[inline]
fn begin(store: &mut Store<Data>, metering: Metering, fuel: Option<u64>) {
    let ticks = store.data_mut().watch.begin();
    store.set_epoch_deadline(ticks);
    fill(store, metering, fuel);
}

/// Gives a call the fuel that it may use, if its code counts. Then the store takes it: refusals are for code that does not.
#[inline]
fn fill(store: &mut Store<Data>, metering: Metering, fuel: Option<u64>) {
    if metering == Metering::Fuel {
        let _ = store.set_fuel(fuel.unwrap_or(u64::MAX));
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

/// The export of this name, if it has this type. Asks for the name first: a name that is not there costs no error.
fn typed<P: WasmParams, R: WasmResults>(
    store: &mut Store<Data>,
    instance: &Instance,
    name: &str,
) -> Option<TypedFunc<P, R>> {
    instance.get_func(&mut *store, name)?.typed(&*store).ok()
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
            fn resolve(store: &mut Store<Data>, instance: &Instance) -> Self {
                Self { $($method: typed(store, instance, $export),)* }
            }
        }

        impl vm::Instance for WasmtimeInstance {
            fn state(&mut self) -> &mut HostState {
                &mut self.store.data_mut().state
            }

            fn memory_size(&mut self) -> u64 {
                self.store.data().memory().map_or(0, |memory| memory.data_size(&self.store) as u64)
            }

            fn memory(&mut self) -> &[u8] {
                self.store.data().memory().map_or(&[], |memory| memory.data(&self.store))
            }

            fn global(&mut self, export: &str) -> Option<Global> {
                let global = self.instance.get_global(&mut self.store, export)?;
                let mutable = global.ty(&self.store).mutability() == Mutability::Var;
                let value = match global.get(&mut self.store) {
                    Val::I32(value) => GlobalValue::I32(value),
                    Val::I64(value) => GlobalValue::I64(value),
                    Val::F32(bits) => GlobalValue::F32(bits),
                    Val::F64(bits) => GlobalValue::F64(bits),
                    Val::V128(value) => GlobalValue::V128(value.as_u128()),
                    _ => return None,
                };
                Some(Global { value, mutable })
            }

            fn set_deadline(&mut self, deadline: Option<Duration>) {
                self.store.data_mut().watch.allow(deadline);
            }

            fn set_fuel(&mut self, fuel: Option<u64>) {
                self.fuel = fuel;
            }

            fn fuel_used(&mut self) -> Option<u64> {
                Some(self.fuel?.saturating_sub(self.store.get_fuel().ok()?))
            }

            $(
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<callbacks!(@ret $($ret)?)>, VmError> {
                    let Self { store, metering, fuel, callbacks, .. } = self;
                    let Some(function) = &callbacks.$method else { return Ok(None) };
                    begin(store, *metering, *fuel);
                    function.call(store, ($($param,)*)).map(Some).map_err(error::call)
                }
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(callbacks);
