//! What can go wrong in a VM. Kinds are the same on every engine; an engine's own wording stays in the source.

use std::error::Error;
use std::fmt::{self, Write as _};

/// An error of a VM. One pointer wide: it travels through host calls.
#[derive(Debug)]
pub struct VmError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: VmErrorKind,
    message: Option<String>,
    backtrace: Vec<Frame>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmErrorKind {
    /// The engine does not accept the module.
    Compile,
    /// No instance could be made.
    Instantiate,
    /// The guest trapped.
    Trap(TrapKind),
    /// A host function ended the call.
    Host(HostFault),
    /// The engine failed in a way that is not the guest's doing.
    Engine,
}

/// Why a guest trapped. Engines agree on these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// The `unreachable` instruction: a panic or abort in most languages.
    Unreachable,
    /// A load or store outside memory.
    MemoryOutOfBounds,
    /// An access outside a table.
    TableOutOfBounds,
    /// An indirect call through an empty table entry.
    IndirectCallToNull,
    /// An indirect call to a function of another type.
    BadSignature,
    /// An integer operation overflowed.
    IntegerOverflow,
    /// A division by zero.
    IntegerDivisionByZero,
    /// A float that does not fit the integer it is converted to.
    BadConversionToInteger,
    /// The stack is exhausted.
    StackOverflow,
    /// The call was interrupted by the host.
    Interrupted,
    /// The call used up its fuel.
    OutOfFuel,
    /// Memory could not grow and the engine was told to trap.
    GrowthLimit,
    /// Something else that the engine calls a trap.
    Other,
}

impl TrapKind {
    /// A sentence part that explains it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable instruction (panic or abort)",
            Self::MemoryOutOfBounds => "memory access out of bounds",
            Self::TableOutOfBounds => "table access out of bounds",
            Self::IndirectCallToNull => "indirect call to null",
            Self::BadSignature => "indirect call to a function of another type",
            Self::IntegerOverflow => "integer overflow",
            Self::IntegerDivisionByZero => "integer division by zero",
            Self::BadConversionToInteger => "float does not fit the integer",
            Self::StackOverflow => "call stack exhausted",
            Self::Interrupted => "interrupted by the host",
            Self::OutOfFuel => "out of fuel",
            Self::GrowthLimit => "memory limit reached",
            Self::Other => "trap",
        }
    }
}

/// Why a host function ended the guest's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostFault {
    /// The function may not be called in this phase; its name.
    Restricted(&'static str),
    /// The guest called `proc_exit` with this code.
    Exit(i32),
    /// The guest called `abort`.
    Abort,
    /// The guest and the host called each other more deeply than the bound.
    Reentry,
    /// The host had bytes for the guest, which exports no allocator.
    NoAllocator,
}

impl fmt::Display for HostFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restricted(name) => {
                write!(f, "restricted callback: {name} may not be called while the module starts or allocates")
            }
            Self::Exit(code) => write!(f, "proc_exit({code})"),
            Self::Abort => f.write_str("abort"),
            Self::Reentry => f.write_str("guest and host call each other without end"),
            Self::NoAllocator => f.write_str("the module exports neither malloc nor proxy_on_memory_allocate"),
        }
    }
}

/// One function on the guest's stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Index of the function in the module.
    pub function: u32,
    /// Name from the module's name section, demangled.
    pub name: Option<String>,
    /// Offset in the module's bytes, where the engine knows it.
    pub offset: Option<usize>,
    /// Offset in the function's body, its declarations of locals included, where the engine knows it.
    pub function_offset: Option<usize>,
    /// Line of source, as far as the module has debugging information and somebody reads it.
    pub source: Option<String>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            // Names are the module's: they must not look like more than a name.
            Some(name) => name.chars().filter(|c| !c.is_control()).try_for_each(|c| f.write_char(c))?,
            None => write!(f, "function {}", self.function)?,
        }
        if let Some(offset) = self.offset {
            write!(f, " at {offset:#x}")?;
        }
        self.source.as_ref().map_or(Ok(()), |source| write!(f, " ({source})"))
    }
}

impl VmError {
    /// Most frames kept of a backtrace, as Envoy does.
    pub const MAX_FRAMES: usize = 20;

    /// An error of a kind, with what the engine said.
    pub fn new(kind: VmErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Box::new(Inner { kind, message: None, backtrace: Vec::new(), source: Some(source.into()) }))
    }

    /// A trap.
    pub fn trap(kind: TrapKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(VmErrorKind::Trap(kind), source)
    }

    /// A host function ends the call.
    pub fn host(fault: HostFault) -> Self {
        Self(Box::new(Inner { kind: VmErrorKind::Host(fault), message: None, backtrace: Vec::new(), source: None }))
    }

    /// Adds a sentence of our own.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = Some(message.into());
        self
    }

    /// Adds the guest's stack, innermost function first; keeps [`Self::MAX_FRAMES`].
    #[must_use]
    pub fn with_backtrace(mut self, frames: impl IntoIterator<Item = Frame>) -> Self {
        self.0.backtrace = frames.into_iter().take(Self::MAX_FRAMES).collect();
        self
    }

    /// Leaves out of the guest's stack what is none of the module's first so many functions.
    pub(crate) fn keep_functions(&mut self, functions: u32) {
        self.0.backtrace.retain(|frame| frame.function < functions);
    }

    /// Adds lines of source to the guest's stack, where `lines` has one for the place of each function.
    pub(crate) fn explain(&mut self, lines: impl FnOnce(&[Option<usize>]) -> Vec<Option<String>>) {
        let offsets: Vec<_> = self.0.backtrace.iter().map(|frame| frame.offset).collect();
        if offsets.iter().any(Option::is_some) {
            for (frame, line) in self.0.backtrace.iter_mut().zip(lines(&offsets)) {
                frame.source = line;
            }
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> VmErrorKind {
        self.0.kind
    }

    /// Whether the call took more time or work than it may.
    pub fn is_interruption(&self) -> bool {
        matches!(self.kind(), VmErrorKind::Trap(TrapKind::Interrupted | TrapKind::OutOfFuel))
    }

    /// The guest's stack, innermost first; empty where the engine has none.
    pub fn backtrace(&self) -> &[Frame] {
        &self.0.backtrace
    }
}

impl fmt::Display for VmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            VmErrorKind::Compile => f.write_str("the engine does not accept the module")?,
            VmErrorKind::Instantiate => f.write_str("the module cannot be instantiated")?,
            VmErrorKind::Trap(kind) => f.write_str(kind.as_str())?,
            VmErrorKind::Host(fault) => write!(f, "{fault}")?,
            VmErrorKind::Engine => f.write_str("the engine failed")?,
        }
        if let Some(message) = &self.0.message {
            write!(f, ": {message}")?;
        }
        match (&self.0.kind, &self.0.source) {
            // A trap is fully told by its kind; of the others only the engine knows more.
            (VmErrorKind::Trap(TrapKind::Other), Some(source)) => write!(f, ": {source}"),
            (VmErrorKind::Trap(_) | VmErrorKind::Host(_), _) | (_, None) => Ok(()),
            (_, Some(source)) => write!(f, ": {source}"),
        }
    }
}

impl Error for VmError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, HostFault, TrapKind, VmError};

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<VmError>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), VmError>>(), size_of::<usize>());
    }

    #[test]
    fn a_name_is_one_line() {
        let frame = Frame {
            function: 3,
            name: Some("a\n  at b\u{1b}[0m".into()),
            offset: Some(16),
            function_offset: None,
            source: None,
        };
        assert_eq!(frame.to_string(), "a  at b[0m at 0x10");
        let frame = Frame { name: None, source: Some("a.rs:7".into()), ..frame };
        assert_eq!(frame.to_string(), "function 3 at 0x10 (a.rs:7)");
    }

    #[test]
    fn the_message_names_the_kind_not_the_engine_s_words() {
        let error = VmError::trap(TrapKind::IntegerDivisionByZero, "wasm trap: whatever");
        assert_eq!(error.to_string(), "integer division by zero");
        assert_eq!(VmError::host(HostFault::Exit(3)).to_string(), "proc_exit(3)");
    }
}
