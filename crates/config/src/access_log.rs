//! `envoy.config.accesslog.v3.AccessLog`: plugins that are told of each finished stream. Others are not written.

use crate::fields::access_log::ACCESS_LOG;
use crate::fields::plugin::WASM_ACCESS_LOG;
use crate::plugin::{self, PluginConfig};
use crate::reader::{Any, Cursor, Object, TypedMessage};

/// A plugin that logs: `envoy.extensions.access_loggers.wasm.v3.WasmAccessLog`.
#[derive(Clone, Debug)]
pub struct AccessLogger {
    /// Envoy's `name` of the access log, which can be any text.
    pub log_name: String,
    /// Envoy's `typed_config.config`.
    pub plugin: PluginConfig,
}

/// Decodes the field `access_log` of what serves streams. Logs that are no plugins are read over with a warning.
pub(crate) fn decode_all(logs: &Cursor<'_>) -> Vec<AccessLogger> {
    logs.items().iter().filter_map(decode).collect()
}

/// Reads over the access logs of a message that serves no streams with a warning; a plugin among them is refused.
pub(crate) fn check(logs: &Cursor<'_>) {
    for log in logs.items() {
        if let Some(found) = decode(&log) {
            log.error(format!(
                "access log \"{}\" is a plugin, and the access log of a listener is about connections that no filter \
                 chain takes, of which there are none; move it to access_log of the HTTP connection manager or the \
                 TCP proxy",
                found.log_name
            ));
        }
    }
}

fn decode(at: &Cursor<'_>) -> Option<AccessLogger> {
    let object = Object::open(at, &ACCESS_LOG)?;
    let name = object.get("name").and_then(|at| at.text()).unwrap_or_default();
    let Some(config) = object.get("typed_config") else {
        if object.has_config_elsewhere() {
            return None;
        }
        if matches!(name, "envoy.access_loggers.wasm" | "envoy.wasm_access_log") {
            at.error(format!(
                "access log \"{name}\" needs the field \"typed_config\" with \"@type\": type.googleapis.com/{} and \
                 config",
                LOGGER.v3
            ));
        } else {
            warn_unwritten(at, name);
        }
        return None;
    };
    let any = Any::open(&config, &LOGGER)?;
    if !any.is(&LOGGER) {
        if any.is_near(&LOGGER) || any.type_name.contains(".wasm.") {
            any.type_at.error(format!("unknown type {}; did you mean {}?", any.type_name, LOGGER.v3));
        } else {
            warn_unwritten(at, name);
        }
        return None;
    }
    if let Some(filter) = object.get("filter") {
        filter.key_error(
            "field \"filter\" of an access log is not supported by Tollgate: the plugin would log more than it lets \
             through; let the plugin choose what it logs",
        );
    }
    let wasm = any.object(&WASM_ACCESS_LOG)?;
    let plugin = wasm.required("config", "a mapping with name, root_id, vm_config and configuration of the plugin")?;
    Some(AccessLogger { log_name: name.to_owned(), plugin: plugin::decode(&plugin)? })
}

fn warn_unwritten(at: &Cursor<'_>, name: &str) {
    at.warn_once(
        "access_log",
        format!("access log \"{name}\" has no effect in Tollgate: access logs are not written, except by plugins"),
    );
}

const LOGGER: TypedMessage = TypedMessage { v3: "envoy.extensions.access_loggers.wasm.v3.WasmAccessLog", v2: "" };
