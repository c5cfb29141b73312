//! Clients that speak HTTP/2.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::grpc::{GrpcServer, Seen};
use crate::support::http2::{Http2, request};
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, echo};
use crate::support::wire::Wire;
use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use std::io;

/// Adds what it is told of a request to the response: the protocol, and how many trailers there were.
const TELLER: &str = r#"(module
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "request\00protocol")
  (data (i32.const 20) "x-protocol")
  (data (i32.const 40) "x-trailers")
  (data (i32.const 60) "0123456789")
  (global $trailers (mut i32) (i32.const 0))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_trailers") (param i32 i32) (result i32)
    (global.set $trailers (local.get 1)) (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (drop (call $property (i32.const 0) (i32.const 16) (i32.const 100) (i32.const 104)))
    (drop (call $add (i32.const 2) (i32.const 20) (i32.const 10) (i32.load (i32.const 100)) (i32.load (i32.const 104))))
    (drop (call $add (i32.const 2) (i32.const 40) (i32.const 10)
      (i32.add (i32.const 60) (global.get $trailers)) (i32.const 1)))
    (i32.const 0)))"#;

/// Logs what it sees of bodies: how many bytes, in one digit, and whether they are the last.
const PIECES: &str = r#"(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "request ? ?")
  (data (i32.const 20) "response ? ?")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_body") (param $context i32) (param $size i32) (param $end i32) (result i32)
    (i32.store8 (i32.const 8) (i32.add (i32.const 48) (local.get $size)))
    (i32.store8 (i32.const 10) (i32.add (i32.const 48) (local.get $end)))
    (drop (call $log (i32.const 2) (i32.const 0) (i32.const 11)))
    (i32.const 0))
  (func (export "proxy_on_response_body") (param $context i32) (param $size i32) (param $end i32) (result i32)
    (i32.store8 (i32.const 29) (i32.add (i32.const 48) (local.get $size)))
    (i32.store8 (i32.const 31) (i32.add (i32.const 48) (local.get $end)))
    (drop (call $log (i32.const 2) (i32.const 20) (i32.const 12)))
    (i32.const 0)))"#;

/// Answers with the request as it came: first line, fields, body and trailers.
fn mirror(wire: &mut Wire) -> io::Result<()> {
    loop {
        let request = wire.request()?;
        let mut text = format!("{}\n", request.head.first_line);
        for (name, value) in request.head.fields.iter().filter(|(name, _)| name != "x-request-id") {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push_str(&format!("body {:?} trailers {:?}\n", String::from_utf8_lossy(&request.body), request.trailers));
        wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
    }
}

#[test]
fn a_request_becomes_what_it_would_be_over_http_1() {
    let upstream = Upstream::start(mirror);
    let bootstrap = Bootstrap::to(upstream.address).with_trailers().plugin("teller", TELLER);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut post = request("POST", "/p?q");
    for (name, value) in [("cookie", "a=1"), ("x-a", "1"), ("cookie", "b=2"), ("host", "other"), ("trailer", "x-t")] {
        post.headers_mut().append(name, HeaderValue::from_static(value));
    }
    let trailers: HeaderMap = [("x-t".parse().unwrap(), "2".parse().unwrap())].into_iter().collect();
    let answer = client.send(post, b"hello", Some(trailers)).unwrap();
    assert_eq!(answer.head.headers()["x-protocol"], "HTTP/2");
    assert_eq!(answer.head.headers()["x-trailers"], "1");
    let expected = "POST /p?q HTTP/1.1\nx-a: 1\ntrailer: x-t\ncookie: a=1; b=2\nx-forwarded-proto: http\nhost: a.test\n\
                    x-envoy-expected-rq-timeout-ms: 15000\ntransfer-encoding: chunked\nbody \"hello\" trailers [(\"x-t\", \"2\")]\n";
    assert_eq!(answer.text(), expected);
    assert_eq!(proxy.stats()["http.test.downstream_cx_total"], 1);
}

/// Over HTTP/1.1, plugins see the end on its own.
#[test]
fn plugins_see_the_last_frame_of_a_body_as_the_last() {
    let upstream = Upstream::start(echo);
    let behind = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    let bootstrap = Bootstrap::to(behind.address()).with_http2().plugin("pieces", PIECES);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    assert_eq!(client.send(request("POST", "/"), b"abc", None).unwrap().text(), "POST /\nbody: 3 bytes\n");
    // An end that comes late is a frame of its own, without bytes.
    let mut open = client.open(request("POST", "/"));
    for (piece, end) in [("ab", false), ("", false), ("", true)] {
        open.body.send_data(Bytes::from(piece), end).unwrap();
        proxy.admin("/ready");
    }
    assert_eq!(client.answer(open.response).unwrap().text(), "POST /\nbody: 2 bytes\n");
    let lines: Vec<_> = plugin_lines(&proxy.stop().stderr).into_iter().map(|line| line.text).collect();
    assert_eq!(lines[..2], ["request 3 1", "response E 1"], "21 bytes are the letter E");
    assert!(!lines.iter().any(|line| line == "request 0 0"), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("request") && line.ends_with('1')).count(), 2, "{lines:?}");
}

#[test]
fn grpc_passes_with_its_trailers() {
    let server = GrpcServer::start();
    let bootstrap = Bootstrap::to(server.address).with_http2();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let echoed = client.send(request("POST", "/s/Echo"), b"\0\0\0\0\x02hi", None).unwrap();
    assert_eq!((echoed.status(), &echoed.body[..]), (200, &b"\0\0\0\0\x05re:hi"[..]));
    let trailers = echoed.trailers.expect("the status is in the trailers");
    assert_eq!((&trailers["grpc-status"], &trailers["x-trail"]), (&"0".parse().unwrap(), &"t".parse().unwrap()));
    // What has no body has its status in the headers.
    let refused = client.send(request("POST", "/s/TrailersOnly"), b"", None).unwrap();
    assert_eq!((refused.head.headers()["grpc-status"].as_bytes(), refused.body.len()), (&b"7"[..], 0));
    assert!(refused.trailers.is_none());
    // A reset of the upstream's is an answer, as long as there is none.
    let reset = client.send(request("POST", "/s/Reset"), b"", None).unwrap();
    assert_eq!(reset.status(), 503);
    assert!(reset.text().ends_with("reset reason: remote reset"), "{reset:?}");
}

#[test]
fn a_response_without_a_body_ends_with_its_head() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(direct_response(json!({"path": "/204"}), 204, "not to be sent"))
        .route(direct_response(json!({"path": "/direct"}), 200, "hello"))
        .route(json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    for (method, path, status, length) in
        [("HEAD", "/direct", 200, Some("5")), ("HEAD", "/x", 200, Some("22")), ("GET", "/204", 204, None)]
    {
        let answer = client.send(request(method, path), b"", None).unwrap();
        let said = answer.head.headers().get("content-length").map(|value| value.to_str().unwrap());
        assert_eq!((answer.status(), said, answer.body.len()), (status, length, 0), "{method} {path}: {answer:?}");
    }
}

#[test]
fn requests_of_a_connection_do_not_wait_for_each_other() {
    let upstream = Upstream::start(mirror);
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut first = client.open(request("POST", "/first"));
    let second = client.get("/second").unwrap();
    assert!(second.text().starts_with("GET /second "), "{second:?}");
    first.body.send_data(Bytes::from_static(b"at last"), true).unwrap();
    let first = client.answer(first.response).unwrap();
    assert!(first.text().contains("body \"at last\""), "{first:?}");
}

#[test]
fn a_response_that_is_cut_is_reset_and_the_connection_goes_on() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart")
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    for _ in 0..2 {
        let error = client.get("/").unwrap_err();
        assert!(error.is_reset() && error.is_remote(), "{error:?}");
        assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR), "as Envoy says it");
    }
}

#[test]
fn a_client_that_resets_ends_the_upstreams_request() {
    let server = GrpcServer::start();
    let bootstrap = Bootstrap::to(server.address).with_http2();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut open = client.open(request("POST", "/s/Never"));
    open.body.send_data(Bytes::new(), true).unwrap();
    assert!(server.seen.iter().any(|seen| seen == Seen::End));
    open.body.send_reset(Reason::CANCEL);
    assert!(server.seen.iter().any(|seen| matches!(seen, Seen::Reset(_))));
    proxy.wait_for_stats(|stats| stats["http.test.downstream_rq_rx_reset"] == 1);
    assert_eq!(client.send(request("POST", "/s/TrailersOnly"), b"", None).unwrap().status(), 200);
}

#[test]
fn a_stop_lets_requests_finish_and_says_goodbye() {
    let upstream = Upstream::start(mirror);
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut open = client.open(request("POST", "/"));
    proxy.wait_for_stats(|stats| stats["http.test.downstream_rq_active"] == 1);
    proxy.program().terminate();
    open.body.send_data(Bytes::from_static(b"last"), true).unwrap();
    assert_eq!(client.answer(open.response).unwrap().status(), 200);
    client.end().expect("a goodbye without an error");
    let finished = proxy.wait();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}

#[test]
fn a_listener_can_be_of_one_version_only() {
    let hello = || Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello"));
    let bootstrap = hello().manager(json!({"codec_type": "HTTP1"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    assert!(wire.is_closed());
    let bootstrap = hello().manager(json!({"codec_type": "HTTP2"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(Http2::connect(proxy.address()).get("/").unwrap().text(), "hello");
    let mut wire = proxy.connect();
    wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert!(!wire.rest().unwrap_or_default().starts_with(b"HTTP/1.1"));
}

#[test]
fn what_is_configured_of_http_2_is_what_the_client_is_told() {
    let options = json!({"max_concurrent_streams": 3, "initial_stream_window_size": 70_000});
    let bootstrap = Bootstrap::new()
        .route(direct_response(json!({"prefix": "/"}), 200, "hello"))
        .manager(json!({"http2_protocol_options": options}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let head = wire.bytes(9).unwrap();
    let settings = wire.bytes(usize::from(head[2])).unwrap();
    let setting = |id: u8| {
        settings.chunks(6).find(|one| one[1] == id).map(|one| u32::from_be_bytes(one[2..].try_into().unwrap()))
    };
    assert_eq!((setting(3), setting(4)), (Some(3), Some(70_000)));
}

#[test]
fn an_upstream_connection_that_is_full_gets_a_second_one() {
    let server = GrpcServer::start();
    let options = json!({"max_concurrent_streams": 2});
    let bootstrap = Bootstrap::to(server.address).cluster_fields(&json!({"http2_protocol_options": options}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    // Each stays open; the upstream allows for more than two.
    let open: Vec<_> = (0..5)
        .map(|_| {
            let mut open = client.open(request("POST", "/s/Never"));
            open.body.send_data(Bytes::new(), true).unwrap();
            open
        })
        .collect();
    assert_eq!(server.seen.iter().filter(|seen| *seen == Seen::End).take(5).count(), 5);
    assert_eq!(server.connections(), 3);
    drop(open);
}

/// hyper takes a reset with CANCEL or NO_ERROR for the end of a body, so that clients took a part for the whole.
#[test]
fn a_response_that_is_cancelled_upstream_is_not_complete() {
    let server = GrpcServer::start();
    let proxy = Proxy::start(&Bootstrap::to(server.address).with_http2().write(), &[]);
    let mut client = proxy.connect();
    client.send("POST /s/Cancel HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n").unwrap();
    let error = client.response("POST").unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{error}");
    let mut client = Http2::connect(proxy.address());
    let error = client.send(request("POST", "/s/Cancel"), b"", None).unwrap_err();
    assert!(error.is_reset() && error.is_remote(), "{error:?}");
}
