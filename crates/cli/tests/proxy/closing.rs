//! How connections end: what a client is told while it still sends, and what it may still ask for.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::http2::{Http2, request};
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, echo};
use crate::support::wire::Wire;
use bytes::Bytes;
use serde_json::{Value, json};
use std::io;

/// Holds bodies, of which there is room for 64 KiB.
const HOLDER: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32) (i32.const 1)))"#;

/// What HTTP/2 begins with: the preface and empty settings.
const BEGIN: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn holding(manager: Value) -> Bootstrap {
    Bootstrap::new()
        .route(direct_response(json!({"prefix": "/"}), 200, "hello"))
        .listener(json!({"per_connection_buffer_limit_bytes": 65536}))
        .plugin("holder", HOLDER)
        .manager(manager)
}

fn hello(manager: Value) -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello")).manager(manager)
}

/// Sends a body in pieces of 64 KiB.
fn send_body(wire: &mut Wire, pieces: usize) -> io::Result<()> {
    wire.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", pieces * 65536))?;
    (0..pieces).try_for_each(|_| wire.send([b'x'; 65536]))
}

#[test]
fn a_client_that_reads_when_it_has_sent_everything_gets_its_answer() {
    let bootstrap = holding(json!({"delayed_close_timeout": "60s"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    send_body(&mut wire, 1024).expect("all of it is taken");
    let answer = wire.response("POST").unwrap();
    assert_eq!((answer.head.status(), answer.text()), (413, "Payload Too Large"));
    assert!(wire.is_closed());
    assert_eq!(proxy.stats()["http.test.downstream_cx_active"], 1, "it waits for the client");
    drop(wire);
    proxy.wait_for_stats(|stats| stats["http.test.downstream_cx_active"] == 0);
    assert_eq!(proxy.stats()["http.test.downstream_cx_delayed_close_timeout"], 0);
}

#[test]
fn a_client_that_sends_nonsense_and_more_is_told_so() {
    let bootstrap = hello(json!({"delayed_close_timeout": "60s"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send("GET / HTTP/1.1\r\nhost a\r\n\r\n").unwrap();
    (0..256).try_for_each(|_| wire.send([b'x'; 65536])).expect("all of it is taken");
    assert_eq!(wire.response("GET").unwrap().head.status(), 400);
    // DATA of stream 0, of HTTP/2: the answer is a goodbye that says why.
    let mut wire = proxy.connect();
    wire.send([BEGIN, b"\0\0\x01\0\0\0\0\0\0x"].concat()).unwrap();
    (0..256).try_for_each(|_| wire.send([b'x'; 65536])).expect("all of it is taken");
    let told = wire.rest().expect("an end, and no reset");
    let goodbye = [&b"\x07\0\0\0\0\0"[..], &[0; 4], &[0, 0, 0, 1]].concat();
    assert!(told.windows(goodbye.len()).any(|bytes| bytes == goodbye), "{told:?}");
}

#[test]
fn a_client_that_goes_on_sending_is_not_heard_for_ever() {
    for (timeout, over) in [("0s", 0), ("0.1s", 1)] {
        let bootstrap = holding(json!({"delayed_close_timeout": timeout}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut wire = proxy.connect();
        send_body(&mut wire, usize::MAX / 65536).expect_err("somewhen, it is broken off");
        proxy.wait_for_stats(|stats| stats["http.test.downstream_cx_active"] == 0);
        assert_eq!(proxy.stats()["http.test.downstream_cx_delayed_close_timeout"], over, "{timeout}");
    }
}

#[test]
fn a_connection_that_drains_answers_what_was_on_its_way() {
    let bootstrap = hello(json!({"drain_timeout": "600s"}));
    let proxy = Proxy::start(&bootstrap.write(), &["--drain-time-s", "600"]);
    let (mut asks, mut rests) = (proxy.connect(), proxy.connect());
    for wire in [&mut asks, &mut rests] {
        assert_eq!(wire.get("/").unwrap().head.field("connection"), None);
    }
    assert_eq!(proxy.post("/drain_listeners", "").head.status(), 200);
    proxy.wait_for_stats(|stats| stats["http.test.downstream_cx_drain_close"] == 2);
    let last = asks.get("/").unwrap();
    assert_eq!((last.text(), last.head.field("connection")), ("hello", Some("close")));
    assert!(asks.is_closed());
    // Nobody waits for the other one when the process stops.
    let finished = proxy.stop();
    assert!(rests.is_closed());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}

#[test]
fn a_connection_that_drains_is_closed_when_its_time_is_over_and_it_is_at_rest() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address).manager(json!({"drain_timeout": "0.1s"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let (mut busy, mut rests) = (proxy.connect(), proxy.connect());
    busy.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").unwrap();
    rests.get("/").unwrap();
    let mut client = Http2::connect(proxy.address());
    let mut open = client.open(request("POST", "/"));
    // One of HTTP/2 that neither sends anything nor answers to a ping.
    let mut silent = proxy.connect();
    silent.send(BEGIN).unwrap();
    proxy.wait_for_stats(|stats| stats["http.test.downstream_rq_active"] == 2);
    proxy.wait_for_stats(|stats| stats["http.test.downstream_cx_active"] == 4);
    assert_eq!(proxy.post("/drain_listeners", "").head.status(), 200);
    assert!(rests.is_closed());
    silent.rest().expect("an end");
    // By now, the time of the others is over too.
    busy.send("hello").unwrap();
    let answer = busy.response("POST").unwrap();
    assert_eq!((answer.text(), answer.head.field("connection")), ("POST /\nbody: 5 bytes\n", Some("close")));
    assert!(busy.is_closed());
    open.body.send_data(Bytes::from_static(b"last"), true).unwrap();
    assert_eq!(client.answer(open.response).unwrap().text(), "POST /\nbody: 4 bytes\n");
    client.end().expect("a goodbye without an error");
}

/// Such connections were closed without a word, so that a client that had sent its next request meanwhile could not know whether
/// that was read.
#[test]
fn an_answer_before_the_end_of_its_request_says_that_the_connection_closes() {
    let proxy = Proxy::start(&hello(json!({})).write(), &[]);
    for (what, request) in [
        ("a length", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc"),
        ("chunks", "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        ("leave to send", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n"),
    ] {
        let mut wire = proxy.connect();
        wire.send(request).unwrap();
        let answer = wire.response("POST").unwrap();
        let told = (answer.head.status(), answer.text(), answer.head.field("connection"));
        assert_eq!(told, (200, "hello", Some("close")), "{what}");
        assert!(wire.is_closed(), "{what}");
    }
}

#[test]
fn an_upstream_that_answers_before_the_end_of_the_request_closes_the_connection() {
    let upstream = Upstream::start(|wire| {
        wire.head()?;
        wire.send("HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n")
    });
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    let mut wire = proxy.connect();
    wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc").unwrap();
    let answer = wire.response("POST").unwrap();
    assert_eq!((answer.head.status(), answer.head.field("connection")), (413, Some("close")));
    assert!(wire.is_closed());
}

#[test]
fn a_request_that_has_come_is_read_to_its_end_before_its_answer_is_given() {
    let proxy = Proxy::start(&hello(json!({})).write(), &[]);
    let mut wire = proxy.connect();
    for _ in 0..3 {
        for request in [
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        ] {
            wire.send(request).unwrap();
            let answer = wire.response("POST").unwrap();
            assert_eq!((answer.head.status(), answer.head.field("connection")), (200, None));
        }
    }
    assert_eq!(proxy.stats()["http.test.downstream_cx_total"], 1);
}
