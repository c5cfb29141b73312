//! Upgrades over HTTP/2 (RFC 8441): on the client's side, on the upstream's, and on both.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::grpc::accept;
use crate::support::http2::{Http2, Open, request};
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use crate::support::wire::Wire;
use bytes::Bytes;
use h2::ext::Protocol;
use http::{Method, Response};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Key and answer of RFC 6455, 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn allowing() -> Value {
    json!({"upgrade_configs": [{"upgrade_type": "websocket"}], "http2_protocol_options": {"allow_connect": true}})
}

/// Agrees over HTTP/1.1 to what `/ws` asks for, with its key, and sends back what comes in brackets, two bytes at a time.
fn switching(wire: &mut Wire) -> io::Result<()> {
    let request = wire.request()?;
    if request.head.first_line != "GET /ws HTTP/1.1" {
        return wire.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno");
    }
    assert_eq!(request.head.field("upgrade"), Some("websocket"));
    assert_eq!(request.head.field("connection"), Some("upgrade"));
    let key = request.head.field("sec-websocket-key").expect("a key");
    assert_eq!(key.len(), 24, "16 bytes in Base64");
    wire.send(format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: of {key}\r\n\r\n"
    ))?;
    loop {
        let piece = wire.bytes(2)?;
        if piece == b"ed" {
            return Ok(());
        }
        wire.send([b"[", &piece[..], b"]"].concat())?;
    }
}

/// An upstream of HTTP/2 that does the same, and tells what it was asked for: method, protocol, path and key.
fn switching_over_http2() -> (SocketAddr, Receiver<[String; 4]>) {
    let (asked, seen) = channel();
    let address = accept(move |stream| {
        tokio::spawn(serve_http2(stream, asked.clone()));
    });
    (address, seen)
}

async fn serve_http2(stream: tokio::net::TcpStream, asked: Sender<[String; 4]>) -> Result<(), h2::Error> {
    let mut connection = h2::server::Builder::new().enable_connect_protocol().handshake::<_, Bytes>(stream).await?;
    while let Some(accepted) = connection.accept().await {
        let (request, mut respond) = accepted?;
        let asked = asked.clone();
        tokio::spawn(async move {
            let protocol = request.extensions().get::<Protocol>().map(|name| name.as_str().to_owned());
            let key = request.headers().get("sec-websocket-key").map(|key| key.to_str().unwrap().to_owned());
            let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
            assert!(!request.headers().contains_key("upgrade") && !request.headers().contains_key("connection"));
            let _ = asked.send([method, protocol.unwrap_or_default(), path.clone(), key.unwrap_or_default()]);
            let status = if path == "/ws" { 200 } else { 404 };
            let head = Response::builder().status(status).header("x-from", "http2").body(()).expect("a head");
            let mut out = respond.send_response(head, path != "/ws")?;
            let mut body = request.into_body();
            while let Some(data) = body.data().await {
                let data = data?;
                body.flow_control().release_capacity(data.len())?;
                // What only ends the stream.
                if data.is_empty() {
                    continue;
                }
                out.send_data([b"[", &data[..], b"]"].concat().into(), false)?;
            }
            out.send_data(Bytes::new(), true)
        });
    }
    Ok(())
}

fn asking(path: &str, protocol: &'static str) -> http::Request<()> {
    let mut request = request("GET", path);
    *request.method_mut() = Method::CONNECT;
    request.extensions_mut().insert(Protocol::from_static(protocol));
    request
}

/// The answer's head, and what the tunnel brings until it has so many bytes; `None` for all there is.
fn head(client: &Http2, open: &mut Open) -> (Response<()>, h2::RecvStream) {
    let (head, body) = client.wait(&mut open.response).expect("an answer").into_parts();
    (Response::from_parts(head, ()), body)
}

fn bytes(client: &Http2, body: &mut h2::RecvStream, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < count {
        let Some(data) = client.wait(body.data()) else { break };
        let data = data.expect("data");
        body.flow_control().release_capacity(data.len()).expect("a window");
        all.extend_from_slice(&data);
    }
    all
}

#[test]
fn a_client_of_http_2_reaches_an_upstream_of_http_1() {
    let upstream = Upstream::start(switching);
    let bootstrap = Bootstrap::to(upstream.address).manager(allowing());
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut open = client.open(asking("/ws", "websocket"));
    let (answer, mut body) = head(&client, &mut open);
    assert_eq!(answer.status(), 200);
    for name in ["upgrade", "connection", "content-length", "sec-websocket-accept"] {
        assert!(!answer.headers().contains_key(name), "{answer:?}");
    }
    for _ in 0..3 {
        open.body.send_data(Bytes::from_static(b"hi"), false).unwrap();
        assert_eq!(bytes(&client, &mut body, 4), b"[hi]");
    }
    // The connection is everybody's still.
    assert_eq!(client.get("/else").unwrap().text(), "no");
    proxy.wait_for_stats(|stats| stats["http.test.downstream_rq_active"] == 1);
    open.body.send_data(Bytes::from_static(b"ed"), false).unwrap();
    assert_eq!(bytes(&client, &mut body, 1), b"", "the upstream's end is the stream's");
    proxy.wait_until_idle();
    // A client that takes its stream back ends the upstream's connection.
    let mut open = client.open(asking("/ws", "websocket"));
    let (answer, _body) = head(&client, &mut open);
    assert_eq!(answer.status(), 200);
    open.body.send_reset(h2::Reason::CANCEL);
    proxy.wait_until_idle();
    assert_eq!(proxy.stats()["http.test.downstream_cx_total"], 1);
}

#[test]
fn a_client_of_http_1_reaches_an_upstream_of_http_2() {
    let (address, seen) = switching_over_http2();
    let bootstrap = Bootstrap::to(address).with_http2().manager(allowing());
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for _ in 0..2 {
        let mut wire = proxy.connect();
        let ask = format!("connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: {KEY}\r\n");
        wire.send(format!("GET /ws HTTP/1.1\r\nhost: a\r\n{ask}\r\n")).unwrap();
        let answer = wire.head().unwrap();
        assert_eq!(
            (answer.status(), answer.field("upgrade"), answer.field("x-from")),
            (101, Some("websocket"), Some("http2"))
        );
        assert_eq!(answer.field("sec-websocket-accept"), Some(ACCEPT), "the upstream has no answer to the key");
        assert_eq!(seen.recv().unwrap(), ["CONNECT", "websocket", "/ws", KEY]);
        wire.send("hello").unwrap();
        assert_eq!(wire.bytes(7).unwrap(), b"[hello]");
        wire.finish_sending();
        assert!(wire.is_closed());
        proxy.wait_until_idle();
        // What is no agreement is an answer as any other.
        let mut wire = proxy.connect();
        wire.send(format!("GET /no HTTP/1.1\r\nhost: a\r\n{ask}\r\n")).unwrap();
        assert_eq!(wire.response("GET").unwrap().head.status(), 404);
        assert_eq!(seen.recv().unwrap()[2], "/no");
    }
    assert_eq!(proxy.stats()["cluster.upstream.upstream_cx_connect_fail"], 0);
}

#[test]
fn both_sides_speak_http_2_and_plugins_see_what_they_would_over_http_1() {
    const TELLER: &str = r#"(module
      (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) ":methodupgrade:statusx-saw")
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "malloc") (param i32) (result i32) (i32.const 1024))
      (func $tell (param $map i32) (param $name i32) (param $size i32)
        (drop (call $get (local.get $map) (local.get $name) (local.get $size) (i32.const 100) (i32.const 104)))
        (drop (call $add (i32.const 2) (i32.const 21) (i32.const 5) (i32.load (i32.const 100)) (i32.load (i32.const 104)))))
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
        (call $tell (i32.const 0) (i32.const 0) (i32.const 7))
        (call $tell (i32.const 0) (i32.const 7) (i32.const 7))
        (call $tell (i32.const 2) (i32.const 14) (i32.const 7))
        (i32.const 0)))"#;
    let (address, seen) = switching_over_http2();
    let bootstrap = Bootstrap::to(address).with_http2().manager(allowing()).plugin("teller", TELLER);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut tunnels: Vec<_> = (0..3)
        .map(|_| {
            let mut open = client.open(asking("/ws", "websocket"));
            let (answer, body) = head(&client, &mut open);
            let saw: Vec<_> = answer.headers().get_all("x-saw").iter().map(|saw| saw.to_str().unwrap()).collect();
            assert_eq!((answer.status().as_u16(), saw), (200, vec!["GET", "websocket", "101"]));
            assert_eq!(seen.recv().unwrap()[..3], ["CONNECT", "websocket", "/ws"]);
            (open, body)
        })
        .collect();
    // More than a window's worth.
    let large = Bytes::from(vec![b'x'; 300_000]);
    for (open, body) in &mut tunnels {
        open.body.send_data(large.clone(), true).unwrap();
        let back = bytes(&client, body, usize::MAX);
        let brackets = back.iter().filter(|byte| **byte != b'x').count();
        assert_eq!(back.len() - brackets, large.len());
    }
    proxy.wait_until_idle();
}

#[test]
fn what_is_not_agreed_on_is_never_a_success() {
    let upstream = Upstream::start(switching);
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(direct_response(json!({"path": "/direct"}), 200, "hello"))
        .route(direct_response(json!({"path": "/gone"}), 410, "gone"))
        .route(json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}))
        .manager(allowing());
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let mut ask = |path: &str, protocol| {
        let open = client.open(asking(path, protocol));
        client.answer(open.response).map(|answer| (answer.status(), answer.text().to_owned()))
    };
    // A body to a success would be the other side's first bytes.
    assert_eq!(ask("/direct", "websocket").unwrap(), (502, String::new()));
    assert_eq!(ask("/upstream-says-200", "websocket").unwrap(), (502, String::new()));
    assert_eq!(ask("/gone", "websocket").unwrap(), (410, "gone".to_owned()));
    assert_eq!(ask("/ws", "other").unwrap().0, 403);
    // Without the option, clients are not told of it, and those that ask all the same break the protocol.
    let without = Bootstrap::to(upstream.address).manager(json!({"upgrade_configs": [{"upgrade_type": "websocket"}]}));
    let proxy = Proxy::start(&without.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    let open = client.open(asking("/ws", "websocket"));
    let error = client.answer(open.response).unwrap_err();
    assert_eq!(error.reason(), Some(h2::Reason::PROTOCOL_ERROR));
}
