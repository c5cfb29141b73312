//! Connections on both sides: reuse, old clients, requests that come before their turn.

use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, answering, echo};
use serde_json::json;

#[test]
fn both_sides_are_kept_for_the_next_request() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..5 {
        assert_eq!(client.get("/a").unwrap().text(), "GET /a\nbody: 0 bytes\n");
        client.send("POST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello").unwrap();
        assert_eq!(client.response("POST").unwrap().text(), "POST /b\nbody: 5 bytes\n");
    }
    assert_eq!(upstream.connections(), 1);
    assert_eq!(proxy.stats()["http.test.downstream_cx_total"], 1);
    assert_eq!(proxy.stats()["http.test.downstream_rq_total"], 10);
}

#[test]
fn an_upstream_that_closes_after_each_answer_is_connected_to_anew() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nok\n")
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..3 {
        let response = client.get("/").unwrap();
        assert_eq!(response.text(), "ok\n");
        assert_eq!(response.head.field("connection"), None, "the upstream's wish is not the client's");
    }
    assert_eq!(upstream.connections(), 3);
}

#[test]
fn a_client_that_asks_to_close_is_closed() {
    let bootstrap = hello();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let response = client.response("GET").unwrap();
    assert_eq!((response.text(), response.head.field("connection")), ("hello\n", Some("close")));
    assert!(client.is_closed());
}

#[test]
fn http_1_0() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n")?;
        wire.rest().map(drop)
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.0\r\nhost: a\r\n\r\n").unwrap();
    let response = client.response("GET").unwrap();
    assert_eq!(response.head.status(), 200);
    assert_eq!(response.head.field("transfer-encoding"), None, "chunks are for HTTP/1.1");
    assert_eq!(response.text(), "ok\n");
    assert!(client.is_closed());
}

#[test]
fn http_1_0_without_a_host() {
    let bootstrap = hello();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(client.response("GET").unwrap().head.status(), 400);
}

#[test]
fn head_has_the_headers_and_no_body() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("HEAD /a HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let response = client.response("HEAD").unwrap();
    assert_eq!(response.head.field("content-length"), Some("22"), "as it would be for GET");
    assert_eq!(client.get("/b").unwrap().text(), "GET /b\nbody: 0 bytes\n", "the next answer comes right behind");
}

#[test]
fn head_of_a_direct_response() {
    let bootstrap = hello();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let response = client.response("HEAD").unwrap();
    assert_eq!((response.head.status(), response.head.field("content-length")), (200, Some("6")));
    assert_eq!(client.get("/").unwrap().text(), "hello\n");
}

#[test]
fn requests_sent_ahead_are_answered_in_order() {
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    let post = "POST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
    client.send(get("/1") + post + &get("/3")).unwrap();
    assert_eq!(client.response("GET").unwrap().text(), "GET /1\nbody: 0 bytes\n");
    assert_eq!(client.response("POST").unwrap().text(), "POST /2\nbody: 3 bytes\n");
    assert_eq!(client.response("GET").unwrap().text(), "GET /3\nbody: 0 bytes\n");
}

#[test]
fn a_client_that_waits_for_100_is_told_to_continue() {
    let upstream = Upstream::start(|wire| {
        let request = wire.request()?;
        let expect = request.head.field("expect").unwrap_or("nothing").to_owned();
        wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nx-expect: {expect}\r\n\r\n", request.body.len()))?;
        wire.send(&request.body)?;
        wire.rest().map(drop)
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n").unwrap();
    assert_eq!(client.head().unwrap().status(), 100);
    client.send("hello").unwrap();
    let response = client.response("POST").unwrap();
    assert_eq!(response.text(), "hello");
    assert_eq!(response.head.field("x-expect"), Some("nothing"), "the proxy has dealt with it");
}

#[test]
fn what_is_no_http_is_refused() {
    let bootstrap = hello();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("\x16\x03\x01 this is no request\r\n\r\n").unwrap();
    assert_eq!(client.response("GET").unwrap().head.status(), 400);
    assert!(client.is_closed());
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
}

#[test]
fn two_workers_share_a_port() {
    let bootstrap = hello();
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    assert_eq!(proxy.stats()["server.concurrency"], 2);
    let mut clients: Vec<_> = (0..16).map(|_| proxy.connect()).collect();
    for client in clients.iter_mut().rev() {
        assert_eq!(client.get("/").unwrap().text(), "hello\n");
    }
    assert_eq!(proxy.stats()["http.test.downstream_cx_total"], 16);
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}

fn hello() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

/// Each request that a connection may have is on it, and the next one makes another.
#[test]
fn connections_to_an_upstream_take_as_many_requests_as_they_may() {
    let upstream = answering(200, "here");
    let options = json!({"typed_extension_protocol_options": {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": type_url("upstreams.http.v3.HttpProtocolOptions"),
            "explicit_http_config": {"http_protocol_options": {}},
            "common_http_protocol_options": {"max_requests_per_connection": 2},
        },
    }});
    let bootstrap = Bootstrap::to(upstream.address).cluster_fields(&options);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..5 {
        assert_eq!(client.get("/").unwrap().text(), "here");
    }
    assert_eq!(upstream.connections(), 3);
}

/// A connection without a request is closed after its time, by the proxy.
#[test]
fn connections_to_an_upstream_end_when_they_have_rested_for_long_enough() {
    let (closed, was_closed) = std::sync::mpsc::channel();
    let upstream = Upstream::start(move |wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere")?;
        let _ = closed.send(wire.is_closed());
        Ok(())
    });
    let options = json!({"common_http_protocol_options": {"idle_timeout": "0.05s"}});
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).cluster_fields(&options).write(), &[]);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "here");
    assert_eq!(was_closed.recv_timeout(std::time::Duration::from_secs(20)), Ok(true));
}

/// Connections of HTTP to a cluster were not counted, nor each status that it has answered with.
#[test]
fn a_clusters_connections_and_statuses_are_counted() {
    let upstream = Upstream::start(|wire| {
        for status in [200, 404, 200] {
            wire.request()?;
            wire.send(format!("HTTP/1.1 {status} So\r\ncontent-length: 2\r\n\r\nok"))?;
        }
        wire.request().map(drop)
    });
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    let mut client = proxy.connect();
    let statuses = [(); 3].map(|()| client.get("/").unwrap().head.status());
    assert_eq!(statuses, [200, 404, 200]);
    let number = |name: &str| proxy.stats().get(&format!("cluster.upstream.upstream_{name}")).copied();
    assert_eq!((number("cx_total"), number("cx_active"), number("cx_destroy")), (Some(1), Some(1), Some(0)));
    assert_eq!((number("rq_200"), number("rq_404"), number("rq_503")), (Some(2), Some(1), None));
    let answered = 3 * "HTTP/1.1 200 So\r\ncontent-length: 2\r\n\r\nok".len() as u64;
    assert_eq!(number("cx_rx_bytes_total"), Some(answered));
    assert!(number("cx_tx_bytes_total") > Some(0));
    // It closes instead of answering once more.
    assert_eq!(client.get("/").unwrap().head.status(), 503);
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_cx_active"] == 0);
    assert_eq!((number("cx_total"), number("cx_destroy"), number("rq_503")), (Some(1), Some(1), Some(1)));
}
