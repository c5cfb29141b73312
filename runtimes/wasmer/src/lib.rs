//! The wasmer runtime: ahead-of-time compilation.
//!
//! Conversions only: [`WasmerRuntime`] is the [`Runtime`](tollgate_host::vm::Runtime) of tollgate-host, written in terms
//! of wasmer. `engine` sets it up, `compiler` compiles (or says that there is none), `artifact` takes back what was compiled,
//! `link` offers the host functions, `instance` calls the callbacks, `guest` is what a host function sees, `countdown`,
//! `instructions` and `sections` interrupt it, `budget` counts its work, `limits` bounds its memory, `error` turns wasmer's errors into ours.

#![deny(clippy::undocumented_unsafe_blocks)]

mod artifact;
mod budget;
#[cfg_attr(not(feature = "compiler"), path = "no_compiler.rs")]
mod compiler;
#[cfg_attr(not(feature = "compiler"), allow(dead_code, reason = "only a compiler adds anything to a module"))]
mod countdown;
mod engine;
mod error;
mod guest;
mod instance;
#[cfg(feature = "compiler")]
mod instructions;
mod limits;
mod link;
#[cfg_attr(not(feature = "compiler"), allow(dead_code, reason = "only a compiler adds anything to a module"))]
mod sections;

pub use engine::WasmerRuntime;
