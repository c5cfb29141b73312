//! The wasmtime runtime: just-in-time compilation.
