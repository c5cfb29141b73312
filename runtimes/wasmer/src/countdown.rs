//! How guests are interrupted: they count down, and ask the host at zero whether they may go on.
//!
//! The instructions that do so are added when a module is compiled: before each call, at the start of each round of a
//! loop, and for each bulk operation in proportion to its size. Where guests have a budget of work, what is counted down is
//! the instructions: the same countdown, in larger steps ([`Metering`]). wasmer's own metering ends the call at zero for good, and
//! could not go on to look at the deadline only.

use crate::error;
use crate::guest::{Env, SharedEnv};
use tollgate_host::vm::{TrapKind, VmError};
use tollgate_runtime_ticker::Watch;
use wasmer::{AsStoreMut, Function, FunctionEnv, FunctionEnvMut, Instance, Module, RuntimeError, Value};

/// Calls and rounds of loops between two looks at the deadline: some 10 microseconds of the tightest loop.
const SLICE: i32 = 10_000;

/// What is counted down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Metering {
    /// Calls and rounds of loops.
    #[default]
    None,
    /// Instructions.
    Fuel,
}

impl Metering {
    /// What is compiled into functions: to be raised when that changes, because compiled modules that were kept do not say it
    /// themselves.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::None => "countdown 1",
            Self::Fuel => "countdown of instructions 1",
        }
    }

    /// Export of the counter, by which a compiled module says what it counts.
    pub(crate) const fn counter_export(self) -> &'static str {
        match self {
            Self::None => "tollgate:counter",
            Self::Fuel => "tollgate:fuel",
        }
    }
}

/// Where in the module the countdown is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Countdown {
    pub(crate) metering: Metering,
    /// Type of the function that looks at the deadline.
    pub(crate) check_type: u32,
    /// The table that has it.
    pub(crate) check_table: u32,
    /// What is counted down.
    pub(crate) counter: u32,
    /// Keeps an operand of a bulk operation.
    pub(crate) scratch: u32,
}

impl Countdown {
    pub(crate) const CHECK_EXPORT: &str = "tollgate:check";
}

/// Whether a compiled module has a countdown of this kind in it.
pub(crate) fn is_in(compiled: &Module, metering: Metering) -> bool {
    let exports = &compiled.info().exports;
    exports.contains_key(Countdown::CHECK_EXPORT) && exports.contains_key(metering.counter_export())
}

/// Gives an instance the function that it asks.
pub(crate) fn install(
    store: &mut impl AsStoreMut,
    none: &FunctionEnv<()>,
    env: &SharedEnv,
    instance: &Instance,
    metering: Metering,
) -> Result<(), RuntimeError> {
    let missing = |_| RuntimeError::new("the countdown is missing");
    let table = instance.exports.get_table(Countdown::CHECK_EXPORT).map_err(missing)?.clone();
    let counter = instance.exports.get_global(metering.counter_export()).map_err(missing)?.clone();
    // SAFETY: the instance is being made: its guest does not run, and nobody else has it.
    unsafe { env.get() }.counter = Some(counter);
    let env = env.clone();
    let check = move |mut store: FunctionEnvMut<'_, ()>| {
        // SAFETY: this is the host function that runs, and calls no guest.
        check(unsafe { env.get() }, &mut store)
    };
    let check = Function::new_typed_with_env(store, none, check);
    table.set(store, 0, Value::FuncRef(Some(check)))
}

/// The countdown has reached zero.
fn check(env: &mut Env, store: &mut impl AsStoreMut) -> Result<(), RuntimeError> {
    let Some(counter) = &env.counter else { return Ok(()) };
    let next = match env.metering {
        Metering::None => SLICE,
        Metering::Fuel => {
            let left = counter.get(store).i32().unwrap_or_default();
            env.budget.next(left).ok_or_else(out_of_fuel)?
        }
    };
    in_time(&mut env.watch)?;
    counter.set(store, Value::I32(next))
}

/// Gives a call that begins what it may use, if that is limited.
#[inline]
pub(crate) fn fill(env: &mut Env, store: &mut impl AsStoreMut) {
    if let Some(first) = env.budget.begin()
        && let Some(counter) = &env.counter
    {
        // It is a variable of this type, in this store.
        let _ = counter.set(store, Value::I32(first));
    }
}

/// What the last call has used, if it had a budget.
pub(crate) fn used(env: &Env, store: &mut impl AsStoreMut) -> Option<u64> {
    env.budget.used(env.counter.as_ref()?.get(store).i32()?)
}

#[cold]
fn out_of_fuel() -> RuntimeError {
    error::raise(VmError::trap(TrapKind::OutOfFuel, "the budget is used up"))
}

/// Ends the call if it has used its time.
#[inline]
pub(crate) fn in_time(watch: &mut Watch) -> Result<(), RuntimeError> {
    if watch.may_go_on() { Ok(()) } else { Err(late()) }
}

#[cold]
fn late() -> RuntimeError {
    error::raise(VmError::trap(TrapKind::Interrupted, "the deadline has passed"))
}
