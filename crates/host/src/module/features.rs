//! The WebAssembly proposals that a plugin may use.

use wasmparser::WasmFeatures;

/// What a module may use, which is the same on every engine, but for SIMD where an engine lacks it; and what an engine has to be
/// helped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Whether 128-bit SIMD is accepted.
    pub simd: bool,
    /// Whether operations on much memory become such that engines look at the deadline within them.
    pub pieces: bool,
}

impl Baseline {
    /// All that is accepted anywhere, for engines that take an operation on memory for one instruction.
    pub const ALL: Self = Self { simd: true, pieces: true };
}

/// The features of the baseline: what current toolchains emit without being asked.
pub fn baseline(baseline: Baseline) -> WasmFeatures {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        // Since LLVM 19 the table index of call_indirect is written as an overlong number, which only reference types
        // allow.
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::CALL_INDIRECT_OVERLONG
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::GC_TYPES
        | WasmFeatures::FLOATS;
    features.set(WasmFeatures::SIMD, baseline.simd);
    features
}
