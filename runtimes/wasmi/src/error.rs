//! wasmi's errors and ours.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use tollgate_host::vm::{TrapKind, VmError, VmErrorKind};
use wasmi::errors::HostError;
use wasmi::{Error, TrapCode};

/// An error of a host function on its way through the guest. It can be taken out of a reference: wasmi keeps what a
/// resumable call ended in.
#[derive(Debug)]
struct Raised(Mutex<Option<VmError>>);

impl Raised {
    fn take(&self) -> Option<VmError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl HostError for Raised {}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => error.fmt(f),
            None => f.write_str("an error of a host function"),
        }
    }
}

/// Sends an error of a host function through the guest, to come out at [`call`].
#[cold]
pub(crate) fn raise(error: VmError) -> Error {
    Error::host(Raised(Mutex::new(Some(error))))
}

/// A call ended in an error: the one that a host function raised, or a trap.
#[cold]
pub(crate) fn call(error: Error) -> VmError {
    if let Some(kind) = error.as_trap_code().and_then(kind) {
        return VmError::trap(kind, error);
    }
    raised(&error)
}

/// The error that a host function raised.
#[cold]
pub(crate) fn raised(error: &Error) -> VmError {
    match error.downcast_ref::<Raised>().and_then(Raised::take) {
        Some(error) => error,
        None => VmError::new(VmErrorKind::Engine, error.to_string()),
    }
}

/// The deadline of a call has passed.
#[cold]
pub(crate) fn interrupted() -> VmError {
    VmError::trap(TrapKind::Interrupted, "the deadline has passed")
}

/// A call has used its budget.
#[cold]
pub(crate) fn out_of_fuel() -> VmError {
    VmError::trap(TrapKind::OutOfFuel, "the budget is used up")
}

/// The engine does not accept a module.
#[cold]
pub(crate) fn compile(error: Error) -> VmError {
    VmError::new(VmErrorKind::Compile, error)
}

/// No instance could be made.
#[cold]
pub(crate) fn instantiate(error: Error) -> VmError {
    VmError::new(VmErrorKind::Instantiate, error)
}

fn kind(code: TrapCode) -> Option<TrapKind> {
    Some(match code {
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => TrapKind::TableOutOfBounds,
        TrapCode::IndirectCallToNull => TrapKind::IndirectCallToNull,
        TrapCode::IntegerDivisionByZero => TrapKind::IntegerDivisionByZero,
        TrapCode::IntegerOverflow => TrapKind::IntegerOverflow,
        TrapCode::BadConversionToInteger => TrapKind::BadConversionToInteger,
        TrapCode::StackOverflow => TrapKind::StackOverflow,
        TrapCode::BadSignature => TrapKind::BadSignature,
        TrapCode::OutOfFuel => TrapKind::OutOfFuel,
        TrapCode::GrowthOperationLimited => TrapKind::GrowthLimit,
        // The machine's doing, not the guest's.
        TrapCode::OutOfSystemMemory => return None,
    })
}
