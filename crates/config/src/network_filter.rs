//! The filters of a filter chain: plugins, then a terminal filter.

use std::time::Duration;

use crate::diagnostics::Location;
use crate::fields::listener::{CONNECTION_LIMIT, FILTER};
use crate::fields::plugin::WASM;
use crate::http_connection_manager::{self, HttpConnectionManager};
use crate::plugin::{self, PluginConfig};
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::tcp_proxy::{self, TcpProxy};

/// What a listener does with its connections: the last filter of its chain.
#[derive(Clone, Debug)]
pub enum ListenerKind {
    /// `envoy.filters.network.http_connection_manager`.
    Http(Box<HttpConnectionManager>),
    /// `envoy.filters.network.tcp_proxy`.
    Tcp(Box<TcpProxy>),
}

impl ListenerKind {
    /// Envoy's `stat_prefix`.
    pub fn stat_prefix(&self) -> &str {
        match self {
            Self::Http(http) => &http.stat_prefix,
            Self::Tcp(tcp) => &tcp.stat_prefix,
        }
    }
}

/// A plugin in the path of a connection's bytes: `envoy.extensions.filters.network.wasm.v3.Wasm`.
#[derive(Clone, Debug)]
pub struct NetworkFilter {
    /// Envoy's `name` of the filter, which can be any text.
    pub filter_name: String,
    /// Envoy's `typed_config.config`.
    pub plugin: PluginConfig,
    /// Where the filter stands in the file.
    pub location: Location,
}

/// `envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit`: connections beyond are closed at once.
#[derive(Clone, Debug)]
pub struct ConnectionLimit {
    /// Envoy's `stat_prefix`.
    pub stat_prefix: String,
    /// Envoy's `max_connections`, at least 1: how many the chain may have, over all workers.
    pub max_connections: u64,
    /// Envoy's `delay`: how long a connection is kept before it is closed; not at all by default.
    pub delay: Option<Duration>,
}

/// A chain that ends in a terminal filter.
pub(crate) struct Chain {
    pub(crate) limits: Vec<ConnectionLimit>,
    pub(crate) plugins: Vec<NetworkFilter>,
    pub(crate) kind: ListenerKind,
}

enum Decoded {
    Limit(ConnectionLimit),
    Plugin(Box<NetworkFilter>),
    Terminal(ListenerKind),
}

/// Why an entry yields no filter.
struct Faulty {
    /// Whether it was meant to end the chain.
    terminal: bool,
}

/// Decodes `filters` of a filter chain.
pub(crate) fn decode_chain(list: &Cursor<'_>) -> Option<Chain> {
    let items = list.items();
    let mut plugins = Vec::new();
    let mut limits = Vec::new();
    let mut end: Option<Option<ListenerKind>> = None;
    let mut certain = !items.is_empty();
    for item in &items {
        if end.is_some() {
            item.error(
                "the filter before this one is a terminal filter and must be the last of its chain; remove this one, \
                 or move it to the front if it is a plugin",
            );
            continue;
        }
        match decode(item) {
            Ok(Decoded::Limit(limit)) => {
                if !plugins.is_empty() {
                    item.error("a connection limit stands in front of plugins; move it to the front");
                }
                limits.push(limit);
            }
            Ok(Decoded::Plugin(filter)) => plugins.push(*filter),
            Ok(Decoded::Terminal(kind)) => end = Some(Some(kind)),
            Err(Faulty { terminal: true }) => end = Some(None),
            Err(Faulty { terminal: false }) => certain = false,
        }
    }
    if end.is_none() && certain {
        items.last().unwrap_or(list).error(
            "a filter chain must end with a terminal filter, and this one is not; append \
             envoy.filters.network.tcp_proxy or envoy.filters.network.http_connection_manager",
        );
    }
    let kind = end??;
    Some(Chain { limits, plugins, kind })
}

fn decode(at: &Cursor<'_>) -> Result<Decoded, Faulty> {
    let faulty = Faulty { terminal: false };
    let Some(object) = Object::open(at, &FILTER) else { return Err(faulty) };
    let name = object.required("name", "such as envoy.filters.network.http_connection_manager");
    let Some(name) = name.and_then(|at| at.nonempty_text()) else { return Err(faulty) };
    let meant = meant_by_name(name);
    let faulty =
        Faulty { terminal: meant.is_some_and(|meant| !std::ptr::eq(meant, &PLUGIN) && !std::ptr::eq(meant, &LIMIT)) };
    let Some(config) = object.typed_config() else {
        if !object.has_config_elsewhere() {
            at.error(match meant {
                Some(meant) => format!(
                    "filter \"{name}\" needs the field \"typed_config\" with \"@type\": type.googleapis.com/{}",
                    meant.v3
                ),
                None => unsupported(name, ""),
            });
        }
        return Err(faulty);
    };
    let Some(any) = Any::open(&config, meant.unwrap_or(&CONNECTION_MANAGER)) else { return Err(faulty) };
    let terminal = Faulty { terminal: true };
    if any.is(&CONNECTION_MANAGER) {
        let manager = http_connection_manager::decode(&any, at).ok_or(terminal)?;
        return Ok(Decoded::Terminal(ListenerKind::Http(Box::new(manager))));
    }
    if any.is(&TCP_PROXY) {
        let proxy = tcp_proxy::decode(&any, at).ok_or(terminal)?;
        return Ok(Decoded::Terminal(ListenerKind::Tcp(Box::new(proxy))));
    }
    if any.is(&PLUGIN) {
        let plugin = any.object(&WASM).and_then(|wasm| {
            wasm.required("config", "a mapping with name, root_id, vm_config and configuration of the plugin")
        });
        let plugin = plugin.and_then(|at| plugin::decode(&at)).ok_or(Faulty { terminal: false })?;
        let filter = NetworkFilter { filter_name: name.to_owned(), plugin, location: at.location() };
        return Ok(Decoded::Plugin(Box::new(filter)));
    }
    if any.is(&LIMIT) {
        return decode_limit(&any).map(Decoded::Limit).ok_or(Faulty { terminal: false });
    }
    let near = [&CONNECTION_MANAGER, &TCP_PROXY, &PLUGIN, &LIMIT].into_iter().find(|meant| any.is_near(meant));
    any.type_at.error(match (near, meant) {
        (Some(meant), _) => format!("unknown type {}; did you mean {}?", any.type_name, meant.v3),
        (None, Some(meant)) => {
            format!("type {} is not the one of \"{name}\"; write type.googleapis.com/{}", any.type_name, meant.v3)
        }
        (None, None) => unsupported(name, any.type_name),
    });
    Err(faulty)
}

fn decode_limit(any: &Any<'_>) -> Option<ConnectionLimit> {
    let object = any.object(&CONNECTION_LIMIT)?;
    let stat_prefix = object.required("stat_prefix", "any text").and_then(|at| at.nonempty_text());
    let max_connections = object.required_positive("max_connections", "such as 1000");
    let delay = object.get("delay").and_then(|at| at.duration_or_off()).flatten();
    Some(ConnectionLimit { stat_prefix: stat_prefix?.to_owned(), max_connections: max_connections?, delay })
}

/// What a filter of this name is, going by Envoy's examples; the type decides.
fn meant_by_name(name: &str) -> Option<&'static TypedMessage> {
    match name {
        "envoy.http_connection_manager"
        | "envoy.filters.network.http_connection_manager"
        | "envoy.filters.network.http_connection_manager.v3" => Some(&CONNECTION_MANAGER),
        "envoy.tcp_proxy" | "envoy.filters.network.tcp_proxy" => Some(&TCP_PROXY),
        "envoy.filters.network.wasm" => Some(&PLUGIN),
        "envoy.filters.network.connection_limit" => Some(&LIMIT),
        _ => None,
    }
}

fn unsupported(name: &str, type_name: &str) -> String {
    let typed = if type_name.is_empty() { String::new() } else { format!(" ({type_name})") };
    format!(
        "network filter \"{name}\"{typed} is not supported by Tollgate; the filters of a chain are \
         envoy.filters.network.connection_limit, then envoy.filters.network.wasm, then \
         envoy.filters.network.http_connection_manager or envoy.filters.network.tcp_proxy"
    )
}

static CONNECTION_MANAGER: TypedMessage = TypedMessage {
    v3: "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    v2: "envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager",
};

static TCP_PROXY: TypedMessage = TypedMessage {
    v3: "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
    v2: "envoy.config.filter.network.tcp_proxy.v2.TcpProxy",
};

static PLUGIN: TypedMessage = TypedMessage {
    v3: "envoy.extensions.filters.network.wasm.v3.Wasm",
    v2: "envoy.config.filter.network.wasm.v2.Wasm",
};

static LIMIT: TypedMessage =
    TypedMessage { v3: "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit", v2: "" };
