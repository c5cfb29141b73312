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
    let frames: Vec<_> = error.trace().iter().take(VmError::MAX_FRAMES).cloned().collect();
    let error = error.downcast::<VmError>().unwrap_or_else(|error| match error.clone().to_trap() {
        Some(code) => VmError::trap(kind(code), error.message()),
        None => VmError::new(VmErrorKind::Engine, error.message()),
    });
    // An error that went through more than one call has its backtrace from the innermost.
    if !error.backtrace().is_empty() {
        return error;
    }
    let is_exact = is_where_it_happened(error.kind());
    let frame = |(index, info)| frame(info, shift, usize::from(index > 0 || !is_exact));
    let backtrace: Vec<_> = frames.iter().enumerate().map(frame).collect();
    error.with_backtrace(backtrace)
}

/// Whether the place of the innermost function is the instruction that failed. In front of calls stands the countdown, and wasmer takes
/// all behind an instruction that was added for the one that comes next: the place of a call is where it returns to.
fn is_where_it_happened(kind: VmErrorKind) -> bool {
    use TrapKind::{BadSignature, IndirectCallToNull, Interrupted, OutOfFuel};
    match kind {
        VmErrorKind::Trap(kind) => !matches!(kind, BadSignature | IndirectCallToNull | Interrupted | OutOfFuel),
        _ => false,
    }
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

/// `back` is how many bytes before its place the function is.
fn frame(info: &FrameInfo, shift: Option<usize>, back: usize) -> Frame {
    let name = info.function_name().map(|name| symbolic_demangle::demangle(name).into_owned());
    let offset = shift.and_then(|shift| info.module_offset().checked_sub(shift + back));
    let function_offset = shift.and_then(|_| info.func_offset().checked_sub(back));
    Frame { function: info.func_index(), name, offset, function_offset, source: None }
}
