//! Envoy-style bootstrap files as typed values, with errors that carry file, line and field.
//!
//! Text in, values out: nothing here opens a file, a socket or a module. The way of a file is
//!
//! ```text
//! text --yaml--> tree with positions --reader, by the tables in fields--> Bootstrap
//!                                        |
//!                                        +--> errors, warnings: file:line:column: path: message
//! ```
//!
//! Every field that Envoy knows is a row in a table that says whether Tollgate acts on it, reads over it with a
//! warning, or refuses it. Anything else is a misspelling, answered with the nearest right name.
//!
//! ```
//! let text = "static_resources: {listeners: [{adress: {}}]}";
//! let errors = tollgate_config::parse("envoy.yaml", text).unwrap_err();
//! assert_eq!(
//!     errors.0[1].to_string(),
//!     r#"envoy.yaml:1:33: static_resources.listeners[0].adress: unknown field "adress"; did you mean "address"?"#,
//! );
//! ```
#![forbid(unsafe_code)]

mod access_log;
mod address;
mod bootstrap;
mod cluster;
mod data_source;
mod diagnostics;
mod fields;
mod filter_chain;
mod http_connection_manager;
mod http_filter;
mod http_protocol;
mod limit;
mod listener;
mod metadata;
mod network_filter;
mod plugin;
mod policy;
mod reader;
mod remote;
mod route;
mod route_match;
mod service;
mod tcp_proxy;
mod tls;
mod transport_socket;
mod vm;
mod yaml;

pub use crate::access_log::AccessLogger;
pub use crate::address::Address;
pub use crate::bootstrap::{Admin, Bootstrap, Node};
pub use crate::cluster::{Cluster, Discovery, Endpoint, LbPolicy, UpstreamProtocol};
pub use crate::data_source::{DataSource, resolve_file};
pub use crate::diagnostics::{Diagnostic, Diagnostics, Location};
pub use crate::filter_chain::{FilterChain, FilterChainMatch, ServerName};
pub use crate::http_connection_manager::HttpConnectionManager;
pub use crate::http_filter::{HttpFilter, WasmFilter};
pub use crate::http_protocol::{CodecType, Http2Options, Keepalive};
pub use crate::limit::{Limit, LimitValue};
pub use crate::listener::{Listener, TrafficDirection};
pub use crate::metadata::{Locality, Metadata, Struct, StructValue};
pub use crate::network_filter::{ConnectionLimit, ListenerKind, NetworkFilter};
pub use crate::plugin::{FailurePolicy, PluginConfig};
pub use crate::policy::{Allow, Isolation, KeySource, PluginPolicy, Policies, Rebuild};
pub use crate::remote::{RemoteCode, RetryPolicy};
pub use crate::route::{Domain, Route, RouteAction, VirtualHost};
pub use crate::route_match::{HeaderMatch, PathMatch, RouteMatch, ValueMatch};
pub use crate::service::{StatsSink, WasmService};
pub use crate::tcp_proxy::TcpProxy;
pub use crate::tls::{
    CommonTls, DownstreamTls, SanKind, SanMatcher, TlsCertificate, TlsVersion, UpstreamTls, Validation,
};
pub use crate::vm::{Code, VmConfig};

use crate::reader::{Context, Cursor};

/// A configuration that Tollgate can act on.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What the file says.
    pub bootstrap: Bootstrap,
    /// The file as it was read, as a JSON document.
    pub document: serde_json::Value,
    /// Fields that were read over, each named once, in the order of the file.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a bootstrap in YAML or JSON. `source` is the name of the file for messages; nothing is opened.
///
/// # Errors
/// Everything found to be wrong, in the order of the file.
pub fn parse(source: &str, text: &str) -> Result<Parsed, Diagnostics> {
    let cx = Context::new(source);
    let root = yaml::load(text).map_err(|fault| {
        let location =
            Location { file: cx.file.clone(), line: fault.at.line, column: fault.at.column, path: String::new() };
        location.diagnostic(fault.message)
    })?;
    let document = root.to_json();
    let root = Cursor::root(&cx, &root);
    let decoded = bootstrap::decode(&root);
    let unexplained = root.location().diagnostic("this file is refused without a reason; please report it as a bug");
    let warnings = cx.finish()?;
    Ok(Parsed { bootstrap: decoded.ok_or(unexplained)?, document, warnings })
}
