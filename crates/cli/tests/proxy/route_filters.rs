//! Plugins that a route switches off or on, or has in the place of others.

use crate::support::bootstrap::{Bootstrap, direct_response, instead, of_plugins, switch};
use crate::support::proxy::Proxy;
use serde_json::{Value, json};

/// Answers every request with its name, which it has as its configuration.
const NAMED: &str = r#"(module
  (import "env" "proxy_send_local_response"
    (func $respond (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  ;; PLUGIN_CONFIGURATION to addresses 0 and 4.
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $buffer (i32.const 7) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 4)))
    (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $respond (i32.const 200) (i32.const 0) (i32.const 0) (i32.load (i32.const 0)) (i32.load (i32.const 4))
      (i32.const 0) (i32.const 0) (i32.const -1)))
    (i32.const 1)))"#;

fn named(bootstrap: &Bootstrap, name: &str) -> Value {
    let mut plugin = bootstrap.plugin_value("named", NAMED);
    plugin["configuration"] = json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": name});
    plugin["name"] = json!(name);
    plugin["root_id"] = json!(name);
    // Plugins of one VM would share the memory that the name is kept in.
    plugin["vm_config"]["vm_id"] = json!(name);
    plugin
}

fn route(prefix: &str, config: Option<Value>) -> Value {
    let mut route = direct_response(json!({"prefix": prefix}), 200, "the route");
    if let Some(config) = config {
        route["typed_per_filter_config"] = of_plugins(config);
    }
    route
}

#[test]
fn a_route_can_have_another_plugin_or_none() {
    let bootstrap = Bootstrap::new();
    let (main, other) = (named(&bootstrap, "main"), named(&bootstrap, "other"));
    let bootstrap = bootstrap
        .plugin_config(main)
        .route(route("/off", Some(switch(true))))
        .route(route("/other", Some(instead(&other))))
        .route(route("/same", Some(instead(&other))))
        .route(route("/", None));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, text) in [("/off", "the route"), ("/other", "other"), ("/same", "other"), ("/", "main")] {
        assert_eq!(client.get(path).unwrap().text(), text, "{path}");
    }
    let stats = proxy.stats();
    assert!(stats.contains_key("wasm.other.vm_failed") && stats.contains_key("wasm.main.vm_failed"), "{stats:?}");
}

#[test]
fn the_most_specific_word_counts() {
    let bootstrap = Bootstrap::new();
    let (main, host) = (named(&bootstrap, "main"), named(&bootstrap, "host"));
    let bootstrap = bootstrap
        .plugin_config(main)
        .route(route("/on", Some(switch(false))))
        .route(route("/", None))
        .host_fields(json!({"typed_per_filter_config": of_plugins(instead(&host))}))
        .route_config_fields(json!({"typed_per_filter_config": of_plugins(switch(true))}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, text) in [("/on", "main"), ("/", "host")] {
        assert_eq!(client.get(path).unwrap().text(), text, "{path}");
    }
}

#[test]
fn a_disabled_filter_serves_where_a_route_enables_it() {
    let bootstrap = Bootstrap::new();
    let main = named(&bootstrap, "main");
    let bootstrap =
        bootstrap.plugin_config(main).disabled().route(route("/on", Some(switch(false)))).route(route("/", None));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, text) in [("/on", "main"), ("/", "the route")] {
        assert_eq!(client.get(path).unwrap().text(), text, "{path}");
    }
}

#[test]
fn a_weighted_cluster_can_switch_a_plugin_off() {
    let bootstrap = Bootstrap::new().cluster_of(&[]);
    let main = named(&bootstrap, "main");
    let clusters = json!([{"name": "upstream", "weight": 1, "typed_per_filter_config": of_plugins(switch(true))}]);
    let bootstrap = bootstrap
        .plugin_config(main)
        .route(json!({"match": {"prefix": "/w"}, "route": {"weighted_clusters": {"clusters": clusters}}}))
        .route(route("/", None));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    assert_eq!(client.get("/w").unwrap().text(), "no healthy upstream");
    assert_eq!(client.get("/").unwrap().text(), "main");
}
