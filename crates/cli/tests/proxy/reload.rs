//! Another configuration in the place of the one that serves: no connection is closed, no request is lost, and what cannot
//! be started is not taken.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use crate::support::wire::Wire;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

const LEDGER: &str = include_str!("plugins/ledger.wat");

/// A plugin that adds `x-generation` to responses.
pub(super) fn generation(value: &str) -> String {
    super::plugin_output::header("x-generation", value)
}

pub(super) fn saying(body: &str) -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, body))
}

#[test]
fn the_next_request_of_a_connection_meets_the_next_configuration() {
    let bootstrap = saying("one\n").plugin("adds", &generation("one"));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let mut clients: Vec<_> = (0..8).map(|_| proxy.connect()).collect();
    for (number, text) in [(1, "one"), (2, "two"), (3, "three")] {
        if number > 1 {
            bootstrap.replace_with(&saying(&format!("{text}\n")).plugin("adds", &generation(text)));
            assert!(proxy.reload().1.starts_with(&format!("generation {number} serves\n")));
        }
        for client in &mut clients {
            let answer = client.get("/").unwrap();
            assert_eq!((answer.text(), answer.head.field("x-generation")), (&*format!("{text}\n"), Some(text)));
        }
    }
    let stats = proxy.stats();
    assert_eq!((stats["reload.generation"], stats["reload.success"], stats["reload.failure"]), (3, 2, 0));
    assert_eq!(stats["http.test.downstream_rq_total"], 24, "counters go on");
    assert_eq!(stats["http.test.downstream_cx_total"], 8, "no connection was closed");
    proxy.wait_for_stats(|stats| stats["reload.generations_active"] == 1 && stats["wasm.wasm_vm_count"] == 2);
}

#[test]
fn a_stream_under_way_ends_as_it_began_and_its_generation_with_it() {
    let (upstream, go_on) = Upstream::slow();
    let bootstrap = Bootstrap::to(upstream.address).plugin("adds", &generation("one"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let head = client.head().unwrap();
    assert_eq!(head.field("x-generation"), Some("one"));

    bootstrap.replace_with(&saying("two\n").plugin("adds", &generation("two")));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "two\n");
    let stats = proxy.stats();
    assert_eq!((stats["reload.generations_active"], stats["wasm.adds.streams_active"]), (2, 1));

    go_on.send(()).unwrap();
    let mut body = Vec::new();
    client.body(head.framing().unwrap(), |piece| body.extend_from_slice(piece)).unwrap();
    assert_eq!(body, b"the beginning, the end");
    // The connection is as good as before.
    assert_eq!(client.get("/").unwrap().text(), "two\n");
    proxy.wait_for_stats(|stats| stats["reload.generations_active"] == 1 && stats["wasm.wasm_vm_count"] == 1);
}

#[test]
fn what_cannot_be_read_or_started_is_not_taken() {
    let configuring = |body: &str| {
        format!(
            r#"(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
                (func (export "malloc") (param i32) (result i32) (i32.const 0))
                (func (export "proxy_on_configure") (param i32 i32) (result i32) {body}))"#
        )
    };
    let (traps, endless) = (configuring("(unreachable)"), configuring("(loop (br 0)) (i32.const 1)"));
    let bootstrap = saying("one\n").plugin("adds", &generation("one"));
    let path = bootstrap.write();
    let proxy = Proxy::start(&path, &["--limit", "start_deadline=20ms"]);
    let mut client = proxy.connect();
    let refused = |why: &str| {
        let (status, text) = proxy.reload();
        assert_eq!(status, 400, "{text}");
        assert!(text.contains(why), "{text}");
    };
    bootstrap.replace_with(&saying("two\n").plugin("adds", &traps));
    refused("proxy_on_configure");
    bootstrap.replace_with(&saying("two\n").plugin("adds", &endless));
    refused("limit start_deadline");
    std::fs::write(&path, "no_field: 1").unwrap();
    refused("unknown field \"no_field\"");
    std::fs::remove_file(&path).unwrap();
    refused("there is no such file");
    let answer = client.get("/").unwrap();
    assert_eq!((answer.text(), answer.head.field("x-generation")), ("one\n", Some("one")));
    let stats = proxy.stats();
    assert_eq!((stats["reload.failure"], stats["reload.generation"], stats["reload.generations_active"]), (4, 1, 1));
    bootstrap.replace_with(&saying("two\n"));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(client.get("/").unwrap().text(), "two\n");
}

#[test]
fn values_queues_and_metrics_outlive_a_configuration() {
    let ledger = || saying("hello\n").plugin("ledger", LEDGER);
    let bootstrap = ledger();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for requests in 1..=3 {
        assert_eq!(client.get("/").unwrap().head.status(), 200);
        proxy.wait_for_stats(|stats| stats["wasmcustom.consumed"] == requests);
        assert_eq!(proxy.stats()["wasmcustom.requests"], requests);
        bootstrap.replace_with(&ledger());
        assert_eq!(proxy.reload().0, 200);
    }
}

#[test]
fn listeners_come_and_go() {
    let bootstrap = saying("one\n");
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut kept = proxy.connect();
    assert_eq!(kept.get("/").unwrap().text(), "one\n");
    // Another name is another listener where the system chooses the port.
    bootstrap.replace_with(&saying("two\n").listener(json!({"name": "other"})));
    let (status, text) = proxy.reload();
    let address = text.lines().find_map(|line| line.strip_prefix("listener  other: http://")).unwrap();
    assert_eq!((status, Wire::connect(address.parse().unwrap()).get("/").unwrap().text()), (200, "two\n"));
    assert!(kept.is_closed(), "a connection at rest of a listener that is no more");
    let refused = std::net::TcpStream::connect_timeout(&proxy.address(), crate::support::PATIENCE);
    assert!(refused.is_err(), "nobody listens there any more");
    proxy.wait_for_stats(|stats| stats["reload.generations_active"] == 1);
}

#[test]
fn no_request_is_lost_while_it_is_reloaded_again_and_again() {
    let bootstrap = saying("hello\n").plugin("adds", &generation("one"));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let done = AtomicBool::new(false);
    let requests: u64 = std::thread::scope(|scope| {
        let client = || {
            let mut requests = 0;
            let mut client = proxy.connect();
            while !done.load(Ordering::Relaxed) {
                // Some stay, some come anew.
                if requests % 16 == 0 {
                    client = proxy.connect();
                }
                assert_eq!(client.get("/").unwrap().text(), "hello\n");
                requests += 1;
            }
            requests
        };
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
        for _ in 0..20 {
            assert_eq!(proxy.reload().0, 200);
        }
        done.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    proxy.wait_for_stats(|stats| stats["reload.generations_active"] == 1);
    let stats = proxy.stats();
    assert_eq!((stats["http.test.downstream_rq_2xx"], stats["reload.generation"]), (requests, 21));
}

#[test]
fn sighup_and_changes_of_files_have_it_read_anew() {
    let bootstrap = saying("one\n").plugin("adds", &generation("one"));
    let proxy = Proxy::start(&bootstrap.write(), &["--watch"]);
    let mut client = proxy.connect();
    assert_eq!(client.get("/").unwrap().head.field("x-generation"), Some("one"));
    // The plugin alone: the configuration is written as it was.
    bootstrap.replace_with(&saying("one\n").plugin("adds", &generation("two")));
    proxy.wait_for_stats(|stats| stats["reload.success"] >= 1);
    assert_eq!(client.get("/").unwrap().head.field("x-generation"), Some("two"));
    proxy.program().signal("HUP");
    let before = proxy.stats()["reload.success"];
    proxy.program().stderr.wait_for(|line| line.contains("SIGHUP")).unwrap();
    proxy.wait_for_stats(|stats| stats["reload.success"] >= before);
    assert_eq!(client.get("/").unwrap().text(), "one\n");
    assert_eq!(proxy.stop().status.code(), Some(0));
}
