//! Calls in slices of fuel: wasmi cannot be interrupted from outside, but goes on from where its fuel ran out.

use crate::error;
use crate::guest::Data;
use tollgate_host::vm::VmError;
use wasmi::{AsContextMut, Error, StoreContextMut, TypedFunc, TypedResumableCall, WasmParams, WasmResults};

/// Fuel between two looks at the deadline: about a tenth of a millisecond of plain instructions.
const SLICE: u64 = 100_000;

/// Calls a function, until it returns or the deadline of the call that runs has passed.
pub(crate) fn call<P: WasmParams, R: WasmResults>(
    mut store: impl AsContextMut<Data = Data>,
    function: &TypedFunc<P, R>,
    params: P,
) -> Result<R, VmError> {
    let mut store = store.as_context_mut();
    match function.call_resumable(&mut store, params) {
        Ok(TypedResumableCall::Finished(results)) => Ok(results),
        unfinished => go_on(&mut store, unfinished),
    }
}

/// Gives a store the fuel of a slice.
pub(crate) fn refuel(store: &mut StoreContextMut<'_, Data>, least: u64) -> Result<(), VmError> {
    store.set_fuel(least.max(SLICE)).map_err(error::call)
}

#[cold]
fn go_on<R: WasmResults>(
    store: &mut StoreContextMut<'_, Data>,
    mut call: Result<TypedResumableCall<R>, Error>,
) -> Result<R, VmError> {
    loop {
        call = match call.map_err(error::call)? {
            TypedResumableCall::Finished(results) => return Ok(results),
            TypedResumableCall::HostTrap(trap) => return Err(error::raised(trap.host_error())),
            TypedResumableCall::OutOfFuel(paused) => {
                if !store.data_mut().watch.may_go_on() {
                    return Err(error::interrupted());
                }
                refuel(store, paused.required_fuel())?;
                paused.resume(&mut *store)
            }
        };
    }
}
