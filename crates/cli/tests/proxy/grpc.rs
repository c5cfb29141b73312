//! gRPC calls and streams of plugins, and clusters that speak HTTP/2. On every runtime.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::grpc::{GrpcServer, Seen};
use crate::support::guest;
use crate::support::program::runtimes;
use crate::support::proxy::Proxy;
use crate::support::upstream::refusing;
use bytes::Bytes;
use serde_json::json;
use std::net::SocketAddr;

const CALL: &str = include_str!("plugins/grpc_call.wat");
const STREAM: &str = include_str!("plugins/grpc_stream.wat");

#[test]
fn a_unary_call() {
    let server = GrpcServer::start();
    on_each_runtime(CALL, server.address, |proxy| {
        assert_eq!(ask(proxy, "/Echo"), (200, "re:ping".to_owned()));
        let Seen::Request(path, authority, fields) = server.seen.recv().unwrap() else {
            panic!("a request comes first")
        };
        assert_eq!((path.as_str(), authority.as_str()), ("/pkg.Svc/Echo", "upstream"));
        let expected = [
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("grpc-timeout", "400m"),
            ("x-meta", "m"),
            ("x-bin", "AP8="),
            ("x-envoy-internal", "true"),
            ("x-envoy-expected-rq-timeout-ms", "400"),
        ];
        assert_eq!(fields.len(), expected.len(), "{fields:?}");
        assert!(expected.iter().all(|(name, value)| fields[*name] == *value), "{fields:?}");
        assert_eq!(server.seen.recv().unwrap(), Seen::Message(Bytes::from_static(b"ping")));
        assert_eq!(server.seen.recv().unwrap(), Seen::End);
        // The connection is used again.
        assert_eq!(ask(proxy, "/Echo"), (200, "re:ping".to_owned()));
        (0..3).for_each(|_| drop(server.seen.recv().unwrap()));
    });
}

#[test]
fn a_unary_call_that_fails_tells_status_and_message() {
    let server = GrpcServer::start();
    on_each_runtime(CALL, server.address, |proxy| {
        assert_eq!(ask(proxy, "/TrailersOnly"), (407, "not allowed".to_owned()));
        assert_eq!(ask(proxy, "/Refuse").0, 412);
        let text = "upstream connect error or disconnect/reset before headers. reset reason: remote reset";
        assert_eq!(ask(proxy, "/Reset"), (414, text.to_owned()));
    });
}

#[test]
fn a_unary_call_that_is_not_answered_in_time_is_reset() {
    let server = GrpcServer::start();
    on_each_runtime(CALL, server.address, |proxy| {
        assert_eq!(ask(proxy, "/Never"), (414, "upstream request timeout".to_owned()));
        assert!(server.seen.iter().any(|seen| matches!(seen, Seen::Reset(_))));
    });
}

#[test]
fn a_unary_call_to_nobody() {
    let (_socket, address) = refusing();
    on_each_runtime(CALL, address, |proxy| {
        let text = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
        assert_eq!(ask(proxy, "/Echo"), (414, text.to_owned()));
    });
}

#[test]
fn a_stream_in_both_directions() {
    let server = GrpcServer::start();
    on_each_runtime(STREAM, server.address, |proxy| {
        assert_eq!(ask(proxy, "/Chat"), (400, "i;re:one;re:two;t;".to_owned()));
        let seen: Vec<_> = server.seen.iter().take(4).skip(1).collect();
        let message = |text: &'static str| Seen::Message(Bytes::from_static(text.as_bytes()));
        assert_eq!(seen, [message("one"), message("two"), Seen::End]);
    });
}

#[test]
fn a_stream_that_the_server_resets() {
    let server = GrpcServer::start();
    on_each_runtime(STREAM, server.address, |proxy| {
        // There are no metadata, and what stands in their place is empty.
        assert_eq!(ask(proxy, "/Reset").0, 414);
    });
}

#[test]
fn a_stream_that_the_plugin_cancels_is_reset() {
    let server = GrpcServer::start();
    on_each_runtime(STREAM, server.address, |proxy| {
        assert_eq!(ask(proxy, "/Cancel"), (200, "by the route\n".to_owned()));
        assert!(server.seen.iter().any(|seen| matches!(seen, Seen::Reset(_))));
    });
}

#[test]
fn a_request_can_be_routed_to_a_cluster_that_speaks_http2() {
    let server = GrpcServer::start();
    let bootstrap = Bootstrap::to(server.address).with_http2().with_trailers();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client
        .send("POST /a/Echo HTTP/1.1\r\nhost: a.test\r\nte: trailers\r\ncontent-length: 7\r\n\r\n\0\0\0\0\x02hi")
        .unwrap();
    let response = client.response("POST").unwrap();
    assert_eq!((response.head.status(), &response.body[..]), (200, &b"\0\0\0\0\x05re:hi"[..]));
    assert_eq!(response.trailers, [("grpc-status".to_owned(), "0".to_owned())], "{response:?}");
    let Seen::Request(path, authority, fields) = server.seen.recv().unwrap() else { panic!("a request comes first") };
    assert_eq!((path.as_str(), authority.as_str()), ("/a/Echo", "a.test"));
    assert!(!fields.contains_key("host"), "{fields:?}");
}

fn on_each_runtime(plugin: &str, upstream: SocketAddr, test: impl Fn(&Proxy)) {
    let route = direct_response(json!({"prefix": "/"}), 200, "by the route\n");
    let bootstrap = Bootstrap::new().plugin("calls", &guest(plugin)).route(route).cluster(upstream).with_http2();
    let config = bootstrap.write();
    for runtime in runtimes() {
        let proxy = Proxy::start(&config, &["--runtime", runtime]);
        test(&proxy);
    }
}

/// Sends a request, which has the plugin call the method of the same name; status and body of the response.
fn ask(proxy: &Proxy, path: &str) -> (u16, String) {
    let response = proxy.connect().get(path).unwrap();
    (response.head.status(), response.text().to_owned())
}
