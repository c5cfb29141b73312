//! What an engine can do. Configuration checks, `tollgate runtimes` and the conformance matrix read this.

use crate::module::Baseline;
use std::fmt;

/// When an engine turns Wasm into something it can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileMode {
    /// Machine code, ahead of time, with artefacts that can be kept.
    AheadOfTime,
    /// Machine code, in another program: as built here, the engine has no compiler and takes artefacts only
    /// ([`Runtime::deserialize`](super::Runtime::deserialize)).
    Elsewhere,
    /// Machine code, when the module is loaded.
    JustInTime,
    /// No machine code.
    Interpreter,
}

impl fmt::Display for CompileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AheadOfTime => "ahead of time",
            Self::Elsewhere => "artefacts only",
            Self::JustInTime => "just in time",
            Self::Interpreter => "interpreter",
        })
    }
}

/// What an engine can do, as built here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How it runs code.
    pub mode: CompileMode,
    /// Accepts 128-bit SIMD.
    pub simd: bool,
    /// A trap comes with the guest's stack.
    pub backtraces: bool,
    /// A compiled module can be kept as bytes and loaded again.
    pub artifacts: bool,
    /// Recursion in the guest ends in a trap, never in the process.
    pub stack_limit: bool,
    /// A call can be given a deadline.
    pub deadline: bool,
    /// A call can be given an amount of work ([`Runtime::metered`](super::Runtime::metered)).
    pub fuel: bool,
    /// Memory can be limited per instance.
    pub memory_limit: bool,
    /// An operation on much memory or on a table is not begun when the call has no time left for it. Of other engines, modules
    /// are changed so that they look at the deadline within such.
    pub bulk_deadline: bool,
}

impl Capabilities {
    /// What modules for this engine are checked against.
    pub const fn baseline(&self) -> Baseline {
        Baseline { simd: self.simd, pieces: !self.bulk_deadline }
    }

    /// Every yes-or-no capability with its name, in the order shown to users.
    pub fn list(&self) -> [(&'static str, bool); 7] {
        [
            ("simd", self.simd),
            ("backtraces", self.backtraces),
            ("artifacts", self.artifacts),
            ("stack limit", self.stack_limit),
            ("deadline", self.deadline),
            ("fuel", self.fuel),
            ("memory limit", self.memory_limit),
        ]
    }
}
