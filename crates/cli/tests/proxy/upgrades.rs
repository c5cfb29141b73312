//! Requests that take their connection over.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use crate::support::wire::Wire;
use serde_json::json;
use std::io;

const ASK: &str =
    "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\nx-key: 1\r\n\r\n";

/// Agrees to what `/ws` asks for, and sends back what comes in brackets.
fn switching(wire: &mut Wire) -> io::Result<()> {
    let request = wire.request()?;
    if !request.head.first_line.starts_with("GET /ws ") {
        return wire.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno");
    }
    assert_eq!(request.head.field("upgrade"), Some("WebSocket"));
    assert!(request.head.field("connection").is_some_and(|options| options.contains("Upgrade")));
    wire.send("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nx-accept: 2\r\n\r\n")?;
    loop {
        let piece = wire.bytes(2)?;
        if piece == b"end" || piece == b"ed" {
            return Ok(());
        }
        wire.send([b"[", &piece[..], b"]"].concat())?;
    }
}

/// Puts "XY" in the place of what the client sends, and "abcd" of what the upstream does.
const REPLACES: &str = r#"(module
  (import "env" "proxy_set_buffer_bytes" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "XYabcd")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
    (if (local.get 1) (then (drop (call $set (i32.const 0) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 2)))))
    (i32.const 0))
  (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)
    (if (local.get 1) (then (drop (call $set (i32.const 1) (i32.const 0) (local.get 1) (i32.const 2) (i32.const 4)))))
    (i32.const 0)))"#;

fn upgrading() -> serde_json::Value {
    json!({"upgrade_configs": [{"upgrade_type": "websocket"}]})
}

#[test]
fn bytes_pass_in_both_directions_until_a_side_ends() {
    let upstream = Upstream::start(switching);
    let bootstrap = Bootstrap::to(upstream.address).manager(upgrading());
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    // What follows the head at once is the tunnel's.
    wire.send(format!("{ASK}ea")).unwrap();
    let head = wire.head().unwrap();
    assert_eq!((head.status(), head.field("upgrade"), head.field("x-accept")), (101, Some("websocket"), Some("2")));
    assert_eq!(head.field("content-length"), None);
    assert_eq!(wire.bytes(4).unwrap(), b"[ea]");
    for _ in 0..3 {
        wire.send("hi").unwrap();
        assert_eq!(wire.bytes(4).unwrap(), b"[hi]");
    }
    proxy.wait_for_stats(|stats| stats["http.test.downstream_rq_active"] == 1);
    wire.send("ed").unwrap();
    assert!(wire.is_closed());
    proxy.wait_until_idle();
    // The connection was nobody's afterwards; an end of the client's side reaches the upstream.
    let mut wire = proxy.connect();
    wire.send(ASK).unwrap();
    assert_eq!(wire.head().unwrap().status(), 101);
    wire.finish_sending();
    assert!(wire.is_closed());
    proxy.wait_until_idle();
    assert_eq!(upstream.connections(), 2);
}

#[test]
fn plugins_see_the_bytes_as_bodies() {
    let upstream = Upstream::start(switching);
    let bootstrap = Bootstrap::to(upstream.address).manager(upgrading()).plugin("replaces", REPLACES);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send(ASK).unwrap();
    assert_eq!(wire.head().unwrap().status(), 101);
    wire.send("a longer message").unwrap();
    assert_eq!(wire.bytes(4).unwrap(), b"abcd");
}

#[test]
fn an_upstream_that_does_not_agree_has_answered() {
    let upstream = Upstream::start(switching);
    let bootstrap = Bootstrap::to(upstream.address).manager(upgrading());
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send(ASK.replace("/ws", "/no")).unwrap();
    let answer = wire.response("GET").unwrap();
    assert_eq!((answer.head.status(), answer.text()), (400, "no"));
}

#[test]
fn what_may_be_upgraded_is_said_by_manager_and_route() {
    let upstream = Upstream::start(switching);
    let to = |path: &str, upgrades: serde_json::Value| json!({"match": {"path": path}, "route": {"cluster": "upstream", "prefix_rewrite": "/ws", "upgrade_configs": upgrades}});
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(to("/off", json!([{"upgrade_type": "websocket", "enabled": false}])))
        .route(to("/other", json!([{"upgrade_type": "other"}])))
        .route(to("/on", json!([])))
        .route(direct_response(json!({"path": "/direct"}), 200, "hello"))
        .manager(upgrading());
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let ask = |path: &str, kind: &str| {
        let mut wire = proxy.connect();
        wire.send(ASK.replace("/ws", path).replace("WebSocket", kind)).unwrap();
        wire.head().unwrap().status()
    };
    assert_eq!(ask("/off", "websocket"), 403);
    assert_eq!(ask("/on", "other"), 403);
    assert_eq!(ask("/on", "WebSocket"), 101);
    assert_eq!(ask("/direct", "websocket"), 200);
    let without = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&without.write(), &[]);
    let mut wire = proxy.connect();
    wire.send(ASK).unwrap();
    assert_eq!(wire.response("GET").unwrap().head.status(), 403);
}
