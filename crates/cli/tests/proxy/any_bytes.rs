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
        while let Some(used) = request(&buffer)? {
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

/// The length of the request that the bytes begin with, when all of it is there; or what is wrong with it.
fn request(bytes: &[u8]) -> Result<Option<usize>, String> {
    let shown = || format!("{:?}", String::from_utf8_lossy(bytes));
    let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| shown())?;
    let mut lines = head.split("\r\n");
    let first: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
    let fields: Vec<_> = lines.map(|line| line.split_once(": ")).collect::<Option<_>>().ok_or_else(shown)?;
    let all = |name: &'static str| {
        fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    let is_head = first.len() == 3 && first[2] == "HTTP/1.1" && !head.replace("\r\n", "").contains(['\r', '\n', '\0']);
    if !is_head || !all("x-passed").eq(["yes"]) {
        return Err(shown());
    }
    let begin = end + 4;
    let lengths: Vec<_> = all("content-length").collect();
    let codings: Vec<_> = all("transfer-encoding").collect();
    match (&lengths[..], &codings[..]) {
        ([], []) => Ok(Some(begin)),
        ([length], []) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            let end = begin + length.parse::<usize>().map_err(|_| shown())?;
            Ok((bytes.len() >= end).then_some(end))
        }
        ([], ["chunked"]) => chunks(bytes, begin).map_err(|()| shown()),
        _ => Err(shown()),
    }
}

fn chunks(bytes: &[u8], mut at: usize) -> Result<Option<usize>, ()> {
    loop {
        let Some(end) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
        let digits = std::str::from_utf8(&bytes[at..at + end]).map_err(drop)?;
        let size = usize::from_str_radix(digits, 16).map_err(drop)?;
        at += end + 2;
        if size == 0 {
            // Trailers, up to an empty line.
            loop {
                let Some(end) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
                at += end + 2;
                if end == 0 {
                    return Ok(Some(at));
                }
            }
        }
        match bytes.get(at + size..at + size + 2) {
            None => return Ok(None),
            Some(b"\r\n") => at += size + 2,
            Some(_) => return Err(()),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
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

/// The server that judges is right about what is right and wrong.
#[test]
fn the_strict_server_tells_requests_apart() {
    let right = "POST / HTTP/1.1\r\nx-passed: yes\r\ncontent-length: 2\r\n\r\nab";
    assert_eq!(request(right.as_bytes()), Ok(Some(right.len())));
    assert_eq!(request(&right.as_bytes()[..right.len() - 1]), Ok(None));
    let chunked = "POST / HTTP/1.1\r\nx-passed: yes\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\na: b\r\n\r\n";
    assert_eq!(request(chunked.as_bytes()), Ok(Some(chunked.len())));
    for (good, wrong) in [("x-passed: yes\r\n", ""), ("2\r\n", "2\r\ncontent-length: 2\r\n"), ("HTTP/1.1", "HTTP/1.0")]
    {
        assert!(request(right.replacen(good, wrong, 1).as_bytes()).is_err(), "{wrong}");
    }
}
