//! `typed_per_filter_config`: what a route changes about the HTTP filters.

use crate::cors::{self, CorsPolicy};
use crate::diagnostics::Location;
use crate::fields::cors::CORS_POLICY;
use crate::fields::plugin::WASM;
use crate::fields::route::FILTER_CONFIG;
use crate::plugin::{self, PluginConfig};
use crate::reader::{Any, Cursor, Object, TypedMessage};

/// What a place of the route configuration says about HTTP filters, by their names.
#[derive(Clone, Debug, Default)]
pub struct PerFilterConfig(Vec<FilterOverride>);

/// What is said about one filter.
#[derive(Clone, Debug)]
pub struct FilterOverride {
    /// The `name` of the filter in `http_filters`.
    pub filter_name: String,
    /// What becomes of it.
    pub change: FilterChange,
    /// Where it stands in the file.
    pub location: Location,
}

/// What becomes of a filter.
#[derive(Clone, Debug)]
pub enum FilterChange {
    /// What the cors filter is to do: `envoy.extensions.filters.http.cors.v3.CorsPolicy`.
    Cors(Box<CorsPolicy>),
    /// `envoy.config.route.v3.FilterConfig` with `disabled`: requests pass it by.
    Disabled,
    /// The filter serves, as it is configured in `http_filters`, although it may be `disabled` there.
    Enabled,
    /// Another plugin serves in its place: `envoy.extensions.filters.http.wasm.v3.Wasm`.
    Plugin(Box<PluginConfig>),
}

/// Decodes the field of a message that has it.
pub(crate) fn decode(object: &Object<'_>) -> PerFilterConfig {
    let Some(at) = object.get("typed_per_filter_config") else {
        return PerFilterConfig::default();
    };
    let decoded = at.entries().into_iter().filter_map(|(name, at)| {
        let change = decode_change(&at)?;
        Some(FilterOverride { filter_name: name.to_owned(), change, location: at.key_location() })
    });
    PerFilterConfig(decoded.collect())
}

fn decode_change(at: &Cursor<'_>) -> Option<FilterChange> {
    let any = Any::open(at, &FILTER)?;
    if !any.is(&FILTER) {
        return decode_own(&any);
    }
    let filter = any.object(&FILTER_CONFIG)?;
    let disabled = filter.get("disabled").and_then(|at| at.boolean()).unwrap_or(false);
    let own = match filter.get("config") {
        // As in Envoy's examples of switching a filter on: `config: {}`.
        Some(at) if at.is_empty_mapping() => None,
        Some(at) => Some(decode_own(&Any::open(&at, &PLUGIN)?)?),
        None => None,
    };
    if disabled {
        return Some(FilterChange::Disabled);
    }
    Some(own.unwrap_or(FilterChange::Enabled))
}

fn decode_own(any: &Any<'_>) -> Option<FilterChange> {
    if any.is(&cors::POLICY) {
        let policy = any.object(&CORS_POLICY)?;
        return Some(FilterChange::Cors(Box::new(cors::decode(&policy))));
    }
    if !any.is(&PLUGIN) {
        any.type_at.error(format!(
            "type {} is not supported by Tollgate; a route configures a filter with {} (disabled: true), {} (config) or {}",
            any.type_name, FILTER.v3, PLUGIN.v3, cors::POLICY.v3
        ));
        return None;
    }
    let wasm = any.object(&WASM)?;
    let plugin = wasm.required("config", "a mapping with name, root_id, vm_config and configuration of the plugin")?;
    plugin::decode(&plugin).map(|plugin| FilterChange::Plugin(Box::new(plugin)))
}

// === impl PerFilterConfig ===

impl PerFilterConfig {
    /// What is said about the filter of this name.
    pub fn of(&self, filter_name: &str) -> Option<&FilterChange> {
        self.0.iter().find(|said| said.filter_name == filter_name).map(|said| &said.change)
    }

    /// Everything that is said, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &FilterOverride> {
        self.0.iter()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

const FILTER: TypedMessage = TypedMessage { v3: "envoy.config.route.v3.FilterConfig", v2: "" };

const PLUGIN: TypedMessage =
    TypedMessage { v3: "envoy.extensions.filters.http.wasm.v3.Wasm", v2: "envoy.config.filter.http.wasm.v2.Wasm" };
