//! `envoy.config.listener.v3.FilterChain`: which connections are served how.

use std::time::Duration;

use crate::access_log::AccessLogger;
use crate::diagnostics::Location;
use crate::fields::listener::{FILTER_CHAIN, FILTER_CHAIN_MATCH};
use crate::http_connection_manager::HttpConnectionManager;
use crate::http_filter::HttpFilter;
use crate::network_filter::{self, ConnectionLimit, ListenerKind, NetworkFilter};
use crate::plugin::PluginConfig;
use crate::reader::{Cursor, Object};
use crate::tls::DownstreamTls;
use crate::transport_socket;
use crate::written_log::WrittenLog;

/// How the connections of a listener that match are served.
#[derive(Clone, Debug)]
pub struct FilterChain {
    /// Envoy's `name`; empty by default.
    pub name: String,
    /// Envoy's `filter_chain_match`. Without it, every connection matches that no other chain takes.
    pub matcher: FilterChainMatch,
    /// Envoy's `transport_socket`, if it is TLS.
    pub tls: Option<DownstreamTls>,
    /// Envoy's `transport_socket_connect_timeout`: how long a client may take to agree on TLS. 15 seconds by default, none
    /// when written as `0s`.
    pub handshake_timeout: Option<Duration>,
    /// The connection limits, if there are any, in front of all else.
    pub connection_limits: Vec<ConnectionLimit>,
    /// The plugins, in the order in which bytes of the client pass them. None in front of HTTP.
    pub network_filters: Vec<NetworkFilter>,
    /// What the chain ends in.
    pub kind: ListenerKind,
    /// Where the chain stands in the file.
    pub location: Location,
}

/// `envoy.config.listener.v3.FilterChainMatch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterChainMatch {
    /// Envoy's `server_names`: what TLS asks for has to be one of them, if there are any.
    pub server_names: Vec<ServerName>,
    /// Envoy's `transport_protocol`: whether it has to be TLS, or must not be.
    pub is_tls: Option<bool>,
}

/// A name in `server_names`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ServerName {
    /// This name.
    Exact(String),
    /// Any name that ends with it; written with `*` in front of its point.
    Suffix(String),
}

// === impl FilterChain ===

impl FilterChain {
    /// How HTTP is served, if it is.
    pub fn http(&self) -> Option<&HttpConnectionManager> {
        match &self.kind {
            ListenerKind::Http(http) => Some(http),
            ListenerKind::Tcp(_) => None,
        }
    }

    /// The plugins that log what is served.
    pub fn access_logs(&self) -> &[AccessLogger] {
        match &self.kind {
            ListenerKind::Http(http) => &http.access_logs,
            ListenerKind::Tcp(tcp) => &tcp.access_logs,
        }
    }

    /// The access logs that are written of what is served.
    pub fn written_logs(&self) -> &[WrittenLog] {
        match &self.kind {
            ListenerKind::Http(http) => &http.written_logs,
            ListenerKind::Tcp(tcp) => &tcp.written_logs,
        }
    }

    /// The plugins of its filters, disabled ones too, and of its access logs.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &PluginConfig> {
        let network = self.network_filters.iter().map(|filter| &filter.plugin);
        let http = self.http().into_iter().flat_map(|http| &http.filters);
        let http = http.map(|HttpFilter::Wasm(filter)| &filter.plugin);
        network.chain(http).chain(self.access_logs().iter().map(|log| &log.plugin))
    }

    /// As [`http`](Self::http), to be changed.
    pub fn http_mut(&mut self) -> Option<&mut HttpConnectionManager> {
        match &mut self.kind {
            ListenerKind::Http(http) => Some(http),
            ListenerKind::Tcp(_) => None,
        }
    }
}

/// Decodes the chains of a listener.
pub(crate) fn decode_all(listener: &Object<'_>) -> Option<Vec<FilterChain>> {
    let chains = listener.get("filter_chains").map(|at| at.items()).unwrap_or_default();
    let default = listener.get("default_filter_chain");
    if chains.is_empty() && default.is_none() {
        listener.missing(
            &["filter_chains", "default_filter_chain"],
            "Listener needs the field \"filter_chains\": a chain with an HTTP connection manager or a TCP proxy as its last \
             filter",
        );
        return None;
    }
    let mut decoded: Vec<_> = chains.iter().map(decode).collect();
    for (index, at) in chains.iter().enumerate() {
        let Some(own) = &decoded[index] else { continue };
        let same =
            |other: &Option<FilterChain>| other.as_ref().is_some_and(|other| collide(&other.matcher, &own.matcher));
        if let Some(first) = decoded[..index].iter().position(same) {
            at.error(format!(
                "filter_chain_match is that of the chain on line {}: no connection would get here; change one of them, or \
                 write a listener of its own for this chain",
                chains[first].location().line
            ));
        }
    }
    if let Some(at) = default {
        let chain = decode(&at);
        if chain.as_ref().is_some_and(|chain| chain.matcher != FilterChainMatch::default()) {
            at.error("default_filter_chain takes what no other chain does; remove its filter_chain_match");
        }
        decoded.push(chain);
    }
    decoded.into_iter().collect()
}

/// Whether two chains ask for the same, so that one of them would be in vain.
fn collide(one: &FilterChainMatch, other: &FilterChainMatch) -> bool {
    let shared = one.server_names.iter().any(|name| other.server_names.contains(name));
    one.is_tls == other.is_tls && (shared || (one.server_names.is_empty() && other.server_names.is_empty()))
}

fn decode(at: &Cursor<'_>) -> Option<FilterChain> {
    let object = Object::open(at, &FILTER_CHAIN)?;
    let name = object.get("name").and_then(|at| at.text()).unwrap_or_default();
    let matcher = object.get("filter_chain_match").map(|at| decode_match(&at)).unwrap_or_default();
    let tls = object.get("transport_socket").and_then(|at| transport_socket::decode_downstream(&at));
    let handshake_timeout = object.get("transport_socket_connect_timeout").and_then(|at| at.duration_or_off());
    let Some(filters) = object.get("filters") else {
        object.required("filters", "a list with envoy.filters.network.http_connection_manager");
        return None;
    };
    let chain = network_filter::decode_chain(&filters)?;
    Some(FilterChain {
        name: name.to_owned(),
        matcher,
        tls,
        handshake_timeout: handshake_timeout.unwrap_or(Some(Duration::from_secs(15))),
        connection_limits: chain.limits,
        network_filters: chain.plugins,
        kind: chain.kind,
        location: at.location(),
    })
}

fn decode_match(at: &Cursor<'_>) -> FilterChainMatch {
    let Some(object) = Object::open(at, &FILTER_CHAIN_MATCH) else { return FilterChainMatch::default() };
    let names = object.get("server_names").map(|at| at.items()).unwrap_or_default();
    let is_tls = object.get("transport_protocol").and_then(|at| match at.text()? {
        "" => None,
        "tls" => Some(true),
        "raw_buffer" => Some(false),
        other => {
            at.error(format!("unknown transport protocol {other:?}; write tls or raw_buffer"));
            None
        }
    });
    FilterChainMatch { server_names: names.iter().filter_map(decode_server_name).collect(), is_tls }
}

fn decode_server_name(at: &Cursor<'_>) -> Option<ServerName> {
    let text = at.nonempty_text()?.to_ascii_lowercase();
    match text.strip_prefix("*") {
        None if !text.contains('*') => Some(ServerName::Exact(text)),
        Some(suffix) if suffix.len() > 1 && suffix.starts_with('.') && !suffix.contains('*') => {
            Some(ServerName::Suffix(suffix.to_owned()))
        }
        _ => {
            at.error("a server name is written in full, or with a \"*\" for what comes first: \"*.example.com\"");
            None
        }
    }
}
