//! `envoy.config.listener.v3.Listener`, down to its filter chains.

use crate::access_log;
use crate::address::{self, Address};
use crate::bootstrap::check_unique;
use crate::diagnostics::Location;
use crate::fields::listener::{LISTENER, LISTENER_FILTER};
use crate::filter_chain::{self, FilterChain};
use crate::metadata::{self, Metadata};
use crate::plugin::PluginConfig;
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::written_log::WrittenLog;

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
    /// Envoy's `ignore_global_conn_limit`: its connections are none of those that
    /// [`max_downstream_connections`](crate::Overload::max_downstream_connections) counts.
    pub ignore_global_conn_limit: bool,
    /// Envoy's `bypass_overload_manager`: it serves as ever, whatever the process is short of. It implies
    /// `ignore_global_conn_limit`.
    pub bypass_overload_manager: bool,
    /// Envoy's `access_log`: of connections that have ended.
    pub written_logs: Vec<WrittenLog>,
    /// Envoy's `filter_chains` in their order, `default_filter_chain` last; one at least.
    pub filter_chains: Vec<FilterChain>,
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
    /// The access logs that are written of its connections and of what is served on them.
    pub fn all_written_logs(&self) -> impl Iterator<Item = &WrittenLog> {
        self.written_logs.iter().chain(self.filter_chains.iter().flat_map(FilterChain::written_logs))
    }

    /// The plugins of its filters, disabled ones too, and of its access logs.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &PluginConfig> {
        self.filter_chains.iter().flat_map(FilterChain::plugins)
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
    let written_logs = object.get("access_log").map(|at| access_log::decode_written(&at)).unwrap_or_default();
    let traffic_direction = object.get("traffic_direction").and_then(|at| {
        at.choice(&[
            ("UNSPECIFIED", 0, TrafficDirection::Unspecified),
            ("INBOUND", 1, TrafficDirection::Inbound),
            ("OUTBOUND", 2, TrafficDirection::Outbound),
        ])
    });
    let metadata = metadata::of(&object);
    let flag = |name| object.get(name).and_then(|at| at.boolean()).unwrap_or_default();
    let bypass_overload_manager = flag("bypass_overload_manager");
    let ignore_global_conn_limit = flag("ignore_global_conn_limit") || bypass_overload_manager;
    let chains = filter_chain::decode_all(&object);
    let (address, filter_chains) = (address?, chains?);
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
        ignore_global_conn_limit,
        bypass_overload_manager,
        written_logs,
        filter_chains,
        location: at.location(),
    })
}

/// The inspectors only gather what a `filter_chain_match` asks for, which is done where it is needed; the rest change the
/// connection.
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
    // Where a chain asks for what TLS says, it is looked at, with this filter or without.
    if kind.contains("http_inspector") {
        at.warn_once(
            format!("listener filter {kind}"),
            format!("listener filter \"{name}\" has no effect in Tollgate: codec_type AUTO looks for itself"),
        );
    } else if !kind.contains("tls_inspector") {
        at.error(format!("listener filter \"{name}\" is not supported by Tollgate; remove it"));
    }
}

fn socket_name(address: &Address) -> String {
    match address.ip() {
        Some(ip) => std::net::SocketAddr::new(ip, address.port).to_string(),
        None => format!("{}:{}", address.address, address.port),
    }
}
