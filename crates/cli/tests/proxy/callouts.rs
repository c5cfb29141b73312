//! HTTP calls of plugins: whatever becomes of one, the plugin is told and the stream that waits goes on. On every runtime.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::guest;
use crate::support::program::runtimes;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, refusing};
use crate::support::wire::Wire;
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::channel;

const CALL: &str = include_str!("plugins/call.wat");
const AT_START: &str = include_str!("plugins/call_at_start.wat");

#[test]
fn the_response_answers_the_request_that_waits() {
    let (sender, requests) = channel();
    let upstream = Upstream::start(move |wire| {
        loop {
            let request = wire.request()?;
            let _ = sender.send((request.head.first_line.clone(), request.head.fields.clone(), request.body.clone()));
            wire.send("HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\n\r\nno!\n")?;
        }
    });
    on_each_runtime(&calling(upstream.address), |proxy| {
        assert_eq!(ask(proxy, "upstream"), (403, "no!\n".to_owned()));
        let (line, fields, body) = requests.recv().unwrap();
        assert_eq!((line.as_str(), &body[..]), ("POST /check?a=b HTTP/1.1", &b"who?"[..]));
        let expected = [
            ("x-own", "1"),
            ("content-length", "4"),
            ("host", "auth.test"),
            ("x-envoy-internal", "true"),
            ("x-envoy-expected-rq-timeout-ms", "600"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_4xx"], 1);
        proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_active"] == 0);
    });
}

#[test]
fn a_request_goes_on_after_its_call() {
    let upstream = Upstream::start(|wire| answer(wire, "Go on"));
    on_each_runtime(&calling(upstream.address), |proxy| {
        assert_eq!(ask(proxy, "upstream"), (200, "by the route\n".to_owned()));
        // The connection to the cluster is used again.
        assert_eq!(ask(proxy, "upstream"), (200, "by the route\n".to_owned()));
    });
    assert_eq!(upstream.connections(), runtimes().len());
}

#[test]
fn a_response_goes_on_after_its_call() {
    let upstream = Upstream::start(|wire| answer(wire, "Go on"));
    let bootstrap = with_plugin(&call("response")).cluster(upstream.address);
    on_each_runtime(&bootstrap, |proxy| {
        let mut client = proxy.connect();
        client.send("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n").unwrap();
        let response = client.response("GET").unwrap();
        assert_eq!((response.head.status(), response.text()), (200, "by the route\n"));
        assert_eq!(response.head.field("x-called"), Some("yes"));
    });
}

#[test]
fn many_requests_wait_at_once() {
    let upstream = Upstream::start(|wire| answer(wire, "Go on"));
    on_each_runtime(&calling(upstream.address), |proxy| {
        let mut clients: Vec<_> = (0..20).map(|_| proxy.connect()).collect();
        for client in &mut clients {
            client.send("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n").unwrap();
        }
        for client in &mut clients {
            assert_eq!(client.response("GET").unwrap().head.status(), 200);
        }
    });
}

#[test]
fn nobody_answers_in_time() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    on_each_runtime(&calling(upstream.address), |proxy| {
        assert_eq!(ask(proxy, "upstream"), (504, "upstream request timeout".to_owned()));
        assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_timeout"], 1);
        proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_active"] == 0);
    });
}

#[test]
fn a_response_that_stops_in_the_middle_is_no_response() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe beginning")?;
        wire.rest().map(drop)
    });
    on_each_runtime(&calling(upstream.address), |proxy| {
        assert_eq!(ask(proxy, "upstream"), (599, "reset".to_owned()));
    });
}

#[test]
fn a_response_that_is_cut_off_is_no_response() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe beginning")
    });
    on_each_runtime(&calling(upstream.address), |proxy| {
        assert_eq!(ask(proxy, "upstream"), (599, "reset".to_owned()));
    });
}

#[test]
fn a_response_of_any_length_is_bounded() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        let chunk = ["100000\r\n".as_bytes(), &vec![b'x'; 0x10_0000], b"\r\n"].concat();
        loop {
            wire.send(&chunk)?;
        }
    });
    let bootstrap = with_plugin(&call("request").replace("600", "0")).cluster(upstream.address);
    on_each_runtime(&bootstrap, |proxy| {
        assert_eq!(ask(proxy, "upstream"), (599, "reset".to_owned()));
    });
}

#[test]
fn a_refused_connection_is_answered_with_503() {
    let (_socket, address) = refusing();
    on_each_runtime(&calling(address), |proxy| {
        let text = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
        assert_eq!(ask(proxy, "upstream"), (503, text.to_owned()));
        assert_eq!(proxy.stats()["cluster.upstream.upstream_cx_connect_fail"], 1);
    });
}

#[test]
fn a_closed_connection_is_answered_with_503() {
    let upstream = Upstream::start(|wire| wire.request().map(drop));
    on_each_runtime(&calling(upstream.address), |proxy| {
        let text = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
        assert_eq!(ask(proxy, "upstream"), (503, text.to_owned()));
    });
}

/// Envoy answers the plugin with `INTERNAL_FAILURE`, and no callback comes.
#[test]
fn a_cluster_without_endpoints_is_answered_with_503() {
    let bootstrap = with_plugin(&call("request")).cluster_of(&[]);
    on_each_runtime(&bootstrap, |proxy| {
        assert_eq!(ask(proxy, "upstream"), (503, "no healthy upstream".to_owned()));
    });
}

#[test]
fn an_unknown_cluster_is_not_called() {
    let (_socket, address) = refusing();
    on_each_runtime(&calling(address), |proxy| {
        assert_eq!(ask(proxy, "nobody"), (598, "not sent".to_owned()));
    });
}

#[test]
fn a_client_that_goes_away_while_its_request_waits() {
    let (seen, wait) = channel();
    let upstream = Upstream::start(move |wire| {
        wire.request()?;
        let _ = seen.send(());
        wire.rest().map(drop)
    });
    on_each_runtime(&calling(upstream.address), |proxy| {
        let mut client = proxy.connect();
        client.send("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n").unwrap();
        wait.recv().unwrap();
        drop(client);
        proxy.wait_until_idle();
        // The call is the plugin's, and ends by itself.
        proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_timeout"] == 1);
        proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_active"] == 0);
        assert_eq!(proxy.connect().get("/").unwrap().text(), "by the route\n");
    });
}

#[test]
fn calls_are_made_before_there_is_a_request() {
    let upstream = Upstream::start(|wire| {
        loop {
            let request = wire.request()?;
            let text = format!("answer to {}", request.text());
            wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
        }
    });
    let bootstrap = with_plugin(AT_START).cluster(upstream.address);
    for runtime in runtimes() {
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime]);
        for event in ["vm start", "configure"] {
            let answer = format!("answer to {event}");
            proxy.program().stderr.wait_for(|line| line.contains(&answer)).unwrap();
        }
        let finished = proxy.stop();
        let lines = plugin_lines(&finished.stderr);
        assert!(lines.iter().filter(|line| line.text.starts_with("answer to ")).all(|line| line.context == 1));
    }
}

fn call(phase: &str) -> String {
    CALL.replace("PHASE", phase).replace("TIMEOUT", "600")
}

/// A proxy whose plugin calls the cluster `upstream`.
fn calling(upstream: SocketAddr) -> Bootstrap {
    with_plugin(&call("request")).cluster(upstream)
}

fn with_plugin(text: &str) -> Bootstrap {
    let route = direct_response(json!({"prefix": "/"}), 200, "by the route\n");
    Bootstrap::new().plugin("calls", &guest(text)).route(route)
}

fn on_each_runtime(bootstrap: &Bootstrap, test: impl Fn(&Proxy)) {
    let config = bootstrap.write();
    for runtime in runtimes() {
        let proxy = Proxy::start(&config, &["--runtime", runtime]);
        test(&proxy);
    }
}

/// Sends a request that has the plugin call a cluster; status and body of the response.
fn ask(proxy: &Proxy, cluster: &str) -> (u16, String) {
    let mut client = proxy.connect();
    client.send(format!("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: {cluster}\r\n\r\n")).unwrap();
    let response = client.response("GET").unwrap();
    (response.head.status(), response.text().to_owned())
}

/// Answers every request on a connection.
fn answer(wire: &mut Wire, body: &str) -> io::Result<()> {
    loop {
        wire.request()?;
        wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))?;
    }
}
