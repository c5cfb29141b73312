//! How guests are interrupted: they count down, and ask the host at zero whether they may go on.
//!
//! The instructions that do so are added when a module is compiled: before each call, at the start of each round of a
//! loop, and for each bulk operation in proportion to its size. wasmer's metering counts every instruction, and ends the
//! call at zero for good; this only has to come by now and then.

use crate::error;
use crate::guest::Env;
use tollgate_host::vm::{TrapKind, VmError};
use tollgate_runtime_ticker::Watch;
use wasmer::{AsStoreMut, Function, FunctionEnv, FunctionEnvMut, Instance, Module, RuntimeError, Value};

/// Calls and rounds of loops between two looks at the deadline: some 10 microseconds of the tightest loop.
const SLICE: i32 = 10_000;

/// What is compiled into functions: to be raised when that changes, because compiled modules that were kept do not say it
/// themselves.
pub(crate) const DESCRIPTION: &str = "countdown 1";

/// Where in the module the countdown is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Countdown {
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
    pub(crate) const COUNTER_EXPORT: &str = "tollgate:counter";
}

/// Whether a compiled module has a countdown in it.
pub(crate) fn is_in(compiled: &Module) -> bool {
    let exports = &compiled.info().exports;
    exports.contains_key(Countdown::CHECK_EXPORT) && exports.contains_key(Countdown::COUNTER_EXPORT)
}

/// Gives an instance the function that it asks.
pub(crate) fn install(
    store: &mut impl AsStoreMut,
    env: &FunctionEnv<Env>,
    instance: &Instance,
) -> Result<(), RuntimeError> {
    let missing = |_| RuntimeError::new("the countdown is missing");
    let table = instance.exports.get_table(Countdown::CHECK_EXPORT).map_err(missing)?.clone();
    let counter = instance.exports.get_global(Countdown::COUNTER_EXPORT).map_err(missing)?.clone();
    env.as_mut(store).counter = Some(counter);
    let check = Function::new_typed_with_env(store, env, check);
    table.set(store, 0, Value::FuncRef(Some(check)))
}

/// The countdown has reached zero.
fn check(mut env: FunctionEnvMut<'_, Env>) -> Result<(), RuntimeError> {
    let (data, mut store) = env.data_and_store_mut();
    in_time(&mut data.watch)?;
    match &data.counter {
        Some(counter) => counter.set(&mut store, Value::I32(SLICE)),
        None => Ok(()),
    }
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
