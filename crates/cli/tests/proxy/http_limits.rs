//! Limits of the HTTP connection manager and of filter chains, below and above their values.

use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::http2::{Http2, request};
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, echo};
use serde_json::{Value, json};

fn hello(manager: Value) -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello")).manager(manager)
}

/// To an upstream that answers `/part` with the beginning of a body, and nothing else.
fn stalls(manager: Value) -> (Upstream, Bootstrap) {
    let upstream = Upstream::start(|wire| {
        if wire.head()?.first_line.starts_with("GET /part ") {
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart")?;
        }
        wire.rest().map(drop)
    });
    let bootstrap = Bootstrap::to(upstream.address).manager(manager);
    (upstream, bootstrap)
}

#[test]
fn the_size_of_a_head() {
    let bootstrap = hello(json!({"max_request_headers_kb": 2}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for (size, status) in [(1900, 200), (2100, 431)] {
        let padding = "x".repeat(size - "GET / HTTP/1.1\r\nhost: a\r\nx: \r\n\r\n".len());
        let mut wire = proxy.connect();
        wire.send(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {padding}\r\n\r\n")).unwrap();
        assert_eq!(wire.response("GET").unwrap().head.status(), status, "{size}");
    }
    let mut client = Http2::connect(proxy.address());
    for (size, status) in [(1000, 200), (3000, 431)] {
        let mut large = request("GET", "/");
        large.headers_mut().insert("x", "x".repeat(size).parse().unwrap());
        assert_eq!(client.send(large, b"", None).unwrap().status(), status, "{size}");
    }
}

#[test]
fn the_number_of_headers() {
    for limit in [3, 150] {
        let bootstrap = hello(json!({"common_http_protocol_options": {"max_headers_count": limit}}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        for (count, status) in [(limit - 1, 200), (limit, 200), (limit + 1, 431)] {
            let mut wire = proxy.connect();
            let more: String = (1..count).map(|n| format!("x{n}: 1\r\n")).collect();
            wire.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{more}\r\n")).unwrap();
            assert_eq!(wire.response("GET").unwrap().head.status(), status, "{count} of {limit}");
            let mut many = request("GET", "/");
            (0..count).for_each(|n| {
                many.headers_mut().insert(http::HeaderName::try_from(format!("x{n}")).unwrap(), "1".parse().unwrap());
            });
            let answer = Http2::connect(proxy.address()).send(many, b"", None).unwrap();
            assert_eq!(answer.status(), status, "{count} of {limit}, HTTP/2");
        }
    }
}

#[test]
fn the_number_of_requests_of_a_connection() {
    let bootstrap = hello(json!({"common_http_protocol_options": {"max_requests_per_connection": 2}}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    assert_eq!(wire.get("/").unwrap().head.field("connection"), None);
    assert_eq!(wire.get("/").unwrap().head.field("connection"), Some("close"));
    assert!(wire.is_closed());
    let mut client = Http2::connect(proxy.address());
    for _ in 0..2 {
        assert_eq!(client.get("/").unwrap().text(), "hello");
    }
    client.end().expect("a goodbye without an error");
}

#[test]
fn the_age_of_a_connection() {
    let limit = json!({"common_http_protocol_options": {"max_connection_duration": "0.5s"}, "drain_timeout": "0s"});
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::to(upstream.address).manager(limit);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert!(proxy.connect().is_closed());
    Http2::connect(proxy.address()).end().expect("a goodbye without an error");
    // A request under way is not cut.
    let mut wire = proxy.connect();
    wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").unwrap();
    let mut idle = proxy.connect();
    assert!(idle.is_closed(), "by now, the other one's time is over as well");
    wire.send("hello").unwrap();
    assert_eq!(wire.response("POST").unwrap().text(), "POST /\nbody: 5 bytes\n");
    assert!(wire.is_closed());
}

#[test]
fn the_idle_time_of_a_connection() {
    let limit = json!({"common_http_protocol_options": {"idle_timeout": "0.5s"}, "drain_timeout": "0s"});
    let bootstrap = hello(limit);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert!(proxy.connect().is_closed());
    let mut wire = proxy.connect();
    assert_eq!(wire.get("/").unwrap().text(), "hello");
    assert!(wire.is_closed());
    let mut client = Http2::connect(proxy.address());
    assert_eq!(client.get("/").unwrap().text(), "hello");
    client.end().expect("a goodbye without an error");
    // A head that is never complete is no excuse.
    let mut wire = proxy.connect();
    assert_eq!(wire.get("/").unwrap().text(), "hello");
    wire.send("GET / HT").unwrap();
    assert!(wire.is_closed());
    assert_eq!(proxy.stats()["http.test.downstream_cx_idle_timeout"], 3);
}

#[test]
fn the_time_of_a_head() {
    for (limit, why, stat) in [
        ("request_headers_timeout", "request header timeout", "downstream_rq_header_timeout"),
        ("request_timeout", "request timeout", "downstream_rq_timeout"),
    ] {
        let bootstrap = hello(json!({limit: "0.05s"}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut wire = proxy.connect();
        assert_eq!(wire.get("/").unwrap().text(), "hello");
        wire.send("GET / HT").unwrap();
        let late = wire.response("GET").unwrap();
        assert_eq!((late.head.status(), late.text(), late.head.field("connection")), (408, why, Some("close")));
        assert!(wire.is_closed());
        assert_eq!(proxy.stats()[&format!("http.test.{stat}")], 1);
    }
}

#[test]
fn the_time_of_a_stream() {
    for (limit, why) in [
        (json!({"common_http_protocol_options": {"max_stream_duration": "0.4s"}}), "downstream duration timeout"),
        (json!({"stream_idle_timeout": "0.4s"}), "stream timeout"),
    ] {
        let (_upstream, bootstrap) = stalls(limit);
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let answer = proxy.connect().get("/").unwrap();
        assert_eq!((answer.head.status(), answer.text()), (504, why), "the upstream has kept us waiting");
        let mut wire = proxy.connect();
        wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab").unwrap();
        let answer = wire.response("POST").unwrap();
        assert_eq!((answer.head.status(), answer.text()), (408, why), "the client has");
        let mut wire = proxy.connect();
        wire.send("GET /part HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert_eq!(wire.head().unwrap().status(), 200);
        assert_eq!(wire.rest().unwrap(), b"part", "an answer that has begun is cut");
        let cut = Http2::connect(proxy.address()).get("/part").unwrap_err();
        assert!(cut.is_reset(), "{cut}");
    }
}

#[test]
fn the_number_of_connections() {
    let limit = |most: u64| {
        json!({"name": "envoy.filters.network.connection_limit", "typed_config": {
            "@type": type_url("filters.network.connection_limit.v3.ConnectionLimit"),
            "stat_prefix": "few",
            "max_connections": most,
            "delay": "0.01s",
        }})
    };
    let upstream = Upstream::start(echo);
    let bootstrap = Bootstrap::tcp(upstream.address, json!({}));
    let proxy_filter = json!({"name": "envoy.filters.network.tcp_proxy", "typed_config": {
        "@type": type_url("filters.network.tcp_proxy.v3.TcpProxy"), "stat_prefix": "test", "cluster": "upstream",
    }});
    let bootstrap = bootstrap.chain(json!({"filters": [limit(2), proxy_filter]}));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let mut kept: Vec<_> = (0..2).map(|_| proxy.connect()).collect();
    for wire in &mut kept {
        assert_eq!(wire.get("/").unwrap().head.status(), 200);
    }
    for _ in 0..3 {
        assert!(proxy.connect().is_closed());
    }
    let stats = proxy.stats();
    let count = |name: &str| stats[&format!("connection_limit.few.{name}")];
    assert_eq!((count("active_connections"), count("limited_connections")), (2, 3));
    kept.pop();
    proxy.wait_for_stats(|stats| stats["connection_limit.few.active_connections"] == 1);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
}
