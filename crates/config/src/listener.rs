//! `envoy.config.listener.v3.Listener`, down to its filter chain.

use crate::access_log::{self, AccessLogger};
use crate::address::{self, Address};
use crate::bootstrap::check_unique;
use crate::diagnostics::Location;
use crate::fields::listener::{FILTER_CHAIN, LISTENER, LISTENER_FILTER};
use crate::http_connection_manager::HttpConnectionManager;
use crate::http_filter::HttpFilter;
use crate::metadata::{self, Metadata};
use crate::network_filter::{self, Chain, ListenerKind, NetworkFilter};
use crate::plugin::PluginConfig;
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::transport_socket;

/// A socket to accept connections on, and what to do with them.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Envoy's `name`, unique in the file; when it is absent, the address and port as `127.0.0.1:8080`, followed by
    /// `#` and the listener's index if the port is 0.
    pub name: String,
    /// Envoy's `address`, an IP address.
    pub address: Address,
    /// Envoy's `per_connection_buffer_limit_bytes`, in bytes; 1 MiB by default.
    pub per_connection_buffer_limit_bytes: u32,
    /// Envoy's `traffic_direction`.
    pub traffic_direction: TrafficDirection,
    /// Envoy's `metadata`.
    pub metadata: Metadata,
    /// The plugins of the only filter chain, in the order in which bytes of the client pass them. None in front of HTTP.
    pub network_filters: Vec<NetworkFilter>,
    /// What the filter chain ends in.
    pub kind: ListenerKind,
    /// Where the listener stands in the file.
    pub location: Location,
}

/// `envoy.config.core.v3.TrafficDirection`: which way the connections of a listener go, for plugins to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrafficDirection {
    /// Envoy's `UNSPECIFIED`, the default.
    #[default]
    Unspecified,
    /// Envoy's `INBOUND`.
    Inbound,
    /// Envoy's `OUTBOUND`.
    Outbound,
}

// === impl Listener ===

impl Listener {
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

/// Decodes `static_resources.listeners`.
pub(crate) fn decode_all(at: &Cursor<'_>) -> Vec<Listener> {
    let items = at.items();
    let listeners: Vec<_> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| decode(item, index).map(|listener| (listener, item)))
        .collect();
    check_unique("a listener of the name", listeners.iter().map(|(listener, at)| (listener.name.clone(), *at)));
    check_unique(
        "a listener on the address",
        listeners
            .iter()
            .filter(|(listener, _)| listener.address.port != 0)
            .map(|(listener, at)| (socket_name(&listener.address), *at)),
    );
    listeners.into_iter().map(|(listener, _)| listener).collect()
}

fn decode(at: &Cursor<'_>, index: usize) -> Option<Listener> {
    let object = Object::open(at, &LISTENER)?;
    let address = object
        .required("address", "{socket_address: {address: 0.0.0.0, port_value: 8080}}")
        .and_then(|at| address::decode_ip(&at));
    let name = object.get("name").and_then(|at| at.text()).unwrap_or_default();
    let limit = object.get("per_connection_buffer_limit_bytes").and_then(|at| at.unsigned(0));
    if let Some(filters) = object.get("listener_filters") {
        filters.items().iter().for_each(check_listener_filter);
    }
    if let Some(logs) = object.get("access_log") {
        access_log::check(&logs);
    }
    let traffic_direction = object.get("traffic_direction").and_then(|at| {
        at.choice(&[
            ("UNSPECIFIED", 0, TrafficDirection::Unspecified),
            ("INBOUND", 1, TrafficDirection::Inbound),
            ("OUTBOUND", 2, TrafficDirection::Outbound),
        ])
    });
    let metadata = metadata::of(&object);
    let chain = decode_chains(&object);
    let (address, chain) = (address?, chain?);
    Some(Listener {
        name: match name {
            // Several listeners may ask for any port.
            "" if address.port == 0 => format!("{}#{index}", socket_name(&address)),
            "" => socket_name(&address),
            _ => name.to_owned(),
        },
        address,
        per_connection_buffer_limit_bytes: limit.unwrap_or(1 << 20),
        traffic_direction: traffic_direction.unwrap_or_default(),
        metadata,
        network_filters: chain.plugins,
        kind: chain.kind,
        location: at.location(),
    })
}

fn decode_chains(listener: &Object<'_>) -> Option<Chain> {
    let chains = listener.get("filter_chains");
    let default = listener.get("default_filter_chain");
    let Some(chains) = chains else {
        // Without others, the default chain is the one taken by every connection.
        if let Some(default) = default {
            return decode_chain(&default);
        }
        listener.missing(
            &["filter_chains", "default_filter_chain"],
            "Listener needs the field \"filter_chains\": one chain with an HTTP connection manager or a TCP proxy as \
             its last filter",
        );
        return None;
    };
    if let Some(default) = default {
        default.key_error("a listener has one filter chain here; remove default_filter_chain or filter_chains");
    }
    let chains = chains.items();
    for extra in chains.iter().skip(1) {
        extra.error("Tollgate takes one filter chain for each listener; write a listener of its own for this one");
    }
    decode_chain(chains.first()?)
}

fn decode_chain(at: &Cursor<'_>) -> Option<Chain> {
    let object = Object::open(at, &FILTER_CHAIN)?;
    if let Some(socket) = object.get("transport_socket") {
        transport_socket::check(&socket);
    }
    let Some(filters) = object.get("filters") else {
        object.required("filters", "a list with envoy.filters.network.http_connection_manager");
        return None;
    };
    network_filter::decode_chain(&filters)
}

/// The inspectors only gather what a `filter_chain_match` asks for, and there is none; the rest change the connection.
fn check_listener_filter(at: &Cursor<'_>) {
    let Some(object) = Object::open(at, &LISTENER_FILTER) else {
        return;
    };
    let Some(name) = object.required("name", "").and_then(|name| name.nonempty_text()) else {
        return;
    };
    let typed = object.get("typed_config").and_then(|config| {
        Any::open(
            &config,
            &TypedMessage { v3: "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", v2: "" },
        )
    });
    let kind = typed.map_or(name, |any| any.type_name);
    if ["tls_inspector", "http_inspector"].iter().any(|inspector| kind.contains(inspector)) {
        at.warn_once(
            format!("listener filter {kind}"),
            format!("listener filter \"{name}\" has no effect in Tollgate: there is no filter_chain_match to ask it"),
        );
    } else {
        at.error(format!("listener filter \"{name}\" is not supported by Tollgate; remove it"));
    }
}

fn socket_name(address: &Address) -> String {
    match address.ip() {
        Some(ip) => std::net::SocketAddr::new(ip, address.port).to_string(),
        None => format!("{}:{}", address.address, address.port),
    }
}
