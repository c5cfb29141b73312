//! The wasmer runtime: ahead-of-time compilation.
//!
//! Conversions only: [`WasmerRuntime`] is the [`Runtime`](tollgate_host::vm::Runtime) of tollgate-host, written in terms
//! of wasmer. `engine` compiles, `artifact` keeps what was compiled, `link` offers the host functions, `instance` calls the
//! callbacks, `guest` is what a host function sees, `countdown` and `sections` interrupt it, `limits` bounds its memory,
//! `error` turns wasmer's errors into ours.

#![deny(clippy::undocumented_unsafe_blocks)]

mod artifact;
mod countdown;
mod engine;
mod error;
mod guest;
mod instance;
mod limits;
mod link;
mod sections;

pub use engine::WasmerRuntime;
