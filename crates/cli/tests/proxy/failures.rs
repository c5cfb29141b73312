//! Plugins that fail after they have ended a stream: what they asked for last is what becomes of it.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::runtimes;
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, echo};
use serde_json::json;

/// Does what a test asks for in a callback, and fails.
const FAILS: &str = r#"(module
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "CALLBACK") BODY))"#;

/// Holds requests until a tick, in which it answers them and fails.
const FAILS_LATER: &str = r#"(module
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $stream (mut i32) (i32.const 0))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (drop (call $tick (i32.const 5))) (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $stream (local.get 0))
    (i32.const 1))
  (func (export "proxy_on_tick") (param i32)
    (if (global.get $stream) (then
      (drop (call $effective (global.get $stream)))
      (drop (call $reply (i32.const 418) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const -1)))
      unreachable))))"#;

const REPLY: &str = "call $reply (i32.const 418) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) \
                     (i32.const 0) (i32.const -1)";
const CLOSE: &str = "call $close (i32.const 0)";

/// Such a request was let in where the plugin may fail open, although the plugin had turned it away.
#[test]
fn who_is_turned_away_before_the_plugin_fails_is_not_let_in() {
    let upstream = Upstream::start(echo);
    let headers = "(param i32 i32 i32) (result i32) (drop (ASKS)) unreachable";
    // The first context is the plugin's own.
    let create = "(param i32 i32) (if (local.get 1) (then (drop (ASKS)) unreachable))";
    for (callback, body, asks, open) in [
        ("proxy_on_context_create", create, REPLY, Some(418)),
        ("proxy_on_request_headers", headers, REPLY, Some(418)),
        ("proxy_on_request_headers", headers, CLOSE, None),
        ("proxy_on_request_body", headers, REPLY, Some(418)),
        ("proxy_on_request_body", headers, CLOSE, None),
        ("proxy_on_response_headers", headers, REPLY, Some(418)),
        ("proxy_on_response_headers", headers, CLOSE, None),
        ("proxy_on_response_body", headers, REPLY, Some(418)),
        ("proxy_on_response_body", headers, CLOSE, None),
    ] {
        let wat = FAILS.replace("CALLBACK", callback).replace("BODY", body).replace("ASKS", asks);
        for (policy, status) in [("FAIL_OPEN", open), ("FAIL_CLOSED", Some(503))] {
            let fields = [("failure_policy", json!(policy))];
            let bootstrap = Bootstrap::to(upstream.address).plugin_with("fails", &wat, &fields);
            for runtime in runtimes() {
                let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
                let mut client = proxy.connect();
                client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc").unwrap();
                let answer = client.response("POST").ok().map(|answer| answer.head.status());
                assert_eq!(answer, status, "{callback} {asks} {policy} {runtime}");
            }
        }
    }
}

#[test]
fn an_answer_out_of_an_event_that_fails_is_given() {
    for policy in ["FAIL_OPEN", "FAIL_CLOSED"] {
        let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello")).plugin_with(
            "later",
            FAILS_LATER,
            &[("failure_policy", json!(policy))],
        );
        for runtime in runtimes() {
            let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
            assert_eq!(proxy.connect().get("/").unwrap().head.status(), 418, "{policy} {runtime}");
        }
    }
}

/// Closes connections when bytes come, and fails.
const FAILS_ON_BYTES: &str = r#"(module
  (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (drop (call $close (i32.const 2)))
    unreachable))"#;

#[test]
fn a_connection_that_is_closed_before_the_plugin_fails_stays_closed() {
    let upstream = Upstream::start(|wire| {
        let bytes = wire.rest()?;
        wire.send(bytes)
    });
    let bootstrap = Bootstrap::tcp(upstream.address, json!({}));
    let bootstrap = bootstrap.plugin_with("fails", FAILS_ON_BYTES, &[("failure_policy", json!("FAIL_OPEN"))]);
    for runtime in runtimes() {
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        let mut client = proxy.connect();
        client.send("secret").unwrap();
        client.finish_sending();
        assert_eq!(client.rest().unwrap(), b"", "{runtime}");
    }
}
