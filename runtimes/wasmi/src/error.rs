//! wasmi's errors and ours.

use std::fmt;
use tollgate_host::vm::{TrapKind, VmError, VmErrorKind};
use wasmi::errors::HostError;
use wasmi::{Error, TrapCode};

/// An error of a host function on its way through the guest.
#[derive(Debug)]
struct Raised(VmError);

impl HostError for Raised {}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Sends an error of a host function through the guest, to come out at [`call`].
#[cold]
pub(crate) fn raise(error: VmError) -> Error {
    Error::host(Raised(error))
}

/// A call ended in an error: the one that a host function raised, or a trap.
#[cold]
pub(crate) fn call(error: Error) -> VmError {
    if let Some(kind) = error.as_trap_code().and_then(kind) {
        return VmError::trap(kind, error);
    }
    let message = error.to_string();
    match error.downcast() {
        Some(Raised(error)) => error,
        None => VmError::new(VmErrorKind::Engine, message),
    }
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
