//! Network plugins in front of HTTP: what they are told, and what they change. On every runtime.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::runtimes;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, echo};
use serde_json::json;

/// Logs what it is told; changes `/from` in what clients send to `/into`; closes a connection on `/close`, and traps on `/trap`.
const FRONT: &str = r#"(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "newsentgotclosed 1closed 2loggone/into")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func $say (param i32 i32) (drop (call $log (i32.const 2) (local.get 0) (local.get 1))))
  (func (export "proxy_on_new_connection") (param i32) (result i32) (call $say (i32.const 0) (i32.const 3)) (i32.const 0))
  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
    (local $letter i32)
    (if (local.get 2) (then unreachable))
    (call $say (i32.const 3) (i32.const 4))
    ;; The letter behind "GET /".
    (if (i32.lt_u (local.get 1) (i32.const 9)) (then (return (i32.const 0))))
    (drop (call $get (i32.const 2) (i32.const 0) (i32.const 9) (i32.const 64) (i32.const 68)))
    (local.set $letter (i32.load8_u offset=5 (i32.load (i32.const 64))))
    (if (i32.eq (local.get $letter) (i32.const 102)) ;; f
      (then (drop (call $set (i32.const 2) (i32.const 4) (i32.const 5) (i32.const 33) (i32.const 5)))))
    (if (i32.eq (local.get $letter) (i32.const 99)) ;; c
      (then (drop (call $close (i32.const 2)))))
    (if (i32.eq (local.get $letter) (i32.const 116)) ;; t
      (then unreachable))
    (i32.const 0))
  (func (export "proxy_on_upstream_data") (param i32 i32 i32) (result i32)
    (if (local.get 2) (then unreachable))
    (call $say (i32.const 7) (i32.const 3)) (i32.const 0))
  (func (export "proxy_on_downstream_connection_close") (param i32 i32)
    (call $say (select (i32.const 10) (i32.const 18) (i32.eq (local.get 1) (i32.const 1))) (i32.const 8)))
  (func (export "proxy_on_log") (param i32) (call $say (i32.const 26) (i32.const 3)))
  (func (export "proxy_on_delete") (param i32)
    (call $say (i32.const 29) (i32.const 4))))"#;

fn on_each_runtime(bootstrap: &Bootstrap, test: impl Fn(&Proxy) -> Vec<&'static str>) {
    for runtime in runtimes() {
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        let expected = test(&proxy);
        proxy.wait_until_idle();
        let lines = plugin_lines(&proxy.stop().stderr);
        // The contexts before are the plugin's own.
        let told = lines.iter().filter(|line| line.plugin == "front" && line.context > 1 && line.level == "info");
        let told: Vec<_> = told.map(|line| &*line.text).collect();
        let begins = told.iter().zip(&expected).all(|(told, expected)| told == expected);
        assert!(begins && told.len() >= expected.len(), "{runtime}: {told:?}");
    }
}

fn to(upstream: &Upstream) -> Bootstrap {
    Bootstrap::to(upstream.address).in_front("front", FRONT)
}

#[test]
fn a_plugin_sees_the_bytes_of_every_request_and_that_the_client_closes() {
    let upstream = Upstream::start(echo);
    on_each_runtime(&to(&upstream), |proxy| {
        let mut client = proxy.connect();
        for _ in 0..2 {
            assert_eq!(client.get("/a").unwrap().text(), "GET /a\nbody: 0 bytes\n");
        }
        vec!["new", "sent", "got", "sent", "got", "closed 2", "log", "gone"]
    });
}

#[test]
fn a_plugin_is_told_that_the_proxy_closes() {
    let upstream = Upstream::start(echo);
    on_each_runtime(&to(&upstream), |proxy| {
        let mut client = proxy.connect();
        client.send("GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        assert_eq!(client.response("GET").unwrap().text(), "GET /a\nbody: 0 bytes\n");
        assert!(client.is_closed());
        vec!["new", "sent", "got", "closed 1", "log", "gone"]
    });
}

#[test]
fn a_plugin_changes_what_http_reads() {
    let upstream = Upstream::start(echo);
    on_each_runtime(&to(&upstream), |proxy| {
        assert_eq!(proxy.connect().get("/from/x").unwrap().text(), "GET /into/x\nbody: 0 bytes\n");
        vec!["new", "sent", "got"]
    });
}

#[test]
fn a_plugin_closes_connections_of_http() {
    let upstream = Upstream::start(echo);
    on_each_runtime(&to(&upstream), |proxy| {
        let mut client = proxy.connect();
        client.send("GET /close HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert!(client.is_closed());
        vec!["new", "sent", "closed 1", "log", "gone"]
    });
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_plugin_that_traps_ends_its_connection_and_those_that_come_later() {
    let upstream = Upstream::start(echo);
    on_each_runtime(&to(&upstream), |proxy| {
        let mut client = proxy.connect();
        client.send("GET /trap HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert!(client.is_closed());
        assert_eq!(proxy.stats()["wasm.front.traps"], 1);
        assert!(proxy.connect().is_closed());
        Vec::new()
    });
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn large_bodies_pass_in_both_directions() {
    const SIZE: usize = 3_000_000;
    let upstream = Upstream::start(|wire| {
        let request = wire.request()?;
        wire.send([format!("HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n").as_bytes(), &request.body].concat())
    });
    on_each_runtime(&to(&upstream), |proxy| {
        // None of the letters that the plugin looks for, wherever a piece begins.
        let body: Vec<u8> = (0..SIZE).map(|i| (i % 97) as u8).collect();
        let (mut client, mut reader) = {
            let client = proxy.connect();
            let other = client.another();
            (client, other)
        };
        let sent =
            [format!("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: {SIZE}\r\n\r\n").as_bytes(), &body].concat();
        let sending = std::thread::spawn(move || client.send(sent));
        assert!(reader.response("POST").unwrap().body == body);
        sending.join().unwrap().unwrap();
        Vec::new()
    });
}

#[test]
fn http_has_its_own_plugins_and_limits_behind_it() {
    let bootstrap = Bootstrap::new()
        .route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
        .manager(json!({"common_http_protocol_options": {"max_requests_per_connection": 2}}))
        .in_front("front", FRONT);
    on_each_runtime(&bootstrap, |proxy| {
        let mut client = proxy.connect();
        assert_eq!(client.get("/").unwrap().head.field("connection"), None);
        assert_eq!(client.get("/").unwrap().head.field("connection"), Some("close"));
        assert!(client.is_closed());
        assert_eq!(proxy.stats()["http.test.downstream_cx_max_requests_reached"], 1);
        vec!["new", "sent", "got", "sent", "got", "closed 1", "log", "gone"]
    });
}
