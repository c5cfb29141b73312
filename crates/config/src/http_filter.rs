//! The chain of HTTP filters: plugins, then the router.

use crate::cors::{self, CorsFilter};
use crate::fields::cors::CORS;
use crate::fields::http_connection_manager::{HTTP_FILTER, ROUTER};
use crate::fields::plugin::WASM;
use crate::plugin::{self, PluginConfig};
use crate::reader::{Any, Cursor, Object, TypedMessage};

/// An HTTP filter in front of the router.
#[derive(Clone, Debug)]
pub enum HttpFilter {
    /// `envoy.extensions.filters.http.wasm.v3.Wasm`.
    Wasm(WasmFilter),
}

/// A plugin in the path of requests and responses.
#[derive(Clone, Debug)]
pub struct WasmFilter {
    /// Envoy's `name` of the filter, which can be any text.
    pub filter_name: String,
    /// Envoy's `typed_config.config`.
    pub plugin: PluginConfig,
    /// Envoy's `disabled`: load the plugin, but leave it out of the path, except where a route enables it. Off by default.
    pub disabled: bool,
}

/// A chain that ends in a router.
pub(crate) struct Chain {
    /// The names of the filters that routes may change, those left out included.
    pub(crate) names: Vec<String>,
    pub(crate) filters: Vec<HttpFilter>,
    pub(crate) cors: Option<CorsFilter>,
    pub(crate) suppress_envoy_headers: bool,
}

enum Decoded {
    Cors(CorsFilter),
    Plugin(Box<WasmFilter>),
    Router { suppress_envoy_headers: bool },
}

/// Why an entry yields no filter.
enum Absent {
    /// An error was noted.
    Faulty,
    /// Left out on purpose; its name.
    Skipped(String),
}

/// Decodes `http_filters`.
pub(crate) fn decode_chain(manager: &Object<'_>) -> Option<Chain> {
    let Some(list) = manager.get("http_filters") else {
        manager.required("http_filters", "a list that ends with envoy.filters.http.router");
        return None;
    };
    let items = list.items();
    let mut filters: Vec<HttpFilter> = Vec::new();
    let mut names = Vec::new();
    let mut router = None;
    let mut cors = None;
    let mut certain = !items.is_empty();
    for (index, item) in items.iter().enumerate() {
        match decode(item) {
            Ok(Decoded::Plugin(filter)) => {
                names.push(filter.filter_name.clone());
                filters.push(HttpFilter::Wasm(*filter));
            }
            Ok(Decoded::Cors(filter)) => {
                if cors.is_some() || !filters.is_empty() {
                    item.error(
                        "the cors filter stands in front of all plugins in Tollgate, and once; move it to the front of \
                         http_filters",
                    );
                }
                names.push(filter.filter_name.clone());
                cors = Some(filter);
            }
            Ok(Decoded::Router { suppress_envoy_headers }) => {
                if index + 1 < items.len() {
                    item.error(
                        "the router is a terminal filter and must be the last of http_filters; move it to the end, \
                         and keep only one",
                    );
                }
                router = Some(suppress_envoy_headers);
            }
            Err(Absent::Faulty) => certain = false,
            Err(Absent::Skipped(name)) => names.push(name),
        }
    }
    if router.is_none() && certain {
        let last = items.last().unwrap_or(&list);
        last.error(
            "http_filters must end with a terminal filter, and this one is not; append envoy.filters.http.router with \
             \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        );
    }
    Some(Chain { names, filters, cors, suppress_envoy_headers: router? })
}

fn decode(at: &Cursor<'_>) -> Result<Decoded, Absent> {
    let object = Object::open(at, &HTTP_FILTER).ok_or(Absent::Faulty)?;
    let name = object.required("name", "any text, such as envoy.filters.http.wasm");
    let name = name.and_then(|at| at.nonempty_text()).ok_or(Absent::Faulty)?;
    let flag = |field| object.get(field).and_then(|at| at.boolean()).unwrap_or(false);
    let (disabled, optional) = (flag("disabled"), flag("is_optional"));
    let Some(config) = object.typed_config() else {
        return match name {
            "envoy.filters.http.router" | "envoy.router" => router(at, None, disabled),
            "envoy.filters.http.cors" | "envoy.cors" => {
                Ok(Decoded::Cors(CorsFilter { filter_name: name.to_owned(), disabled }))
            }
            _ if object.has_config_elsewhere() => Err(Absent::Faulty),
            "envoy.filters.http.wasm" | "envoy.wasm" => {
                at.error(format!(
                    "filter \"{name}\" needs the field \"typed_config\" with \"@type\": type.googleapis.com/{} and config",
                    PLUGIN.v3
                ));
                Err(Absent::Faulty)
            }
            _ => unsupported(at, name, "", disabled || optional),
        };
    };
    let hint = if name.contains("router") { &ROUTER_TYPE } else { &PLUGIN };
    let any = Any::open(&config, hint).ok_or(Absent::Faulty)?;
    if any.is(&ROUTER_TYPE) {
        return router(at, any.object(&ROUTER), disabled);
    }
    if any.is(&cors::FILTER) {
        any.object(&CORS).ok_or(Absent::Faulty)?;
        return Ok(Decoded::Cors(CorsFilter { filter_name: name.to_owned(), disabled }));
    }
    if !any.is(&PLUGIN) {
        if let Some(meant) = [&PLUGIN, &ROUTER_TYPE, &cors::FILTER].into_iter().find(|meant| any.is_near(meant)) {
            any.type_at.error(format!("unknown type {}; did you mean {}?", any.type_name, meant.v3));
            return Err(Absent::Faulty);
        }
        return unsupported(&any.type_at, name, any.type_name, disabled || optional);
    }
    let filter = decode_plugin(&any, name, disabled).ok_or(Absent::Faulty)?;
    Ok(Decoded::Plugin(Box::new(filter)))
}

/// Decodes `typed_config` of a plugin.
pub(crate) fn decode_plugin(any: &Any<'_>, name: &str, disabled: bool) -> Option<WasmFilter> {
    let wasm = any.object(&WASM)?;
    let plugin = wasm.required("config", "a mapping with name, root_id, vm_config and configuration of the plugin")?;
    Some(WasmFilter { filter_name: name.to_owned(), plugin: plugin::decode(&plugin)?, disabled })
}

fn router(at: &Cursor<'_>, config: Option<Object<'_>>, disabled: bool) -> Result<Decoded, Absent> {
    if disabled {
        at.error("the router is a terminal filter and cannot be disabled; remove \"disabled\"");
    }
    let suppress = config.and_then(|config| config.get("suppress_envoy_headers")).and_then(|at| at.boolean());
    Ok(Decoded::Router { suppress_envoy_headers: suppress.unwrap_or(false) })
}

/// A filter that is off, or that the file says can be done without, is left out with a warning.
fn unsupported(at: &Cursor<'_>, name: &str, type_name: &str, spare: bool) -> Result<Decoded, Absent> {
    let typed = if type_name.is_empty() { String::new() } else { format!(" ({type_name})") };
    if spare {
        at.warn_once(
            format!("filter at {}", at.path),
            format!(
                "HTTP filter \"{name}\"{typed} is left out: Tollgate does not have it, and it is optional or disabled"
            ),
        );
        return Err(Absent::Skipped(name.to_owned()));
    }
    at.error(format!(
        "HTTP filter \"{name}\"{typed} is not supported by Tollgate; the filters are envoy.filters.http.wasm, \
         envoy.filters.http.cors and envoy.filters.http.router"
    ));
    Err(Absent::Faulty)
}

pub(crate) const PLUGIN: TypedMessage =
    TypedMessage { v3: "envoy.extensions.filters.http.wasm.v3.Wasm", v2: "envoy.config.filter.http.wasm.v2.Wasm" };

const ROUTER_TYPE: TypedMessage = TypedMessage {
    v3: "envoy.extensions.filters.http.router.v3.Router",
    v2: "envoy.config.filter.http.router.v2.Router",
};
