//! What the proxy does when it is short of something: `overload_manager`, and runtime flags that limit connections.

use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::proxy::Proxy;
use crate::support::wire::Wire;
use serde_json::{Value, json};

/// A proxy that answers everything itself, with further fields of the bootstrap.
fn hello(top: Value) -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n")).top(top)
}

/// Takes an action when the process has `max_heap_size_bytes`.
fn acting(action: &str, max_heap_size_bytes: u64) -> Value {
    let heap = "envoy.resource_monitors.fixed_heap";
    json!({"overload_manager": {
        "resource_monitors": [{"name": heap, "typed_config": {
            "@type": type_url("resource_monitors.fixed_heap.v3.FixedHeapConfig"),
            "max_heap_size_bytes": max_heap_size_bytes,
        }}],
        "actions": [{
            "name": format!("envoy.overload_actions.{action}"),
            "triggers": [{"name": heap, "threshold": {"value": 0.95}}],
        }],
    }})
}

/// What any process has.
const LITTLE: u64 = 1;

/// What no process has.
const MUCH: u64 = 1 << 60;

/// Says in the log that it has seen a request.
const SEES: &str = r#"(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $log (i32.const 4) (i32.const 0) (i32.const 1)))
    (i32.const 0)))"#;

#[test]
fn a_process_without_memory_turns_requests_away_and_keeps_their_connections() {
    let bootstrap = hello(acting("stop_accepting_requests", LITTLE)).plugin("sees", SEES);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for body in ["", "hello"] {
        let length = body.len();
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}")).unwrap();
        let response = client.response("POST").unwrap();
        assert_eq!((response.head.status(), response.text()), (503, "overloaded"));
        if !body.is_empty() {
            break;
        }
        assert_eq!(response.head.field("connection"), None, "it may ask again");
    }
    let stats = proxy.stats();
    assert_eq!(stats["http.test.downstream_rq_overload_close"], 2);
    assert_eq!(stats["overload.envoy.overload_actions.stop_accepting_requests.active"], 1);
    assert!(stats["overload.envoy.resource_monitors.fixed_heap.pressure"] > 95);
    assert_eq!(stats["wasm.sees.traps"], 0);
    let log = proxy.stop().stderr;
    assert!(!log.iter().any(|line| line.contains("sees:")), "no plugin has seen them: {log:?}");
}

#[test]
fn a_process_without_memory_ends_connections() {
    let bootstrap = hello(acting("disable_http_keepalive", LITTLE));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let response = client.get("/").unwrap();
    assert_eq!((response.text(), response.head.field("connection")), ("hello\n", Some("close")));
    assert!(client.is_closed());
    assert_eq!(proxy.stats()["http.test.downstream_cx_overload_disable_keepalive"], 1);
}

#[test]
fn a_process_without_memory_closes_new_connections() {
    let bootstrap = hello(acting("reject_incoming_connections", LITTLE));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert!(is_closed_at_once(&proxy));
    assert_eq!(proxy.stats()[&listener(&proxy, "downstream_cx_overload_reject")], 1);
}

#[test]
fn connections_wait_until_there_is_memory() {
    let bootstrap = hello(acting("stop_accepting_connections", LITTLE));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert_eq!(proxy.stats()[&listener(&proxy, "downstream_cx_total")], 0);
    bootstrap.replace_with(&hello(acting("stop_accepting_connections", MUCH)));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(client.response("GET").unwrap().text(), "hello\n");
}

#[test]
fn a_process_with_memory_does_nothing_of_this() {
    for action in [
        "stop_accepting_requests",
        "disable_http_keepalive",
        "stop_accepting_connections",
        "reject_incoming_connections",
    ] {
        let bootstrap = hello(acting(action, MUCH));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let response = proxy.connect().get("/").unwrap();
        assert_eq!((response.text(), response.head.field("connection")), ("hello\n", None), "{action}");
        assert_eq!(proxy.stats()[&format!("overload.envoy.overload_actions.{action}.active")], 0);
    }
}

#[test]
fn a_listener_that_bypasses_the_overload_manager_serves_as_ever() {
    for action in [
        "stop_accepting_requests",
        "disable_http_keepalive",
        "stop_accepting_connections",
        "reject_incoming_connections",
    ] {
        let bootstrap = hello(acting(action, LITTLE)).listener(json!({"bypass_overload_manager": true}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let response = proxy.connect().get("/").unwrap();
        assert_eq!((response.text(), response.head.field("connection")), ("hello\n", None), "{action}");
    }
}

#[test]
fn connections_beyond_a_limit_are_closed_until_others_end() {
    let monitor = json!({"overload_manager": {"resource_monitors": [{
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {
            "@type": type_url("resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"),
            "max_active_downstream_connections": 2,
        },
    }]}});
    let flag = |flags: Value| json!({"layered_runtime": {"layers": [{"name": "static", "static_layer": flags}]}});
    let all = flag(json!({"overload": {"global_downstream_max_connections": 2}}));
    let own = flag(json!({"envoy.resource_limits.listener.main.connection_limit": 2}));
    for (top, counter) in [
        (monitor, "downstream_global_cx_overflow"),
        (all, "downstream_global_cx_overflow"),
        (own, "downstream_cx_overflow"),
    ] {
        let bootstrap = hello(top);
        let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
        let mut clients: Vec<_> = (0..2).map(|_| proxy.connect()).collect();
        for client in &mut clients {
            assert_eq!(client.get("/").unwrap().text(), "hello\n");
        }
        assert!(is_closed_at_once(&proxy));
        assert_eq!(proxy.stats()[&listener(&proxy, counter)], 1);
        clients.pop();
        let active = listener(&proxy, "downstream_cx_active");
        proxy.wait_for_stats(|stats| stats[&active] == 1);
        assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
        assert_eq!(proxy.stats()[&listener(&proxy, "downstream_cx_total")], 3);
    }
}

#[test]
fn a_limit_that_comes_later_counts_the_connections_that_there_are() {
    let bootstrap = hello(json!({}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    assert_eq!(client.get("/").unwrap().text(), "hello\n");
    let flags = json!({"overload.global_downstream_max_connections": 1});
    bootstrap.replace_with(&hello(json!({"layered_runtime": {"layers": [{"name": "static", "static_layer": flags}]}})));
    assert_eq!(proxy.reload().0, 200);
    assert!(is_closed_at_once(&proxy));
    assert_eq!(client.get("/").unwrap().text(), "hello\n");
}

#[test]
fn a_listener_may_ignore_the_limit_of_all() {
    let top = json!({"layered_runtime": {"layers": [
        {"name": "static", "static_layer": {"overload.global_downstream_max_connections": 1}},
    ]}});
    let bootstrap = hello(top).listener(json!({"ignore_global_conn_limit": true}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut clients: Vec<_> = (0..3).map(|_| proxy.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/").unwrap().text(), "hello\n");
    }
}

fn listener(proxy: &Proxy, counter: &str) -> String {
    let of = |name: &&String| name.starts_with("listener.") && name.ends_with(&format!(".{counter}"));
    proxy.stats().keys().find(of).cloned().unwrap_or_else(|| panic!("no listener has {counter}"))
}

fn is_closed_at_once(proxy: &Proxy) -> bool {
    let mut client: Wire = proxy.connect();
    client.is_closed()
}
