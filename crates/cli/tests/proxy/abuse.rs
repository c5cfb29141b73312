//! Clients that abuse the protocol: they are refused or read in one way only, reach no upstream as two requests, and leave
//! the others alone.

use crate::support::bootstrap::Bootstrap;
use crate::support::http2::Http2;
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, echo};
use crate::support::wire::Wire;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};

/// An upstream that keeps the first lines of requests, and the proxy in front of it.
struct Setup {
    proxy: Proxy,
    seen: Arc<Mutex<Vec<String>>>,
    _bootstrap: Bootstrap,
    _upstream: Upstream,
}

impl Setup {
    fn new(manager: serde_json::Value) -> Self {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = seen.clone();
        let upstream = Upstream::start(move |wire: &mut Wire| -> io::Result<()> {
            loop {
                let request = wire.request()?;
                noted.lock().unwrap().push(request.head.first_line.clone());
                let length = request.body.len().to_string();
                wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{length}", length.len()))?;
            }
        });
        let bootstrap = Bootstrap::to(upstream.address).manager(manager);
        Self { proxy: Proxy::start(&bootstrap.write(), &[]), seen, _bootstrap: bootstrap, _upstream: upstream }
    }

    /// What reached the upstream since it was last asked.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// The proxy still serves, over both versions.
    fn is_well(&self) {
        assert_eq!(self.proxy.connect().get("/well").unwrap().text(), "0");
        assert_eq!(Http2::connect(self.proxy.address()).get("/well").unwrap().text(), "0");
        let seen = self.seen();
        assert!(seen.iter().all(|line| line.starts_with("GET /well ")), "{seen:?}");
    }
}

#[test]
fn a_message_that_can_be_read_in_two_ways_is_never_two_requests() {
    let setup = Setup::new(json!({}));
    let post = |fields: &str, body: &str| format!("POST /x HTTP/1.1\r\nhost: a\r\n{fields}\r\n{body}");
    let cases = [
        (post("content-length: 3\r\ncontent-length: 4\r\n", "abcd"), &[400][..]),
        (post("content-length: 3, 4\r\n", "abcd"), &[400]),
        (post("content-length: +3\r\n", "abc"), &[400]),
        (post("content-length: -1\r\n", ""), &[400]),
        (post("content-length: 0x3\r\n", "abc"), &[400]),
        (post("content-length: 99999999999999999999\r\n", "abc"), &[400]),
        (post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"), &[400, 501, 200]),
        (post("transfer-encoding: chunked, gzip\r\n", "0\r\n\r\n"), &[400, 501]),
        (post("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"), &[501]),
        (post("transfer-encoding: xchunked\r\n", "0\r\n\r\n"), &[400, 501]),
        (post("transfer-encoding : chunked\r\n", "0\r\n\r\n"), &[400]),
        (post("transfer-encoding: \x0bchunked\r\n", "0\r\n\r\n"), &[400, 501]),
        (post("transfer-encoding:\r\n chunked\r\n", "0\r\n\r\n"), &[400]),
        ("GET /x HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n".to_owned(), &[400]),
        ("GET /x HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n".to_owned(), &[400]),
        ("GET /x HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n".to_owned(), &[400]),
        ("GET /x HTTP/1.1\r\nhost: a\r\n: a\r\n\r\n".to_owned(), &[400]),
        ("GET /x\tHTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), &[400]),
        ("GET /x HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".to_owned(), &[400]),
        ("GET /x HTTP/9.9\r\nhost: a\r\n\r\n".to_owned(), &[400, 505]),
        ("G(T /x HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), &[400]),
    ];
    let mut refused = Vec::new();
    for (number, (sent, statuses)) in cases.iter().enumerate() {
        let mut wire = setup.proxy.connect();
        let sent = sent.replace("/x", &format!("/x{number}."));
        wire.send(format!("{sent}GET /smuggled{number}. HTTP/1.1\r\nhost: a\r\n\r\n")).unwrap();
        wire.finish_sending();
        let status = wire.head().unwrap_or_else(|error| panic!("{sent:?}: {error}")).status();
        assert!(statuses.contains(&status), "{sent:?}: {status}");
        let _ = wire.rest();
        if status != 200 {
            refused.push(format!("/x{number}."));
        }
        // What follows a request that was refused is not looked at.
        if status != 200 {
            refused.push(format!("/smuggled{number}."));
        }
    }
    setup.proxy.wait_until_idle();
    let seen = setup.seen();
    let wrong = seen.iter().find(|line| refused.iter().any(|path| line.contains(path)));
    assert_eq!(wrong, None, "it was refused, and still went on");
    setup.is_well();
}

#[test]
fn a_length_beside_chunks_does_not_count_and_ends_the_connection() {
    let setup = Setup::new(json!({}));
    let mut wire = setup.proxy.connect();
    let body = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    wire.send(format!(
        "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\ntransfer-encoding: chunked\r\n\r\n{body}",
        body.len()
    ))
    .unwrap();
    assert_eq!(wire.response("POST").unwrap().text(), "0");
    assert!(wire.is_closed());
    assert_eq!(setup.seen(), ["POST /x HTTP/1.1"]);
    setup.is_well();
}

#[test]
fn chunks_are_read_strictly() {
    let setup = Setup::new(json!({}));
    for (chunks, is_good) in [
        ("3\r\nabc\r\n0\r\n\r\n", true),
        ("3;a=b\r\nabc\r\n0\r\n\r\n", true),
        ("3;a\nabc\r\n0\r\n\r\n", false),
        ("3\nabc\n0\n\n", false),
        ("3\r\nabcd\r\n0\r\n\r\n", false),
        ("ffffffffffffffffff\r\nabc", false),
        ("-3\r\nabc\r\n0\r\n\r\n", false),
        ("0x3\r\nabc\r\n0\r\n\r\n", false),
        ("\r\nabc\r\n0\r\n\r\n", false),
    ] {
        let mut wire = setup.proxy.connect();
        wire.send(format!("POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")).unwrap();
        let answer = wire.response("POST").ok().map(|answer| answer.head.status());
        assert_eq!(answer == Some(200), is_good, "{chunks:?}: {answer:?}");
        setup.seen();
    }
    // Extensions without end are not read without end.
    let mut wire = setup.proxy.connect();
    wire.send("POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    let endless = format!("1;{}\r\na\r\n", "x".repeat(8000));
    let mut sent = 0;
    while wire.send(&endless).is_ok() {
        sent += 1;
        assert!(sent < 2000, "the proxy reads chunk extensions for ever");
    }
    setup.seen();
    setup.is_well();
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// `:method: GET`, `:scheme: http`, `:path: /`, and an authority.
const GET: &[u8] = b"\x82\x86\x84\x41\x01a";

#[test]
fn frames_that_may_not_be_end_the_connection_and_nothing_else() {
    let setup = Setup::new(json!({}));
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    for frames in [
        b"not the rest of a preface at all, nor a frame of any kind".to_vec(),
        frame(DATA, 0, 1, b"data of no stream"),
        frame(HEADERS, 5, 0, GET),
        frame(HEADERS, 5, 2, GET),
        frame(HEADERS, 5, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        frame(HEADERS, 5, 1, b"\x3f\xff\xff\xff\xff\x0f"),
        frame(SETTINGS, 0, 0, b"odd"),
        frame(SETTINGS, 0, 1, b""),
        frame(PING, 0, 0, b"short"),
        frame(CONTINUATION, 4, 1, GET),
        [frame(HEADERS, 1, 1, GET), frame(PING, 0, 0, b"12345678")].concat(),
        vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1],
    ] {
        let mut wire = setup.proxy.connect();
        wire.send([&begin[..], &frames].concat()).unwrap();
        wire.finish_sending();
        let _ = wire.rest();
    }
    setup.is_well();
}

#[test]
fn a_flood_of_frames_is_ended_by_the_proxy() {
    let setup = Setup::new(json!({}));
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    // A head without end, in small pieces and in empty ones; requests that are taken back as soon as they are sent.
    let open = frame(HEADERS, 1, 1, GET);
    let piece = frame(CONTINUATION, 0, 1, &[&[0, 1, b'x', 100][..], &[b'v'; 100]].concat());
    let nothing = frame(CONTINUATION, 0, 1, b"");
    type Next = Box<dyn Fn(u32) -> Vec<u8>>;
    let floods: [(&str, Vec<u8>, Next); 3] = [
        ("continuation", open.clone(), Box::new(move |_| piece.repeat(50))),
        ("empty continuation", open, Box::new(move |_| nothing.repeat(1000))),
        (
            "rapid reset",
            Vec::new(),
            Box::new(|round| {
                let both = |n: u32| {
                    let stream = 2 * (round * 50 + n) + 1;
                    [frame(HEADERS, 5, stream, GET), frame(RESET, 0, stream, &[0, 0, 0, 8])].concat()
                };
                (0..50).flat_map(both).collect()
            }),
        ),
    ];
    for (name, first, next) in floods {
        let mut wire = setup.proxy.connect();
        wire.send([&begin[..], &first].concat()).unwrap();
        let mut reader = wire.another();
        let reading = std::thread::spawn(move || reader.rest().map(drop));
        let mut rounds = 0;
        while wire.send(next(rounds)).is_ok() {
            rounds += 1;
            assert!(rounds < 20_000, "{name}: the proxy takes all of it");
        }
        let _ = reading.join();
    }
    setup.seen();
    setup.proxy.wait_until_idle();
    setup.is_well();
}

#[test]
fn a_slow_client_is_waited_for_as_long_as_configured() {
    let setup = Setup::new(json!({"request_headers_timeout": "0.2s", "stream_idle_timeout": "0.2s"}));
    // A byte at a time is no excuse: the head as a whole has its time.
    let mut wire = setup.proxy.connect();
    let mut reader = wire.another();
    let answer = std::thread::spawn(move || reader.response("GET").map(|answer| answer.head.status()));
    wire.send("GET / HTTP/1.1\r\nx: ").unwrap();
    while wire.send("y").is_ok() && !answer.is_finished() {
        std::thread::yield_now();
    }
    assert_eq!(answer.join().unwrap().expect("it is told, though it goes on sending"), 408);
    let mut wire = setup.proxy.connect();
    wire.send("POST /slow HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc").unwrap();
    assert_eq!(wire.response("POST").unwrap().head.status(), 408);
    setup.is_well();
}

/// Chunks that are none ended the connection without a word; Envoy answers 400.
#[test]
fn chunks_that_are_none_are_answered_and_end_the_connection() {
    let upstream = Upstream::start(echo);
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    for chunks in ["zz\r\nok\r\n0\r\n\r\n", "-1\r\n\r\n", "fffffffffffffffff\r\n", "2\r\nokX0\r\n\r\n", "2\nok\n0\n\n"]
    {
        let mut client = proxy.connect();
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")).unwrap();
        assert_eq!(client.response("POST").unwrap().head.status(), 400, "{chunks:?}");
        assert!(client.is_closed(), "{chunks:?}");
    }
    let mut client = proxy.connect();
    client
        .send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
        .unwrap();
    assert_eq!(client.response("POST").unwrap().head.status(), 501);
}
