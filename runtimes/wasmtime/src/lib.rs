//! The wasmtime runtime: just-in-time compilation.
//!
//! Conversions only: [`WasmtimeRuntime`] is the [`Runtime`](tollgate_host::vm::Runtime) of tollgate-host, written in
//! terms of wasmtime. `engine` compiles, `artifact` keeps what was compiled, `link` offers the host functions, `instance` calls the callbacks, `guest` is what
//! a host function sees, `error` turns wasmtime's errors into ours.

#![deny(unsafe_code, clippy::undocumented_unsafe_blocks)]

#[expect(unsafe_code, reason = "artefacts are native code, and so taking one back is")]
mod artifact;
mod engine;
mod error;
mod guest;
mod instance;
mod link;

pub use engine::WasmtimeRuntime;
