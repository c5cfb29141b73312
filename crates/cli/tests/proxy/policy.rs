//! What `node.metadata.tollgate` decides about plugins.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::guest;
use crate::support::program::{Program, runtimes};
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use serde_json::json;

/// Counts its requests in a global, and grows by a page with each; loops for ever in those to `/stuck`.
const WEARING: &str = r#"(module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $requests (mut i32) (i32.const 48))
  (data (i32.const 0) ":path")
  (data (i32.const 32) "request number 0")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $requests (i32.add (global.get $requests) (i32.const 1)))
    (i32.store8 (i32.const 47) (global.get $requests))
    (drop (call $log (i32.const 2) (i32.const 32) (i32.const 16)))
    (drop (memory.grow (i32.const 1)))
    (drop (call $get (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 20)))
    (loop $l (br_if $l (i32.eq (i32.load8_u (i32.add (i32.load (i32.const 16)) (i32.const 1))) (i32.const 115))))
    (i32.const 0)))"#;

/// Fails unless it finds `role` in the node's metadata and does not find `tollgate`.
const CURIOUS: &str = r#"(module
  (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "xds\00node\00metadata\00tollgate")
  (data (i32.const 64) "xds\00node\00metadata\00role")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.ne (call $get (i32.const 0) (i32.const 26) (i32.const 128) (i32.const 132)) (i32.const 1)) (then unreachable))
    (if (call $get (i32.const 64) (i32.const 22) (i32.const 128) (i32.const 132)) (then unreachable))
    (i32.const 0)))"#;

/// Writes `x-own` and `x-other` to the response.
const WRITING: &str = r#"(module
  (import "env" "proxy_replace_header_map_value" (func $replace (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "x-ownx-other")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (if (call $replace (i32.const 2) (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 5)) (then unreachable))
    (if (i32.ne (call $replace (i32.const 2) (i32.const 5) (i32.const 7) (i32.const 0) (i32.const 5)) (i32.const 2))
        (then unreachable))
    (i32.const 0)))"#;

const CALL: &str = include_str!("plugins/call.wat");

fn served() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

/// Lines that the plugin has logged.
fn numbers(log: &[String]) -> Vec<char> {
    log.iter().filter_map(|line| line.split_once("request number ")?.1.chars().next()).collect()
}

#[test]
fn a_stuck_plugin_with_an_instance_for_each_stream_costs_only_its_own_request_an_answer() {
    for runtime in runtimes() {
        let policy = json!({"isolation": "stream", "limits": {"callback_deadline": "50ms"}});
        let bootstrap = served().plugin("wearing", WEARING).policy("*", policy);
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        for (path, status) in [("/", 200), ("/stuck", 503), ("/", 200), ("/", 200)] {
            assert_eq!(proxy.connect().get(path).unwrap().head.status(), status, "{runtime} {path}");
        }
        proxy.wait_for_stats(|stats| stats["wasm.wearing.vms"] == 0);
        let stats = proxy.stats();
        assert_eq!((stats["wasm.wearing.interrupted"], stats["wasm.wearing.vm_failed"]), (1, 0), "{runtime}");
        // One more than there were requests: that which showed whether the plugin starts.
        assert_eq!(stats[&*format!("wasm.envoy.wasm.runtime.{runtime}.created")], 5, "{runtime} {stats:?}");
        assert_eq!(numbers(&proxy.stop().stderr), ['1'; 4], "{runtime}");
    }
}

#[test]
fn a_vm_that_has_grown_or_been_used_enough_is_replaced() {
    for runtime in runtimes() {
        for (rebuild, rebuilt, numbered) in [
            (json!({"memory_bytes": "192KiB"}), 1, ['1', '2', '3', '1']),
            (json!({"streams": 2}), 1, ['1', '2', '1', '2']),
        ] {
            let bootstrap = served().plugin("wearing", WEARING).policy("wearing", json!({"rebuild": rebuild}));
            let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
            for _ in 0..4 {
                assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n", "{runtime}");
            }
            proxy.wait_for_stats(|stats| stats["wasm.wearing.vms"] == 1);
            let stats = proxy.stats();
            let counted = (stats["wasm.wearing.rebuilt"], stats["wasm.wearing.rebuild_failed"]);
            assert_eq!(counted, (rebuilt, 0), "{runtime} {rebuild}");
            assert_eq!(numbers(&proxy.stop().stderr), numbered, "{runtime} {rebuild}");
        }
    }
}

#[test]
fn a_plugin_does_not_see_what_is_decided_about_it() {
    for runtime in runtimes() {
        let bootstrap = served().plugin("curious", CURIOUS).policy("curious", json!({"limits": {"strikes": 1}}));
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n", "{runtime}");
    }
}

#[test]
fn a_plugin_writes_the_fields_that_it_is_allowed() {
    for runtime in runtimes() {
        let policy = json!({"allow": {"write_headers": ["x-own"]}});
        let bootstrap = served().plugin("writing", WRITING).policy("writing", policy);
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        for _ in 0..2 {
            let response = proxy.connect().get("/").unwrap();
            assert_eq!((response.text(), response.head.field("x-own")), ("hello\n", Some("x-own")), "{runtime}");
            assert_eq!(response.head.field("x-other"), None, "{runtime}");
        }
        assert_eq!(proxy.stats()["wasm.writing.refused"], 2, "{runtime}");
        let log = proxy.stop().stderr;
        let told = "\"x-other\" is not among the write_headers that this plugin is allowed, which is told BAD_ARGUMENT";
        assert_eq!(log.iter().filter(|line| line.contains(told)).count(), 1, "{runtime} {log:?}");
    }
}

#[test]
fn an_instance_of_a_stream_calls_and_is_told() {
    let upstream = Upstream::start(|wire| {
        loop {
            wire.request()?;
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nGo on")?;
        }
    });
    let text = guest(&CALL.replace("PHASE", "request").replace("TIMEOUT", "0"));
    for runtime in runtimes() {
        let bootstrap = served().plugin("call", &text).cluster(upstream.address);
        let bootstrap = bootstrap.policy("call", json!({"isolation": "stream", "allow": {"clusters": ["upstream"]}}));
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        let mut clients: Vec<_> = (0..5).map(|_| proxy.connect()).collect();
        for client in &mut clients {
            client.send("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n").unwrap();
        }
        for client in &mut clients {
            assert_eq!(client.response("GET").unwrap().text(), "hello\n", "{runtime}");
        }
        proxy.wait_for_stats(|stats| stats["wasm.call.vms"] == 0);
    }
}

#[test]
fn a_response_to_a_call_that_is_too_large_is_a_failure() {
    let upstream = Upstream::start(|wire| {
        loop {
            wire.request()?;
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789")?;
        }
    });
    for (limit, most, is_failure) in [
        ("response_bytes", 10, false),
        ("response_bytes", 9, true),
        ("answer_bytes", 10, false),
        ("answer_bytes", 9, true),
    ] {
        let text = guest(&CALL.replace("PHASE", "request").replace("TIMEOUT", "0"));
        let bootstrap = served().plugin("call", &text).cluster(upstream.address);
        let bootstrap = bootstrap.policy("call", json!({"limits": {limit: most}}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        client.send("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n").unwrap();
        let response = client.response("GET").unwrap();
        assert_eq!(response.text() == "0123456789", !is_failure, "{limit} {most}: {response:?}");
        assert_eq!(proxy.stats()["wasm.call.refused"], u64::from(is_failure), "{limit} {most}");
    }
}

#[test]
fn a_plugin_that_works_too_much_runs_out_of_fuel() {
    for runtime in runtimes() {
        let policy = json!({"limits": {"fuel": 100_000, "callback_deadline": "none"}});
        let bootstrap = served().plugin("wearing", WEARING).policy("wearing", policy);
        let config = bootstrap.write();
        let proxy = Proxy::start(&config, &["--runtime", runtime]);
        for (path, status) in [("/", 200), ("/stuck", 503), ("/", 503)] {
            assert_eq!(proxy.connect().get(path).unwrap().head.status(), status, "{runtime} {path}");
        }
        assert_eq!(proxy.stats()["wasm.wearing.interrupted"], 1, "{runtime}");
        let log = proxy.stop().stderr;
        assert!(log.iter().any(|line| line.contains("out of fuel: it had 100000 (limit fuel)")), "{runtime} {log:?}");
    }
}

#[test]
fn what_plugins_without_streams_cannot_have_is_refused() {
    let bootstrap = served().service("keeper", WEARING, true).policy("keeper", json!({"isolation": "stream"}));
    let config = bootstrap.write();
    let finished = Program::start(config.parent().unwrap(), ["validate", config.to_str().unwrap()]).wait();
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    assert!(finished.stderr.iter().any(|line| line.contains("it has no streams")), "{finished:?}");
}
