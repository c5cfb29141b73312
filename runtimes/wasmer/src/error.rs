//! wasmer's errors and ours.

use tollgate_host::vm::{Frame, TrapKind, VmError, VmErrorKind};
use wasmer::sys::vm::TrapCode;
use wasmer::{FrameInfo, InstantiationError, RuntimeError, SerializeError};

/// Sends an error of a host function through the guest, to come out at [`call`].
#[cold]
pub(crate) fn raise(error: VmError) -> RuntimeError {
    RuntimeError::user(Box::new(error))
}

/// A call ended in an error: the one that a host function raised, or a trap.
///
/// `shift` is how far the module's code has moved, where all of it has moved as far.
pub(crate) fn call(error: RuntimeError, shift: Option<usize>) -> VmError {
    let frame = |info| frame(info, shift);
    let backtrace: Vec<_> = error.trace().iter().take(VmError::MAX_FRAMES).map(frame).collect();
    let error = error.downcast::<VmError>().unwrap_or_else(|error| match error.clone().to_trap() {
        Some(code) => VmError::trap(kind(code), error.message()),
        None => VmError::new(VmErrorKind::Engine, error.message()),
    });
    // An error that went through more than one call has its backtrace from the innermost.
    if error.backtrace().is_empty() { error.with_backtrace(backtrace) } else { error }
}

/// No instance could be made.
#[cold]
pub(crate) fn instantiate(error: InstantiationError) -> VmError {
    let message = match &error {
        InstantiationError::Start(trap) => trap.message(),
        other => other.to_string(),
    };
    VmError::new(VmErrorKind::Instantiate, message)
}

/// The compiled module could not be written down.
#[cold]
pub(crate) fn serialize(error: SerializeError) -> VmError {
    VmError::new(VmErrorKind::Engine, error)
}

fn kind(code: TrapCode) -> TrapKind {
    match code {
        TrapCode::StackOverflow => TrapKind::StackOverflow,
        TrapCode::HeapAccessOutOfBounds => TrapKind::MemoryOutOfBounds,
        TrapCode::TableAccessOutOfBounds => TrapKind::TableOutOfBounds,
        TrapCode::IndirectCallToNull => TrapKind::IndirectCallToNull,
        TrapCode::BadSignature => TrapKind::BadSignature,
        TrapCode::IntegerOverflow => TrapKind::IntegerOverflow,
        TrapCode::IntegerDivisionByZero => TrapKind::IntegerDivisionByZero,
        TrapCode::BadConversionToInteger => TrapKind::BadConversionToInteger,
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::HostInterrupt => TrapKind::Interrupted,
        _ => TrapKind::Other,
    }
}

fn frame(info: &FrameInfo, shift: Option<usize>) -> Frame {
    let name = info.function_name().map(|name| symbolic_demangle::demangle(name).into_owned());
    let offset = shift.and_then(|shift| info.module_offset().checked_sub(shift));
    let function_offset = shift.map(|_| info.func_offset());
    Frame { function: info.func_index(), name, offset, function_offset, source: None }
}
