//! Upstreams that fail, and what the client gets then.

use crate::support::bootstrap::Bootstrap;
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, refusing};
use crate::support::wire::{Message, Wire};
use serde_json::json;
use std::io;
use std::net::SocketAddr;

const PROTOCOL_ERROR: &str = "upstream connect error or disconnect/reset before headers. reset reason: protocol error";
const RESET: &str = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

#[test]
fn refused_connection() {
    let (_socket, address) = refusing();
    let response = answer_of(address);
    assert_eq!(response.head.status(), 503);
    assert_eq!(response.head.field("content-type"), Some("text/plain"));
    assert_eq!(
        response.text(),
        "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"
    );
}

#[test]
fn no_endpoint() {
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}});
    let bootstrap = Bootstrap::new().cluster_of(&[]).route(route);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!((response.head.status(), response.text()), (503, "no healthy upstream"));
}

#[test]
fn closed_before_the_head() {
    let upstream = Upstream::start(|wire| wire.request().map(drop));
    let response = answer_of(upstream.address);
    assert_eq!((response.head.status(), response.text()), (503, RESET));
}

#[test]
fn closed_in_the_head() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-le")
    });
    let response = answer_of(upstream.address);
    assert_eq!((response.head.status(), response.text()), (502, PROTOCOL_ERROR));
}

#[test]
fn an_answer_that_is_no_http() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("SSH-2.0-OpenSSH_9.9\r\n\r\n")?;
        wire.rest().map(drop)
    });
    let response = answer_of(upstream.address);
    assert_eq!((response.head.status(), response.text()), (502, PROTOCOL_ERROR));
}

/// The client got no byte of an answer whose body was wrong from its first byte.
#[test]
fn what_came_before_an_error_is_sent() {
    for (body, before) in [("zz\r\n", ""), ("3\r\nabc\r\nzz\r\n", "abc")] {
        let upstream = Upstream::start(move |wire| {
            wire.request()?;
            wire.send(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}"))?;
            wire.rest().map(drop)
        });
        let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
        let mut client = proxy.connect();
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let got = String::from_utf8(client.rest().unwrap()).unwrap();
        assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.contains(before), "{got:?}");
        assert!(!got.ends_with("0\r\n\r\n"), "{got:?}");
    }
}

#[test]
fn cut_off_in_a_body_of_known_length() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe beginning")
    });
    is_cut_off(upstream.address);
}

#[test]
fn cut_off_in_a_chunked_body() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nbeginning\r\n")
    });
    is_cut_off(upstream.address);
}

#[test]
fn an_upstream_that_never_answers() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let proxy = with_timeout(upstream.address);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!((response.head.status(), response.text()), (504, "upstream request timeout"));
    assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_timeout"], 1);
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_active"] == 0);
}

#[test]
fn an_upstream_that_stops_in_the_middle() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe beginning")?;
        wire.rest().map(drop)
    });
    let proxy = with_timeout(upstream.address);
    let mut client = proxy.connect();
    let error = client.get("/").unwrap_err();
    assert!(was_cut(&error), "{error}");
}

#[test]
fn the_next_request_after_a_failure_is_none_the_worse() {
    let upstream = Upstream::start(|wire| {
        loop {
            let request = wire.request()?;
            if request.head.first_line.contains("/fail") {
                return Ok(());
            }
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n")?;
        }
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, status) in [("/", 200), ("/fail", 503), ("/", 200), ("/fail", 503), ("/fail", 503), ("/", 200)] {
        assert_eq!(client.get(path).unwrap().head.status(), status, "{path}");
    }
}

fn answer_of(upstream: SocketAddr) -> Message {
    let bootstrap = Bootstrap::to(upstream);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    proxy.connect().get("/").unwrap()
}

fn with_timeout(upstream: SocketAddr) -> Proxy {
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0.2s"}});
    let bootstrap = Bootstrap::new().cluster(upstream).route(route);
    Proxy::start(&bootstrap.write(), &[])
}

/// The client gets what there is, and then the end of the connection, so that it cannot take the part for the whole.
fn is_cut_off(upstream: SocketAddr) {
    let bootstrap = Bootstrap::to(upstream);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client: Wire = proxy.connect();
    let error = client.get("/").unwrap_err();
    assert!(was_cut(&error), "{error}");
    proxy.wait_until_idle();
}

fn was_cut(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

/// What can be read in two ways is not passed on: two lengths went on as one that nobody understands, a length beside chunks
/// went on as it was, and the name of an encoding below the chunks was lost.
#[test]
fn an_answer_that_ends_in_two_places_is_no_answer() {
    for (method, fields) in [
        ("GET", "content-length: 2\r\ncontent-length: 2\r\n\r\nok"),
        ("GET", "content-length: 2\r\ncontent-length: 3\r\n\r\nok!"),
        ("GET", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        ("GET", "transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        ("HEAD", "content-length: 2\r\ncontent-length: 3\r\n\r\n"),
        ("HEAD", "content-length: x\r\n\r\n"),
    ] {
        let upstream = Upstream::start(move |wire| {
            wire.head()?;
            wire.send(format!("HTTP/1.1 200 OK\r\n{fields}"))?;
            wire.rest().map(drop)
        });
        let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
        let mut client = proxy.connect();
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n\r\n")).unwrap();
        assert_eq!(client.response(method).unwrap().head.status(), 502, "{method} {fields:?}");
    }
}
