//! A proxy-wasm host: plugins in, decisions out.
//!
//! The library runs proxy-wasm plugins for any Rust proxy. It opens no socket, reads no clock and starts no thread: an
//! embedder feeds it the parts of HTTP messages and does what it is told in return.
//!
//! ```text
//!            handle_*                          poll_effect
//! embedder -----------> HttpStream ----------------------------> embedder
//!                          |   ^
//!                 callback |   | host function
//!                          v   |
//!                      VM of a plugin   (wasmtime, wasmer, wasmi, ... behind `vm::Runtime`)
//! ```
//!
//! * [`plugin::PluginModule`] compiles a module, [`plugin::Plugin`] gives it a configuration,
//!   [`plugin::Worker::start`] starts it on a thread.
//! * [`stream::FilterChain`] puts started plugins in order; [`stream::HttpStream`] takes one request and its response
//!   through them.
//! * [`callouts`]: the calls that plugins make, which the embedder carries out.
//! * [`vm`] is the seam to the Wasm engines.
//!
//! The library knows no engine, no configuration format and no network.

#![forbid(unsafe_code)]

mod allow;
#[cfg(test)]
mod bell;
pub mod buffer;
pub mod callouts;
mod capability;
mod context;
mod context_table;
pub mod dispatch;
mod field_pool;
pub mod fields;
pub mod filter_state;
pub mod foreign;
mod hostcalls;
mod log_rate;
mod memory;
pub mod metadata;
pub mod metrics;
pub mod module;
pub mod plugin;
mod properties;
pub mod resolver;
pub mod services;
pub mod shared;
mod state;
pub mod stream;
pub mod trace;
mod turn;
pub mod vm;

pub use state::HostState;
