//! Plugins beside the listeners: `bootstrap_extensions` and `stats_sinks`.

use crate::diagnostics::Location;
use crate::fields::bootstrap::{STATS_SINK, TYPED_EXTENSION_CONFIG};
use crate::fields::plugin::{WASM, WASM_SERVICE};
use crate::plugin::{self, PluginConfig};
use crate::reader::{Any, Cursor, Object, TypedMessage};

/// A plugin without streams: `envoy.extensions.wasm.v3.WasmService`.
#[derive(Clone, Debug)]
pub struct WasmService {
    /// Envoy's `name` of the extension, which can be any text.
    pub extension_name: String,
    /// Envoy's `typed_config.config`.
    pub plugin: PluginConfig,
    /// Envoy's `singleton`: one for the process, instead of one per worker. Off by default.
    pub singleton: bool,
    /// Where the extension stands in the file.
    pub location: Location,
}

/// A plugin that is told of statistics: `envoy.extensions.stat_sinks.wasm.v3.Wasm`.
#[derive(Clone, Debug)]
pub struct StatsSink {
    /// Envoy's `name` of the sink, which can be any text.
    pub sink_name: String,
    /// Envoy's `typed_config.config`.
    pub plugin: PluginConfig,
    /// Where the sink stands in the file.
    pub location: Location,
}

/// Decodes `bootstrap_extensions`.
pub(crate) fn decode_services(at: &Cursor<'_>) -> Vec<WasmService> {
    at.items().iter().filter_map(decode_service).collect()
}

/// Decodes `stats_sinks`.
pub(crate) fn decode_sinks(at: &Cursor<'_>) -> Vec<StatsSink> {
    at.items().iter().filter_map(decode_sink).collect()
}

fn decode_service(at: &Cursor<'_>) -> Option<WasmService> {
    let object = Object::open(at, &TYPED_EXTENSION_CONFIG)?;
    let name = object.required("name", "any text, such as envoy.bootstrap.wasm")?.nonempty_text()?;
    let any = open(&object, name, "bootstrap extension", &SERVICE)?;
    let service = any.object(&WASM_SERVICE)?;
    let singleton = service.get("singleton").and_then(|at| at.boolean()).unwrap_or(false);
    let plugin = plugin_of(&service)?;
    Some(WasmService { extension_name: name.to_owned(), plugin, singleton, location: at.location() })
}

fn decode_sink(at: &Cursor<'_>) -> Option<StatsSink> {
    let object = Object::open(at, &STATS_SINK)?;
    let name = object.required("name", "any text, such as envoy.stat_sinks.wasm")?.nonempty_text()?;
    let any = open(&object, name, "stats sink", &SINK)?;
    let plugin = plugin_of(&any.object(&WASM)?)?;
    Some(StatsSink { sink_name: name.to_owned(), plugin, location: at.location() })
}

/// The configuration of an extension, if it is of the one type that there is.
fn open<'a>(object: &Object<'a>, name: &str, what: &str, known: &TypedMessage) -> Option<Any<'a>> {
    let config = object.required("typed_config", &format!("with \"@type\": type.googleapis.com/{}", known.v3))?;
    let any = Any::open(&config, known)?;
    if any.is(known) {
        return Some(any);
    }
    any.type_at.error(if any.is_near(known) {
        format!("unknown type {}; did you mean {}?", any.type_name, known.v3)
    } else {
        format!("{what} \"{name}\" ({}) is not supported by Tollgate; the only one is {}", any.type_name, known.v3)
    });
    None
}

fn plugin_of(wasm: &Object<'_>) -> Option<PluginConfig> {
    let at = wasm.required("config", "a mapping with name, root_id, vm_config and configuration of the plugin")?;
    Some(PluginConfig { is_background: true, ..plugin::decode(&at)? })
}

const SERVICE: TypedMessage =
    TypedMessage { v3: "envoy.extensions.wasm.v3.WasmService", v2: "envoy.config.wasm.v2.WasmService" };

const SINK: TypedMessage = TypedMessage { v3: "envoy.extensions.stat_sinks.wasm.v3.Wasm", v2: "" };
