//! The async data plane: sockets around the sans-IO host library.
//!
//! ```text
//! Server::start     binds, starts one thread per worker; every worker starts every plugin before any serves
//!   worker          a current-thread runtime with its own listening sockets (SO_REUSEPORT) and plugin instances
//!     listener      accepts, finds the filter chain, agrees on TLS (tls), hands connections to hyper (http_connection)
//!       exchange    one request and its response: feeds the host's stream, does what it says
//!         cluster   endpoints, and the choice among them
//!           http1   pooled connections to them; http2: shared ones
//!     callouts      the calls that plugins make
//!   admin           what it shows of itself, and what can be changed while it runs
//! ```
//!
//! This is the only crate that knows sockets, and it names no Wasm engine: plugins come compiled.

#![forbid(unsafe_code)]

mod access_log;
mod admin;
mod aside;
mod bind;
mod callouts;
mod chains;
mod cluster;
mod connect;
mod core_dumps;
mod cors;
mod downstream;
mod error;
mod events;
mod exchange;
mod exposition;
mod extended_connect;
mod flags;
mod format;
mod generation;
mod grpc_status;
mod hash;
mod http1;
mod http2;
mod http_connection;
mod ingress;
mod listener;
mod local;
mod local_executor;
mod local_replies;
mod log_levels;
mod metadata;
mod overload;
mod phase;
mod plugin_report;
mod plugins;
mod process;
mod reload;
mod request_id;
mod resolver;
mod reuse;
mod route;
mod server;
mod services;
mod socket;
mod stats;
mod stats_sinks;
mod tcp;
mod tls;
mod transport;
mod upstream_body;
mod upstream_failure;
mod upstream_filters;
mod worker;

pub use core_dumps::CoreDumpFolder;
pub use error::ServerError;
pub use generation::Configuration;
pub use log_levels::{LogLevels, Logging};
pub use plugins::{ListenerPlugins, PlacedPlugin, Plugins};
pub use reload::{Loader, ReloadError, ReloadHandle, Reloaded};
pub use server::{BoundListener, ObserverFactory, Running, Server, Setup};
pub use services::{PluginLog, system_services};
pub use tls::TlsContexts;
