//! Envoy's configuration for a case: a listener with the plugins, a cluster with the scripted upstream behind it.

use crate::case::{Case, PluginHeader, Policy, VmHeader};
use base64::Engine as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;

const HCM: &str =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const FILTER: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const LOGGER: &str = "type.googleapis.com/envoy.extensions.access_loggers.wasm.v3.WasmAccessLog";
/// The upstream that plugins call.
pub(super) const CALLED: &str = "auth";

const STRING: &str = "type.googleapis.com/google.protobuf.StringValue";

/// What Envoy boots from: listeners come through a file.
pub(super) fn bootstrap(listeners: &Path, upstream: SocketAddr, called: SocketAddr) -> Value {
    json!({
        "node": { "id": "test-node", "cluster": "test-nodes" },
        "admin": { "address": address("127.0.0.1", 0) },
        "dynamic_resources": {
            "lds_config": { "path_config_source": { "path": listeners }, "resource_api_version": "V3" },
        },
        "static_resources": { "clusters": [
            cluster("main-cluster", upstream), cluster("other-cluster", upstream), cluster(CALLED, called),
        ] },
    })
}

fn address(host: &str, port: u16) -> Value {
    json!({ "socket_address": { "address": host, "port_value": port } })
}

fn cluster(name: &str, upstream: SocketAddr) -> Value {
    let endpoint = json!({ "endpoint": { "address": address(&upstream.ip().to_string(), upstream.port()) } });
    json!({
        "name": name,
        "type": "STATIC",
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [endpoint] }] },
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": { "http2_protocol_options": {} },
        } },
    })
}

/// The listeners there are: none, or one.
pub(super) fn listeners(listener: Option<Value>) -> Value {
    json!({ "resources": listener.into_iter().collect::<Vec<_>>() })
}

/// A listener of this name with the plugins of a case, whose modules are given.
pub(super) fn listener(name: &str, case: &Case, modules: &[Vec<u8>]) -> Value {
    let plugins = case.header.plugin.iter().zip(modules);
    let (mut filters, mut loggers) = (Vec::new(), Vec::new());
    for (plugin, module) in plugins {
        let config = plugin_config(plugin, plugin.vm.as_ref().unwrap_or(&case.header.vm), module);
        let (place, kind) = if plugin.access_log { (&mut loggers, LOGGER) } else { (&mut filters, FILTER) };
        place.push(json!({ "name": "plugin", "typed_config": { "@type": kind, "config": config } }));
    }
    with_filters(name, case.header.buffer_limit, filters, loggers, None)
}

/// A listener without plugins; the path that is called as the upstream of plugins leads there.
pub(super) fn plain(name: &str) -> Value {
    let called = json!({ "match": { "path": format!("/{CALLED}") }, "route": { "cluster": CALLED } });
    with_filters(name, 1 << 20, Vec::new(), Vec::new(), Some(called))
}

fn with_filters(
    name: &str,
    window: usize,
    mut filters: Vec<Value>,
    loggers: Vec<Value>,
    first_route: Option<Value>,
) -> Value {
    filters.push(json!({
        "name": "router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            "suppress_envoy_headers": true,
        },
    }));
    let route = |name: &str, route_match: Value| {
        json!({
            "name": format!("{name}-route"),
            "match": route_match,
            "route": { "cluster": format!("{name}-cluster"), "timeout": "0s" },
        })
    };
    let routes = first_route.into_iter().chain([
        json!({ "match": { "path": "/none" }, "direct_response": { "status": 404 } }),
        route("other", json!({ "prefix": "/other" })),
        route("main", json!({ "prefix": "/" })),
    ]);
    let host = json!({ "name": "test-host", "domains": ["*"], "routes": routes.collect::<Vec<_>>() });
    let manager = json!({
        "@type": HCM,
        "stat_prefix": "test",
        "codec_type": "HTTP2",
        // The window is what is held at most, for each stream.
        "http2_protocol_options": { "initial_stream_window_size": window },
        "generate_request_id": false,
        "server_header_transformation": "PASS_THROUGH",
        "route_config": { "name": "test-routes", "virtual_hosts": [host] },
        "http_filters": filters,
        "access_log": loggers,
    });
    json!({
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": name,
        "address": address("127.0.0.1", 0),
        "traffic_direction": "INBOUND",
        "filter_chains": [{ "name": "test-chain", "filters": [{ "name": "http", "typed_config": manager }] }],
    })
}

fn plugin_config(plugin: &PluginHeader, vm: &VmHeader, module: &[u8]) -> Value {
    let mut vm_config = json!({
        "runtime": "envoy.wasm.runtime.v8",
        "vm_id": vm.vm_id,
        "code": { "local": { "inline_bytes": base64::engine::general_purpose::STANDARD.encode(module) } },
    });
    if !vm.configuration.is_empty() {
        vm_config["configuration"] = json!({ "@type": STRING, "value": vm.configuration });
    }
    if !vm.environment.is_empty() {
        let variables: serde_json::Map<_, _> =
            vm.environment.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        vm_config["environment_variables"] = json!({ "key_values": variables });
    }
    let mut config = json!({
        "name": plugin.name,
        "root_id": plugin.root_id,
        "vm_config": vm_config,
        "allow_on_headers_stop_iteration": plugin.allow_on_headers_stop_iteration,
        "failure_policy": match plugin.failure_policy {
            Policy::Closed => "FAIL_CLOSED",
            Policy::Open => "FAIL_OPEN",
            Policy::Reload => "FAIL_RELOAD",
        },
    });
    if !plugin.allowed_capabilities.is_empty() {
        let allowed: serde_json::Map<_, _> =
            plugin.allowed_capabilities.iter().map(|name| (name.clone(), json!({}))).collect();
        config["capability_restriction_config"] = json!({ "allowed_capabilities": allowed });
    }
    if !plugin.configuration.is_empty() {
        config["configuration"] = json!({ "@type": STRING, "value": plugin.configuration });
    }
    config
}
