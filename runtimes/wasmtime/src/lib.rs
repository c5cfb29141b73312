//! The wasmtime runtime: just-in-time compilation.
//!
//! Conversions only: [`WasmtimeRuntime`] is the [`Runtime`](tollgate_host::vm::Runtime) of tollgate-host, written in
//! terms of wasmtime. `engine` compiles, `link` offers the host functions, `instance` calls the callbacks, `guest` is what
//! a host function sees, `error` turns wasmtime's errors into ours.

#![forbid(unsafe_code)]

mod engine;
mod error;
mod guest;
mod instance;
mod link;

pub use engine::WasmtimeRuntime;
