//! The wasmtime runtime: just-in-time compilation.
//!
//! Conversions only: [`WasmtimeRuntime`] is the [`Runtime`](tollgate_host::vm::Runtime) of tollgate-host, written in
//! terms of wasmtime. `engine` sets it up, `compiler` compiles (or says that there is none), `artifact` takes back what was
//! compiled, `link` offers the host functions, `instance` calls the callbacks, `guest` is what a host function sees, `error`
//! turns wasmtime's errors into ours.

#![deny(unsafe_code, clippy::undocumented_unsafe_blocks)]

#[expect(unsafe_code, reason = "artefacts are native code, and so taking one back is")]
mod artifact;
#[cfg_attr(not(feature = "compiler"), path = "no_compiler.rs")]
mod compiler;
mod engine;
mod error;
#[expect(unsafe_code, reason = "where the guest's memory is, is remembered")]
mod guest;
mod instance;
mod link;

pub use engine::WasmtimeRuntime;
