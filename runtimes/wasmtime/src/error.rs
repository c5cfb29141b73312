//! wasmtime's errors and ours.

use tollgate_host::module::code_shift;
use tollgate_host::vm::{Frame, TrapKind, VmError, VmErrorKind};
use wasmtime::{Error, FrameInfo, Trap, WasmBacktrace};

/// Sends an error of a host function through the guest, to come out at [`call`].
#[cold]
pub(crate) fn raise(error: VmError) -> Error {
    Error::new(error)
}

/// A call ended in an error: the one that a host function raised, or a trap.
#[cold]
pub(crate) fn call(error: Error) -> VmError {
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames);
    let error = error.downcast::<VmError>().unwrap_or_else(|error| match error.downcast_ref::<Trap>() {
        Some(trap) => VmError::trap(kind(*trap), *trap),
        None => VmError::new(VmErrorKind::Engine, error.root_cause().to_string()),
    });
    match backtrace {
        // An error that went through more than one call has its backtrace from the innermost.
        Some(frames) if error.backtrace().is_empty() => error.with_backtrace(frames),
        _ => error,
    }
}

/// The engine does not accept a module.
#[cold]
pub(crate) fn compile(error: Error) -> VmError {
    VmError::new(VmErrorKind::Compile, format!("{error:#}"))
}

/// No instance could be made.
#[cold]
pub(crate) fn instantiate(error: Error) -> VmError {
    VmError::new(VmErrorKind::Instantiate, error.root_cause().to_string())
}

fn kind(trap: Trap) -> TrapKind {
    match trap {
        Trap::StackOverflow => TrapKind::StackOverflow,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull => TrapKind::IndirectCallToNull,
        Trap::BadSignature => TrapKind::BadSignature,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::IntegerDivisionByZero => TrapKind::IntegerDivisionByZero,
        Trap::BadConversionToInteger => TrapKind::BadConversionToInteger,
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::Interrupt => TrapKind::Interrupted,
        Trap::OutOfFuel => TrapKind::OutOfFuel,
        _ => TrapKind::Other,
    }
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    backtrace.frames().iter().map(frame).collect()
}

fn frame(info: &FrameInfo) -> Frame {
    let name = info.func_name().map(|name| {
        let mut text = String::with_capacity(name.len());
        // All that is mangled begins with this; a function `f` of C would be taken for the type `float`.
        match name.starts_with('_').then(|| wasmtime_environ::demangle_function_name(&mut text, name)) {
            Some(Ok(())) => text,
            _ => name.to_owned(),
        }
    });
    let shift = code_shift(info.module().exports().map(|export| export.name()));
    let offset = shift.and_then(|shift| info.module_offset()?.checked_sub(shift));
    let function_offset = shift.and_then(|_| info.func_offset());
    Frame { function: info.func_index(), name, offset, function_offset, source: None }
}
