//! Calls in slices of fuel: wasmi cannot be interrupted from outside, but goes on from where its fuel ran out.

use crate::error;
use crate::guest::Data;
use std::time::Duration;
use tollgate_host::vm::VmError;
use wasmi::{AsContextMut, Error, StoreContextMut, TypedFunc, TypedResumableCall, WasmParams, WasmResults};

/// Fuel between two looks at the deadline: about a tenth of a millisecond of plain instructions.
const SLICE: u64 = 100_000;

/// What an operation takes for each unit of its fuel, if it is one that has more than a slice: 64 bytes of memory that are made
/// zero for the first time, which is the slowest of what is done with memory (20 ms for 60 MiB).
const LONG_OPERATION: Duration = Duration::from_nanos(20);

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

/// Gives a store the fuel of a slice, if its budget has as much as is needed.
fn refuel(store: &mut StoreContextMut<'_, Data>, least: u64) -> Result<(), VmError> {
    let left = store.get_fuel().map_err(error::call)?;
    let fuel = store.data_mut().budget.slice(left, least).ok_or_else(error::out_of_fuel)?;
    store.set_fuel(fuel).map_err(error::call)
}

/// The fuel that a call may use, where that is limited.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    most: Option<u64>,
    /// What the call has been given, of which some may be left in the store.
    given: u64,
}

impl Budget {
    /// Sets what the following calls may use.
    pub(crate) fn allow(&mut self, most: Option<u64>) {
        *self = Self { most, given: 0 };
    }

    /// Begins a call. What the store is to have, if there is a budget.
    pub(crate) fn begin(&mut self) -> Option<u64> {
        self.given = self.most?.min(SLICE);
        Some(self.given)
    }

    /// What the call has used; `None` without a budget.
    pub(crate) fn used(&self, left: u64) -> Option<u64> {
        self.most.map(|_| self.given.saturating_sub(left))
    }

    /// What the store is to have next, at least so much, when so much is left in it; `None` if that is not in the budget.
    fn slice(&mut self, left: u64, least: u64) -> Option<u64> {
        let wanted = least.max(SLICE);
        let Some((most, used)) = self.most.zip(self.used(left)) else { return Some(wanted) };
        let fuel = wanted.min(most.saturating_sub(used));
        self.given = used + fuel;
        (fuel >= least).then_some(fuel)
    }
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
                let fuel = paused.required_fuel();
                if !may_go_on(store, fuel) {
                    return Err(error::interrupted());
                }
                refuel(store, fuel)?;
                paused.resume(&mut *store)
            }
        };
    }
}

/// Whether the deadline allows an operation that needs so much fuel. Nothing interrupts one that has begun: so one that is long
/// must have the time that it takes.
fn may_go_on(store: &mut StoreContextMut<'_, Data>, fuel: u64) -> bool {
    let watch = &mut store.data_mut().watch;
    if fuel <= SLICE {
        return watch.may_go_on();
    }
    watch.has(LONG_OPERATION.saturating_mul(u32::try_from(fuel).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::{Budget, SLICE};

    #[test]
    fn a_budget_is_given_out_in_slices_and_what_is_left_of_them_counts() {
        let mut budget = Budget::default();
        assert_eq!((budget.begin(), budget.slice(3, 1), budget.used(3)), (None, Some(SLICE), None));
        budget.allow(Some(2 * SLICE + 10));
        assert_eq!(budget.begin(), Some(SLICE));
        assert_eq!((budget.slice(4, 5), budget.used(SLICE)), (Some(SLICE), Some(SLICE - 4)));
        assert_eq!((budget.slice(0, 5), budget.used(14)), (Some(14), Some(2 * SLICE - 4)));
        assert_eq!((budget.slice(4, 5), budget.used(4)), (None, Some(2 * SLICE + 6)));
        // A call for itself.
        assert_eq!(budget.begin(), Some(SLICE));
        budget.allow(Some(7));
        assert_eq!((budget.begin(), budget.slice(7, 8), budget.slice(3, 3)), (Some(7), None, Some(3)));
        // More than a slice at once.
        budget.allow(Some(u64::MAX));
        budget.begin();
        assert_eq!(budget.slice(0, 3 * SLICE), Some(3 * SLICE));
    }
}
