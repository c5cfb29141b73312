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
mod circuit_breakers;
mod client_address;
mod client_certificate;
mod cluster;
mod cors;
mod data_source;
mod diagnostics;
mod dns;
mod fields;
mod filter_chain;
mod format;
mod hash_policy;
mod header_mutations;
mod health_check;
mod http_connection_manager;
mod http_filter;
mod http_protocol;
mod limit;
mod listener;
mod load_balancing;
mod local_reply;
mod log_filter;
mod metadata;
mod network_filter;
mod outlier_detection;
mod overload;
mod path_normalization;
mod pattern;
mod per_filter;
mod plugin;
mod policy;
mod reader;
mod redirect;
mod remote;
mod retry_policy;
mod route;
mod route_action;
mod route_match;
mod service;
mod shared_data;
mod stats_config;
mod string_match;
mod tcp_keepalive;
mod tcp_proxy;
mod tls;
mod transport_socket;
mod upgrade;
mod upstream_connections;
mod upstream_filters;
mod vm;
mod written_log;
mod yaml;

pub use crate::access_log::AccessLogger;
pub use crate::address::Address;
pub use crate::bootstrap::{Admin, Bootstrap, Node};
pub use crate::circuit_breakers::{CircuitBreakers, RetryBudget};
pub use crate::client_address::ClientAddress;
pub use crate::client_certificate::{ClientCertDetails, ForwardClientCert};
pub use crate::cluster::{Cluster, Discovery, Endpoint, UpstreamProtocol};
pub use crate::cors::{CorsFilter, CorsPolicy};
pub use crate::data_source::{DataSource, resolve_file};
pub use crate::diagnostics::{Diagnostic, Diagnostics, Location};
pub use crate::filter_chain::{FilterChain, FilterChainMatch, ServerName};
pub use crate::format::{Format, FormatOperator, FormatPiece, GrpcStatusForm, PlainOperator};
pub use crate::hash_policy::{HashCookie, HashPolicy, HashSource};
pub use crate::header_mutations::{AppendAction, HeaderAddition, HeaderMutations, MessageMutations};
pub use crate::health_check::{HealthCheck, HealthProbe, HttpProbe};
pub use crate::http_connection_manager::{
    HeadersWithUnderscores, HttpConnectionManager, ServerHeader, StripHost, StripPort,
};
pub use crate::http_filter::{HttpFilter, WasmFilter};
pub use crate::http_protocol::{CodecType, Http2Options, Keepalive};
pub use crate::limit::{Limit, LimitValue};
pub use crate::listener::{Listener, TrafficDirection};
pub use crate::load_balancing::LbPolicy;
pub use crate::local_reply::{BodyFormat, LocalReplies, ResponseMapper};
pub use crate::log_filter::{Comparison, ComparisonOperator, LogFilter};
pub use crate::metadata::{Locality, Metadata, Struct, StructValue};
pub use crate::network_filter::{ConnectionLimit, ListenerKind, NetworkFilter};
pub use crate::outlier_detection::{FailurePercentage, OutlierDetection, SuccessRate};
pub use crate::overload::{HeapMonitor, Overload, OverloadAction, OverloadTrigger};
pub use crate::path_normalization::{EscapedSlashes, PathNormalization};
pub use crate::pattern::{Pattern, RegexRewrite};
pub use crate::per_filter::{FilterChange, FilterOverride, PerFilterConfig};
pub use crate::plugin::{FailurePolicy, PluginConfig};
pub use crate::policy::{Allow, Isolation, KeySource, PluginPolicy, Policies, Rebuild};
pub use crate::redirect::{PathRedirect, Redirect};
pub use crate::remote::{RemoteCode, RemoteRetryPolicy};
pub use crate::retry_policy::{RetryOn, RetryPolicy};
pub use crate::route::{Domain, Route, RouteAction, RouteConfiguration, VirtualHost};
pub use crate::route_action::{ClusterAction, ClusterSpecifier, HostRewrite, PathRewrite, WeightedCluster};
pub use crate::route_match::{
    Fraction, HeaderMatch, PathMatch, QueryParameterMatch, QueryValueMatch, RouteMatch, ValueMatch,
};
pub use crate::service::{StatsSink, WasmService};
pub use crate::shared_data::RedisSettings;
pub use crate::stats_config::{StatTag, StatsConfig, StatsMatcher, TagPattern, TagValue};
pub use crate::string_match::{StringCondition, StringMatch};
pub use crate::tcp_keepalive::TcpKeepalive;
pub use crate::tcp_proxy::{TcpCluster, TcpProxy};
pub use crate::tls::{
    CommonTls, DownstreamTls, SanKind, SanMatcher, TlsCertificate, TlsVersion, UpstreamTls, Validation,
};
pub use crate::upgrade::UpgradeConfig;
pub use crate::upstream_connections::UpstreamConnections;
pub use crate::vm::{Code, VmConfig};
pub use crate::written_log::{LogFormat, LogOutput, LogValue, WrittenLog};

use crate::reader::{Context, Cursor};

/// A configuration that Tollgate can act on.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What the file says.
    pub bootstrap: Bootstrap,
    /// The file as it was read, as a JSON document, but for private keys.
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
    let mut document = root.to_json();
    tls::redact(&mut document);
    let root = Cursor::root(&cx, &root);
    let decoded = bootstrap::decode(&root);
    let unexplained = root.location().diagnostic("this file is refused without a reason; please report it as a bug");
    let warnings = cx.finish()?;
    Ok(Parsed { bootstrap: decoded.ok_or(unexplained)?, document, warnings })
}
