//! SIGTERM: what is under way is finished, nothing new begins, and the status is 0.

use crate::support::PATIENCE;
use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use crate::support::wire::Wire;
use serde_json::json;
use std::io;
use std::net::TcpStream;

#[test]
fn a_slow_response_is_finished() {
    let (upstream, go_on) = Upstream::slow();
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &["--drain-time-s", "60"]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let head = client.head().unwrap();
    assert_eq!(head.status(), 200);

    proxy.program().terminate();
    proxy.program().stderr.wait_for(|line| line.contains("stopping")).unwrap();
    go_on.send(()).unwrap();
    let mut body = Vec::new();
    client.body(head.framing().unwrap(), |piece| body.extend_from_slice(piece)).unwrap();
    assert_eq!(body, b"the beginning, the end");
    assert!(client.is_closed());
    let finished = proxy.wait();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}

#[test]
fn idle_connections_do_not_hold_it_up() {
    let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &["--drain-time-s", "600"]);
    let address = proxy.address();
    let mut idle: Vec<_> = (0..4).map(|_| proxy.connect()).collect();
    for client in &mut idle {
        assert_eq!(client.get("/").unwrap().text(), "hello\n");
    }
    // One that has connected and said nothing.
    let mut silent = proxy.connect();
    proxy.wait_for_stats(|stats| stats["http.test.downstream_cx_active"] == 5);
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
    assert!(idle.iter_mut().all(Wire::is_closed));
    assert!(silent.is_closed());
    assert!(TcpStream::connect_timeout(&address, PATIENCE).is_err(), "nobody listens any more");
}

#[test]
fn what_takes_longer_than_the_drain_time_is_cut_off() {
    let (upstream, _go_on) = Upstream::slow();
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &["--drain-time-s", "0"]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let head = client.head().unwrap();
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
    let error = client.body(head.framing().unwrap(), |_| {}).unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{error}");
}

#[test]
fn a_second_signal_does_not_wait() {
    let (upstream, _go_on) = Upstream::slow();
    let bootstrap = Bootstrap::to(upstream.address);
    let proxy = Proxy::start(&bootstrap.write(), &["--drain-time-s", "600"]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert_eq!(client.head().unwrap().status(), 200);
    proxy.program().terminate();
    proxy.program().stderr.wait_for(|line| line.contains("stopping")).unwrap();
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.printed());
}
