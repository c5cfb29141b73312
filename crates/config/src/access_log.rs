//! `envoy.config.accesslog.v3.AccessLog`: plugins that are told of each finished stream, and lines that are written.

use crate::fields::access_log::ACCESS_LOG;
use crate::fields::plugin::WASM_ACCESS_LOG;
use crate::log_filter::{self, LogFilter};
use crate::plugin::{self, PluginConfig};
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::written_log::{self, FILE, STDERR, STDOUT, WrittenLog};

/// A plugin that logs: `envoy.extensions.access_loggers.wasm.v3.WasmAccessLog`.
#[derive(Clone, Debug)]
pub struct AccessLogger {
    /// Envoy's `name` of the access log, which can be any text.
    pub log_name: String,
    /// Envoy's `filter`: of which streams the plugin is told; of all by default.
    pub filter: Option<LogFilter>,
    /// Envoy's `typed_config.config`.
    pub plugin: PluginConfig,
}

/// The access logs of something.
#[derive(Debug, Default)]
pub(crate) struct AccessLogs {
    pub(crate) plugins: Vec<AccessLogger>,
    pub(crate) written: Vec<WrittenLog>,
}

/// Decodes the field `access_log` of what serves streams. Logs of other types are read over with a warning.
pub(crate) fn decode_all(logs: &Cursor<'_>) -> AccessLogs {
    let mut found = AccessLogs::default();
    for log in logs.items() {
        match decode(&log) {
            Some(Log::Plugin(plugin)) => found.plugins.push(*plugin),
            Some(Log::Written(written)) => found.written.push(written),
            None => {}
        }
    }
    found
}

enum Log {
    Plugin(Box<AccessLogger>),
    Written(WrittenLog),
}

/// Decodes the access logs of a listener, which are about its connections; a plugin among them is refused.
pub(crate) fn decode_written(logs: &Cursor<'_>) -> Vec<WrittenLog> {
    let mut written = Vec::new();
    for log in logs.items() {
        match decode(&log) {
            Some(Log::Plugin(found)) => log.error(format!(
                "access log \"{}\" is a plugin, which is told of streams, and the access log of a listener is about \
                 connections; move it to access_log of the HTTP connection manager or the TCP proxy",
                found.log_name
            )),
            Some(Log::Written(log)) => written.push(log),
            None => {}
        }
    }
    written
}

fn decode(at: &Cursor<'_>) -> Option<Log> {
    let object = Object::open(at, &ACCESS_LOG)?;
    let name = object.get("name").and_then(|at| at.text()).unwrap_or_default();
    let Some(config) = object.typed_config() else {
        if object.has_config_elsewhere() {
            return None;
        }
        let meant = match name {
            "envoy.access_loggers.wasm" | "envoy.wasm_access_log" => &LOGGER,
            "envoy.access_loggers.file" | "envoy.file_access_log" => &FILE,
            "envoy.access_loggers.stderr" => &STDERR,
            _ => &STDOUT,
        };
        at.error(format!(
            "access log \"{name}\" needs the field \"typed_config\" with its \"@type\", such as type.googleapis.com/{}",
            meant.v3
        ));
        return None;
    };
    let any = Any::open(&config, &LOGGER)?;
    if [&FILE, &STDOUT, &STDERR].into_iter().any(|own| any.is(own)) {
        let filter = object.get("filter").map(|at| log_filter::decode(&at));
        let log = written_log::decode(&any, at)?;
        return match filter {
            None => Some(Log::Written(log)),
            Some(filter) => Some(Log::Written(WrittenLog { filter: Some(filter?), ..log })),
        };
    }
    if !any.is(&LOGGER) {
        if any.is_near(&LOGGER) || any.type_name.contains(".wasm.") {
            any.type_at.error(format!("unknown type {}; did you mean {}?", any.type_name, LOGGER.v3));
        } else if ELSEWHERE.iter().any(|package| any.type_name.starts_with(package)) {
            warn_unwritten(at, name, OTHERS);
        } else {
            any.type_at.error(format!(
                "unknown type {}; the types of access logs are {}, {}, {} and {}",
                any.type_name, FILE.v3, STDOUT.v3, STDERR.v3, LOGGER.v3
            ));
        }
        return None;
    }
    let filter = match object.get("filter") {
        Some(at) => Some(log_filter::decode(&at)?),
        None => None,
    };
    let wasm = any.object(&WASM_ACCESS_LOG)?;
    let plugin = wasm.required("config", "a mapping with name, root_id, vm_config and configuration of the plugin")?;
    let plugin = plugin::decode(&plugin)?;
    Some(Log::Plugin(Box::new(AccessLogger { log_name: name.to_owned(), filter, plugin })))
}

/// Where Envoy's other access logs are defined, which send what they have to a service.
const ELSEWHERE: &[&str] = &["envoy.extensions.access_loggers.", "envoy.config.accesslog.v2."];

const OTHERS: &str = "logs are written to files and standard streams, and by plugins";

fn warn_unwritten(at: &Cursor<'_>, name: &str, why: &str) {
    at.warn_once(format!("access_log {why}"), format!("access log \"{name}\" has no effect in Tollgate: {why}"));
}

const LOGGER: TypedMessage = TypedMessage { v3: "envoy.extensions.access_loggers.wasm.v3.WasmAccessLog", v2: "" };
