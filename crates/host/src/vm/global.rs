//! What a global variable of a guest has in it.

/// A global variable, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Global {
    /// What it has in it.
    pub value: GlobalValue,
    /// Whether that can change.
    pub mutable: bool,
}

/// A number of WebAssembly; floats are their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalValue {
    /// `i32`.
    I32(i32),
    /// `i64`.
    I64(i64),
    /// `f32`.
    F32(u32),
    /// `f64`.
    F64(u64),
    /// `v128`.
    V128(u128),
}
