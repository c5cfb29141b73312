//! The wasmi runtime: interpretation.
//!
//! Conversions only: [`WasmiRuntime`] is the [`Runtime`](tollgate_host::vm::Runtime) of tollgate-host, written in terms
//! of wasmi. `engine` compiles, `link` offers the host functions, `instance` calls the callbacks, `guest` is what a host
//! function sees, `slices` interrupts it, `error` turns wasmi's errors into ours.

#![forbid(unsafe_code)]

mod engine;
mod error;
mod guest;
mod instance;
mod link;
mod slices;

pub use engine::WasmiRuntime;
