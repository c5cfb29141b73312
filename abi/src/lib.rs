//! The proxy-wasm ABI as data.
//!
//! Everything a host and a plugin agree on stands here once: the host functions and callbacks with their
//! parameter names, types and versions ([`functions`], [`callbacks`]), the numbers ([`enums`]), and the
//! byte encodings ([`encoding`]). Linking, tracing, support tables and completeness checks all read these
//! tables; none of them keeps a list of its own.
//!
//! This crate has no dependency, no `unsafe` and does no I/O.
//!
//! The functions are grouped in files named after the headings of the specification
//! (`proxy-wasm/spec`, `abi-versions/v0.2.1`), in its order.

#![forbid(unsafe_code)]

pub mod callbacks;
pub mod encoding;
pub mod enums;
pub mod functions;
mod promises;
mod version;

pub use callbacks::{CALLBACKS, Callback};
pub use enums::{Action, BufferType, ContextType, Errno, LogLevel, MapType, MetricType, PeerType, Status, StreamType};
pub use functions::{Family, HostFunction, host_functions};
pub use promises::promised_statuses;
pub use version::{AbiVersion, VersionRange};

/// A WebAssembly value type as it occurs in the ABI. Only numbers cross the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer; pointers, sizes, booleans and enumerations are passed as this.
    I32,
    /// 64-bit integer.
    I64,
    /// 64-bit float.
    F64,
}

impl ValType {
    /// The name used in the WebAssembly text format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F64 => "f64",
        }
    }
}

impl std::fmt::Display for ValType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A named, typed parameter. The name is what traces and documentation show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Name in snake case, after the specification.
    pub name: &'static str,
    /// Wasm type.
    pub ty: ValType,
}

/// Maps the Rust types used in the tables to [`ValType`]; used by the table macros.
#[doc(hidden)]
pub trait AbiType {
    const TYPE: ValType;
}

impl AbiType for i32 {
    const TYPE: ValType = ValType::I32;
}
impl AbiType for i64 {
    const TYPE: ValType = ValType::I64;
}
impl AbiType for f64 {
    const TYPE: ValType = ValType::F64;
}

/// Formats a signature as `(i32, i32) -> i32`, the form used in every message about types.
pub fn signature(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| types.iter().map(|t| t.name()).collect::<Vec<_>>().join(", ");
    match results {
        [] => format!("({}) -> ()", list(params)),
        [one] => format!("({}) -> {one}", list(params)),
        many => format!("({}) -> ({})", list(params), list(many)),
    }
}
