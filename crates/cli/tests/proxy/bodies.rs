//! Bodies: long ones, unframed ones, chunked ones with trailers.

use crate::support::bootstrap::Bootstrap;
use crate::support::http2::{Http2, request};
use crate::support::program::runtimes;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, echo, send_bytes};
use crate::support::wire::{Framing, Wire};
use serde_json::json;
use std::io;
use std::path::Path;

/// Bytes that pass in both directions.
const LONG: usize = 64 << 20;

/// Logs when the end of a body comes.
const ENDS: &str = include_str!("plugins/ends.wat");

/// Removes content-length from requests.
const NO_LENGTH: &str = r#"(module
  (import "env" "proxy_remove_header_map_value" (func $remove (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "content-length")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $remove (i32.const 0) (i32.const 0) (i32.const 14))))"#;

/// Answers with what it has got of a request's body, and the length that the head said.
fn mirror(wire: &mut Wire) -> io::Result<()> {
    loop {
        let request = wire.request()?;
        let (body, length) = (request.text(), request.head.field("content-length").unwrap_or("none"));
        wire.send(format!("HTTP/1.1 200 OK\r\nx-body: {body}\r\nx-length: {length}\r\ncontent-length: 0\r\n\r\n"))?;
    }
}

/// How much a proxy may grow by while they pass: buffers of sockets and channels, far from both bodies. The allocator takes its
/// memory in pieces of megabytes, so that it comes to 16 MiB or a page more; half a gigabyte takes no more.
const BOUND_KIB: u64 = 24 << 10;

#[test]
fn a_long_body_passes_three_plugins_in_constant_memory() {
    let upstream = Upstream::start(echo);
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/chain/plugin.wasm");
    let mut bootstrap = Bootstrap::to(upstream.address);
    for letter in ["A", "B", "C"] {
        bootstrap = bootstrap.plugin_config(json!({
            "name": format!("chain_{letter}"),
            "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": letter},
            "vm_config": {"vm_id": letter, "code": {"local": {"filename": plugin}}},
        }));
    }
    let config = bootstrap.write();
    for runtime in runtimes() {
        let proxy = Proxy::start(&config, &["--runtime", runtime]);
        // What it needs anyway is there after a first exchange.
        assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
        let before = memory_kib(&proxy);

        let mut client = proxy.connect();
        client.send(format!("POST /up HTTP/1.1\r\nhost: a\r\ncontent-length: {LONG}\r\n\r\n")).unwrap();
        send_bytes(&mut client, LONG).unwrap();
        let answer = client.response("POST").unwrap();
        assert!(answer.text().ends_with(&format!("body: {LONG} bytes\n")), "{}", answer.text());

        client.send(format!("GET /bytes/{LONG} HTTP/1.1\r\nhost: a\r\n\r\n")).unwrap();
        let head = client.head().unwrap();
        assert_eq!(head.framing(), Some(Framing::Length(LONG as u64)));
        let mut received = 0;
        client.body(Framing::Length(LONG as u64), |piece| received += piece.len()).unwrap();
        assert_eq!(received, LONG);

        let grown = memory_kib(&proxy).saturating_sub(before);
        assert!(grown < BOUND_KIB, "{runtime}: the proxy has grown by {grown} KiB");
    }
}

/// hyper does not ask for more of a body once it has written as much as content-length says: the end has to be known by
/// then, or the plugin does not see it and the exchange counts as broken off.
#[test]
fn the_end_of_bodies_with_a_length_is_seen() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address).plugin("ends", ENDS);
    let config = bootstrap.write();
    for size in [1_000, 1_000_000] {
        let proxy = Proxy::start(&config, &[]);
        let mut client = proxy.connect();
        client.send(format!("POST /up HTTP/1.1\r\nhost: a\r\ncontent-length: {size}\r\n\r\n")).unwrap();
        send_bytes(&mut client, size).unwrap();
        assert_eq!(client.response("POST").unwrap().head.status(), 200);
        let answer = client.get(&format!("/bytes/{size}")).unwrap();
        assert_eq!(answer.head.framing(), Some(Framing::Length(size as u64)), "nobody has changed the body");
        proxy.wait_until_idle();
        let stats = proxy.stats();
        assert_eq!((stats["http.test.downstream_rq_completed"], stats["http.test.downstream_rq_rx_reset"]), (2, 0));
        let lines: Vec<_> = plugin_lines(&proxy.stop().stderr).into_iter().map(|line| line.text).collect();
        assert_eq!(lines, ["request end", "response end", "response end"]);
    }
}

#[test]
fn a_client_that_does_not_read_stops_the_upstream() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {LONG}\r\n\r\n"))?;
        send_bytes(wire, LONG)
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let before = memory_kib(&proxy);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert_eq!(client.head().unwrap().status(), 200);
    // Exchanges on other connections take turns with this one; if it swallowed the body, it would have by now.
    for _ in 0..20 {
        assert_eq!(proxy.admin("/ready").head.status(), 200);
        let mut other = proxy.connect();
        other.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        other.head().unwrap();
    }
    let grown = memory_kib(&proxy).saturating_sub(before);
    assert!(grown < 2 * BOUND_KIB, "the proxy has grown by {grown} KiB");
}

#[test]
fn a_response_that_ends_with_its_connection() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\n\r\nall there is")
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..2 {
        let response = client.get("/").unwrap();
        assert_eq!(response.head.framing(), Some(Framing::Chunked), "so that the client's connection stays");
        assert_eq!(response.text(), "all there is");
    }
}

#[test]
fn a_chunked_upload_stays_chunked() {
    let upstream = Upstream::start(|wire| {
        let request = wire.request()?;
        let chunked = request.head.framing() == Some(Framing::Chunked);
        let text = format!("{chunked} {}\n", request.text());
        wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
        wire.rest().map(drop)
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client
        .send(
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
             6;extension=1\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
        )
        .unwrap();
    assert_eq!(client.response("POST").unwrap().text(), "true hello world\n");
}

/// hyper takes a request of these methods for one without a body, unless it is told how the body is framed.
#[test]
fn a_body_without_a_length_passes_whatever_the_method_is() {
    let upstream = Upstream::start(mirror);
    // A length that a plugin takes away is none.
    for bootstrap in [Bootstrap::to(upstream.address), Bootstrap::to(upstream.address).plugin("no_length", NO_LENGTH)] {
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST"] {
            let mut client = proxy.connect();
            for body in ["transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "content-length: 5\r\n\r\nhello"]
            {
                client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n{body}")).unwrap();
                let answer = client.response(method).unwrap();
                assert_eq!(answer.head.field("x-body"), Some("hello"), "{method} {body}");
            }
        }
        let mut client = Http2::connect(proxy.address());
        let answer = client.send(request("GET", "/"), b"hello", None).unwrap();
        assert_eq!(answer.head.headers()["x-body"], "hello");
    }
}

/// Some upstreams answer 411 to a request that might have a body and does not say that it has none.
#[test]
fn a_request_whose_method_foresees_a_body_says_that_it_has_none() {
    let upstream = Upstream::start(mirror);
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    let (mut client, mut http2) = (proxy.connect(), Http2::connect(proxy.address()));
    for (method, length) in [
        ("POST", "0"),
        ("PUT", "0"),
        ("PATCH", "0"),
        ("OPTIONS", "0"),
        ("GET", "none"),
        ("HEAD", "none"),
        ("DELETE", "none"),
    ] {
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n\r\n")).unwrap();
        assert_eq!(client.response(method).unwrap().head.field("x-length"), Some(length), "{method}");
        assert_eq!(http2.send(request(method, "/"), b"", None).unwrap().head.headers()["x-length"], length, "{method}");
    }
}

/// Trailers are dropped unless they are enabled, as in Envoy: a plugin that waits for a body's end must see it.
#[test]
fn trailers_do_not_hide_the_end_of_a_body() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address).plugin("ends", ENDS);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client
        .send("POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n")
        .unwrap();
    assert_eq!(client.response("POST").unwrap().text(), "POST /a\nbody: 5 bytes\n");
    let lines: Vec<_> = plugin_lines(&proxy.stop().stderr).into_iter().map(|line| line.text).collect();
    assert_eq!(lines, ["request end", "response end"]);
}

#[test]
fn an_upload_with_trailers() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address).plugin("lifecycle", include_str!("plugins/lifecycle.wat"));
    let proxy = Proxy::start(&bootstrap.with_trailers().write(), &[]);
    let mut client = proxy.connect();
    client
        .send(
            "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n\
             5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
        )
        .unwrap();
    assert_eq!(client.response("POST").unwrap().text(), "POST /a\nbody: 5 bytes\n");
    assert_eq!(client.get("/b").unwrap().text(), "GET /b\nbody: 0 bytes\n", "the connection goes on");
    let lines: Vec<_> = plugin_lines(&proxy.stop().stderr).into_iter().map(|line| line.text).collect();
    assert_eq!(lines[..3], ["request_headers", "request_body", "request_trailers"], "{lines:?}");
}

/// Resident memory of the proxy.
fn memory_kib(proxy: &Proxy) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.program().id())).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line on resident memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

/// The body of a GET in chunks got lost, and a POST without a body did not say so.
#[test]
fn an_upstream_is_told_of_every_body_whether_there_is_one() {
    let upstream = Upstream::start(|wire| {
        loop {
            let request = wire.request()?;
            let field = |name: &str| request.head.field(name).unwrap_or("none").to_owned();
            let told = format!("{} {} {:?}", field("content-length"), field("transfer-encoding"), request.text());
            wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{told}", told.len()))?;
        }
    });
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    let mut client = proxy.connect();
    let chunked = "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    for (method, rest, expected) in [
        ("GET", chunked, "none chunked \"ab\""),
        ("DELETE", chunked, "none chunked \"ab\""),
        ("GET", "\r\n", "none none \"\""),
        ("DELETE", "\r\n", "none none \"\""),
        ("POST", "\r\n", "0 none \"\""),
        ("OPTIONS", "\r\n", "0 none \"\""),
        ("GET", "content-length: 2\r\n\r\nab", "2 none \"ab\""),
    ] {
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n{rest}")).unwrap();
        assert_eq!(client.response(method).unwrap().text(), expected, "{method} {rest:?}");
    }
}
