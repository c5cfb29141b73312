//! Whatever a client sends: the proxy goes on, and an upstream sees a request only if the plugin has seen it. A second request in
//! what the proxy takes for the body of a first would lack the plugin's mark.

use crate::support::bootstrap::Bootstrap;
use crate::support::proxy::Proxy;
use proptest::prelude::{Just, Strategy, any};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use proptest::{collection, sample};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tollgate_testkit::strict;

const MARKS: &str = r#"(module
    (import "env" "proxy_replace_header_map_value" (func $replace (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "x-passedyes")
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 1024))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $replace (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 24) (i32.const 3)))
        (i32.const 0)))"#;

/// What heads and bodies are made of, and what parsers disagree about.
const PIECES: &[&str] = &[
    "GET / HTTP/1.1\r\nhost: a\r\n",
    "POST /a HTTP/1.1\r\nhost: a\r\n",
    "GET /smuggled HTTP/1.1\r\nhost: b\r\n\r\n",
    "GET http://c/ HTTP/1.0\r\n",
    "OPTIONS * HTTP/1.1\r\nhost: a\r\n",
    "content-length: 5\r\n",
    "content-length: 0\r\n",
    "content-length: 5, 5\r\n",
    "content-length: +5\r\n",
    "content-length: 36\r\n",
    "Content-Length : 5\r\n",
    "transfer-encoding: chunked\r\n",
    "transfer-encoding: gzip, chunked\r\n",
    "transfer-encoding: chunked, identity\r\n",
    "transfer-encoding:\u{b}chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "transfer-encoding\r\n : chunked\r\n",
    "te: trailers\r\n",
    "expect: 100-continue\r\n",
    "connection: close\r\n",
    "connection: x-passed, content-length\r\n",
    "connection: upgrade\r\nupgrade: websocket\r\n",
    "x-passed: no\r\n",
    "x-a: b\n",
    "x-a: b\r\r\n",
    "x-\0a: b\r\n",
    "\r\n",
    "\n\n",
    "0\r\n\r\n",
    "0\r\nx-passed: yes\r\n\r\n",
    "5\r\nhello\r\n",
    "5;a=\"\r\n\"\r\nhello\r\n",
    "00000000000000005\r\nhello\r\n",
    "fffffffffffffffff\r\n",
    "-1\r\n",
    "hello",
];

/// A server that is strict about what it is sent, and notes what it would not be sent by a proxy that is right.
struct Strict {
    address: SocketAddr,
    wrong: Arc<Mutex<Vec<String>>>,
    /// Requests that were right.
    right: Arc<AtomicUsize>,
}

impl Strict {
    fn start() -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let wrong = Arc::new(Mutex::new(Vec::new()));
        let right = Arc::new(AtomicUsize::new(0));
        let (noted, counted) = (wrong.clone(), right.clone());
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let (noted, counted) = (noted.clone(), counted.clone());
                std::thread::spawn(move || {
                    if let Err(why) = serve(stream, &counted) {
                        noted.lock().unwrap().push(why);
                    }
                });
            }
        });
        Self { address, wrong, right }
    }
}

fn serve(mut stream: TcpStream, right: &AtomicUsize) -> Result<(), String> {
    let (mut buffer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        while let Some(used) = strict::request(&buffer, "x-passed", "yes")? {
            buffer.drain(..used);
            right.fetch_add(1, Ordering::Relaxed);
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
                return Ok(());
            }
        }
        match stream.read(&mut piece) {
            // A client that has gone away takes its half of a request with it.
            Ok(0) | Err(_) => return Ok(()),
            Ok(count) => buffer.extend_from_slice(&piece[..count]),
        }
    }
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::prop_oneof![
        12 => sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => collection::vec(any::<u8>(), 0..8),
    ];
    let begin = proptest::prop_oneof![
        6 => sample::select(&PIECES[..2]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => Just(Vec::new()),
    ];
    (begin, collection::vec(piece, 1..10)).prop_map(|(begin, pieces)| [begin, pieces.concat()].concat())
}

#[test]
fn no_request_passes_the_plugin_by() {
    let upstream = Strict::start();
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).plugin("marks", MARKS).write(), &[]);
    let config = Config { cases: 600, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&input(), |bytes| {
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        // It may have closed before it has read everything.
        let _ = stream.write_all(&bytes).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
        let _ = stream.read_to_end(&mut Vec::new());
        let wrong = upstream.wrong.lock().unwrap();
        if wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(wrong.join("\n"))) }
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
    let right = upstream.right.load(Ordering::Relaxed);
    assert!(right > 20, "{right} requests, which is too few to show anything");
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    let finished = proxy.stop();
    assert!(!finished.printed().contains("panicked"), "{}", finished.printed());
}
