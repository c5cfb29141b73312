//! Frames of HTTP/2 that break the protocol, one table in the order of RFC 9113: what each is answered with, and that a neighbour
//! on the same worker, in the middle of a request, notices nothing.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::http2::{Http2, request};
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, mirror};
use crate::support::wire::Wire;
use bytes::Bytes;
use serde_json::json;
use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;

// Flags.
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const WHOLE: u8 = END_STREAM | END_HEADERS;

// Errors.
const PROTOCOL: u32 = 1;
const FLOW_CONTROL: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE: u32 = 6;
const REFUSED: u32 = 7;
const COMPRESSION: u32 = 9;

/// What frames are answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// The connection ends with this error.
    Connection(u32),
    /// The stream does, and the connection goes on; or the connection ends with it, which a server may choose (5.4.2).
    Stream(u32),
    /// The same, with one error or the other.
    Closed(u32, u32),
    /// The connection ends with this error, or with PROTOCOL_ERROR, which the HTTP library has for all that it cannot decode.
    Undecodable(u32),
    /// The connection goes on, and so do requests on it.
    GoesOn,
    /// It is no request: the stream ends with PROTOCOL_ERROR, or is answered with 400.
    Malformed,
    /// It is a request, and is answered so.
    Answer(&'static [u8]),
}
use Expected::{Answer, Closed, Connection, GoesOn, Malformed, Stream, Undecodable};

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field as a literal that is not kept, without Huffman's code.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

const REQUEST: [(&str, &str); 4] = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a.test")];

/// A request's fields with others behind them.
fn with(more: &[(&str, &str)]) -> Vec<u8> {
    fields(&[&REQUEST[..], more].concat())
}

/// A request's fields but for one.
fn without(name: &str) -> Vec<u8> {
    fields(&REQUEST.into_iter().filter(|(own, _)| *own != name).collect::<Vec<_>>())
}

fn setting(id: u16, value: u32) -> Vec<u8> {
    [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()
}

fn window(increment: u32) -> [u8; 4] {
    increment.to_be_bytes()
}

/// What has come: errors of the connection and of streams, statuses as they are encoded, whether a ping was answered.
#[derive(Debug, Default)]
struct Outcome {
    goaway: Option<u32>,
    resets: Vec<(u32, u32)>,
    answers: Vec<Vec<u8>>,
    pong: bool,
}

impl Outcome {
    /// Reads until the ping is answered that was sent last, and with `more` until something has come of a stream; or the connection is over.
    /// What is said of streams may come behind the answer to a ping.
    fn read(wire: &mut Wire, more: bool) -> Self {
        let mut outcome = Self::default();
        while !outcome.pong || (more && outcome.resets.is_empty() && outcome.answers.is_empty()) {
            let Ok(head) = wire.bytes(9) else { return Self { pong: false, ..outcome } };
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
            let Ok(payload) = wire.bytes(length) else { return Self { pong: false, ..outcome } };
            let code = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
            match head[3] {
                HEADERS => outcome.answers.push(payload),
                RESET => outcome.resets.push((stream, code(0))),
                GOAWAY => outcome.goaway = Some(code(4)),
                PING if head[4] & ACK != 0 && payload == b"are you " => outcome.pong = true,
                _ => {}
            }
        }
        outcome
    }

    fn is(&self, expected: Expected) -> bool {
        let reset = |code| self.resets.iter().any(|(_, own)| *own == code);
        let one_of = |codes: &[u32]| match self.goaway {
            Some(code) => !self.pong && codes.contains(&code),
            None => self.pong && codes.iter().any(|code| reset(*code)),
        };
        match expected {
            Connection(code) => !self.pong && self.goaway == Some(code),
            Stream(code) => one_of(&[code]),
            Closed(one, other) => one_of(&[one, other]),
            Undecodable(code) => !self.pong && self.goaway.is_some_and(|own| [code, PROTOCOL].contains(&own)),
            GoesOn => self.pong && self.goaway.is_none() && self.resets.is_empty(),
            Malformed => {
                one_of(&[PROTOCOL]) || (self.pong && self.answers.iter().any(|answer| answer.first() == Some(&0x8c)))
            }
            // The status is the first field, and one of the table that everybody has.
            Answer(first) => {
                self.pong && self.resets.is_empty() && self.answers.iter().any(|answer| answer.starts_with(first))
            }
        }
    }
}

/// `:status: 200` of the static table.
const OK: &[u8] = &[0x88];

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_breaks_the_protocol_is_answered_as_it_says_and_harms_nobody_else() {
    let upstream = Upstream::start(mirror);
    let options = json!({"max_concurrent_streams": 10});
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(json!({"match": {"path": "/up"}, "route": {"cluster": "upstream"}}))
        .route(direct_response(json!({"prefix": "/"}), 200, "hello"))
        .manager(json!({"http2_protocol_options": options}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut neighbour = Http2::connect(proxy.address());
    let mut under_way = neighbour.open(request("POST", "/up"));
    under_way.body.send_data(Bytes::from_static(b"before, "), false).unwrap();

    let post = frame(HEADERS, END_HEADERS, 1, &with(&[]));
    let up = frame(HEADERS, END_HEADERS, 1, &[without(":path"), field(":path", "/up")].concat());
    let get = frame(HEADERS, WHOLE, 1, &with(&[]));
    let head = |more: &[(&str, &str)]| frame(HEADERS, WHOLE, 1, &with(more));
    let block = |block: Vec<u8>| frame(HEADERS, WHOLE, 1, &block);
    let after = |first: &[u8], second: Vec<u8>| [first, &second].concat();
    let many: Vec<u8> = (0..11).flat_map(|n| frame(HEADERS, END_HEADERS, 2 * n + 1, &with(&[]))).collect();
    let long = vec![0; 16_385];
    let cases: Vec<(&str, Vec<u8>, Expected)> = vec![
        // 4.1, 4.2: frames.
        ("a type that is unknown", frame(0x16, 0xff, 0, b"anything"), GoesOn),
        ("flags that are unknown", frame(PING, 0xfe, 0, b"12345678"), GoesOn),
        ("a reserved bit", frame(PING, 0, 1 << 31, b"12345678"), GoesOn),
        ("DATA that is too long", after(&post, frame(DATA, 0, 1, &long)), Closed(FRAME_SIZE, FRAME_SIZE)),
        ("HEADERS that are too long", frame(HEADERS, END_HEADERS, 1, &long), Connection(FRAME_SIZE)),
        ("SETTINGS that are too long", frame(SETTINGS, 0, 0, &[0; 16_386]), Connection(FRAME_SIZE)),
        // 4.3: compression.
        ("an index of nothing", block(vec![0xff, 0x80, 0x01]), Undecodable(COMPRESSION)),
        ("index 0", block(vec![0x80]), Undecodable(COMPRESSION)),
        ("an integer without end", block(vec![0xff; 12]), Undecodable(COMPRESSION)),
        ("a literal that ends early", block([with(&[]), vec![0, 5, b'x']].concat()), Undecodable(COMPRESSION)),
        (
            "padding of Huffman's code that is too long",
            block(vec![0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x84, 0x49, 0x50, 0x9f, 0xff]),
            Undecodable(COMPRESSION),
        ),
        ("EOS in Huffman's code", block(vec![0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00]), Undecodable(COMPRESSION)),
        (
            "a table that is larger than allowed",
            block([vec![0x3f, 0xe2, 0x1f], with(&[])].concat()),
            Undecodable(COMPRESSION),
        ),
        ("a new size of the table behind a field", block([with(&[]), vec![0x20]].concat()), Undecodable(COMPRESSION)),
        // 5.1: states of streams.
        ("DATA of an idle stream", frame(DATA, 0, 1, b"x"), Connection(PROTOCOL)),
        ("RST_STREAM of an idle stream", frame(RESET, 0, 1, &[0, 0, 0, 8]), Connection(PROTOCOL)),
        ("WINDOW_UPDATE of an idle stream", frame(WINDOW, 0, 1, &window(1)), Connection(PROTOCOL)),
        ("CONTINUATION of an idle stream", frame(CONTINUATION, END_HEADERS, 1, &with(&[])), Connection(PROTOCOL)),
        ("DATA after the end", after(&get, frame(DATA, 0, 1, b"x")), Closed(STREAM_CLOSED, PROTOCOL)),
        ("HEADERS after the end", after(&get, get.clone()), Closed(STREAM_CLOSED, PROTOCOL)),
        (
            "CONTINUATION after the end",
            after(&get, frame(CONTINUATION, END_HEADERS, 1, b"")),
            Closed(STREAM_CLOSED, PROTOCOL),
        ),
        (
            "DATA after RST_STREAM",
            [post.clone(), frame(RESET, 0, 1, &[0, 0, 0, 8]), frame(DATA, 0, 1, b"x")].concat(),
            Closed(STREAM_CLOSED, STREAM_CLOSED),
        ),
        ("WINDOW_UPDATE after the end", after(&get, frame(WINDOW, 0, 1, &window(1))), Answer(OK)),
        // 5.1.1, 5.1.2: numbers of streams.
        ("an even number", frame(HEADERS, WHOLE, 2, &with(&[])), Connection(PROTOCOL)),
        (
            "a number that goes back",
            [frame(HEADERS, WHOLE, 5, &with(&[])), frame(HEADERS, WHOLE, 3, &with(&[]))].concat(),
            Closed(PROTOCOL, STREAM_CLOSED),
        ),
        ("more streams than allowed", many, Closed(REFUSED, PROTOCOL)),
        // 6.1: DATA.
        ("DATA of stream 0", frame(DATA, 0, 0, b"x"), Connection(PROTOCOL)),
        (
            "DATA with more padding than there is",
            after(&post, frame(DATA, PADDED, 1, &[5, b'x'])),
            Connection(PROTOCOL),
        ),
        // 6.2: HEADERS.
        ("HEADERS of stream 0", frame(HEADERS, WHOLE, 0, &with(&[])), Connection(PROTOCOL)),
        (
            "HEADERS with more padding than there is",
            frame(HEADERS, WHOLE | PADDED, 1, &[200, 0x82]),
            Connection(PROTOCOL),
        ),
        (
            "HEADERS and then something else",
            [frame(HEADERS, END_STREAM, 1, &with(&[])), frame(PING, 0, 0, b"12345678")].concat(),
            Connection(PROTOCOL),
        ),
        (
            "HEADERS and then those of another stream",
            [frame(HEADERS, END_STREAM, 1, &with(&[])), frame(HEADERS, WHOLE, 3, &with(&[]))].concat(),
            Connection(PROTOCOL),
        ),
        (
            "HEADERS and then a type that is unknown",
            [frame(HEADERS, END_STREAM, 1, &with(&[])), frame(0x16, 0, 1, b"")].concat(),
            Connection(PROTOCOL),
        ),
        // 6.3: PRIORITY.
        ("PRIORITY of stream 0", frame(PRIORITY, 0, 0, &[0, 0, 0, 3, 16]), Connection(PROTOCOL)),
        (
            "PRIORITY of a wrong length",
            after(&post, frame(PRIORITY, 0, 1, &[0, 0, 0, 3])),
            Closed(FRAME_SIZE, PROTOCOL),
        ),
        ("PRIORITY of a stream that is not there", frame(PRIORITY, 0, 7, &[0, 0, 0, 3, 16]), GoesOn),
        // 6.4: RST_STREAM.
        ("RST_STREAM of stream 0", frame(RESET, 0, 0, &[0, 0, 0, 8]), Connection(PROTOCOL)),
        ("RST_STREAM of a wrong length", after(&post, frame(RESET, 0, 1, &[0, 0, 8])), Undecodable(FRAME_SIZE)),
        // 6.5: SETTINGS.
        ("an acknowledgement with settings", frame(SETTINGS, ACK, 0, &setting(3, 1)), Undecodable(FRAME_SIZE)),
        ("SETTINGS of a stream", frame(SETTINGS, 0, 1, &setting(3, 1)), Connection(PROTOCOL)),
        ("SETTINGS of a wrong length", frame(SETTINGS, 0, 0, &[0, 3, 0]), Undecodable(FRAME_SIZE)),
        ("ENABLE_PUSH of 2", frame(SETTINGS, 0, 0, &setting(2, 2)), Connection(PROTOCOL)),
        ("a window that is too large", frame(SETTINGS, 0, 0, &setting(4, 1 << 31)), Undecodable(FLOW_CONTROL)),
        ("frames that are too short", frame(SETTINGS, 0, 0, &setting(5, 16_383)), Connection(PROTOCOL)),
        ("frames that are too long", frame(SETTINGS, 0, 0, &setting(5, 1 << 24)), Connection(PROTOCOL)),
        ("a setting that is unknown", frame(SETTINGS, 0, 0, &setting(0xff, 7)), GoesOn),
        ("a window of nothing", [frame(SETTINGS, 0, 0, &setting(4, 0)), get.clone()].concat(), Answer(OK)),
        // 6.6: PUSH_PROMISE.
        (
            "PUSH_PROMISE",
            after(&post, frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2], &with(&[])[..]].concat())),
            Connection(PROTOCOL),
        ),
        // 6.7: PING.
        ("PING of a stream", frame(PING, 0, 1, b"12345678"), Connection(PROTOCOL)),
        ("PING of a wrong length", frame(PING, 0, 0, b"1234567"), Undecodable(FRAME_SIZE)),
        ("an answer to no PING", frame(PING, ACK, 0, b"12345678"), GoesOn),
        // 6.8: GOAWAY.
        ("GOAWAY of a stream", frame(GOAWAY, 0, 1, &[0; 8]), Connection(PROTOCOL)),
        // 6.9: WINDOW_UPDATE.
        ("an increment of 0", frame(WINDOW, 0, 0, &window(0)), Connection(PROTOCOL)),
        ("an increment of 0 for a stream", after(&post, frame(WINDOW, 0, 1, &window(0))), Stream(PROTOCOL)),
        ("a WINDOW_UPDATE of a wrong length", frame(WINDOW, 0, 0, &[0, 0, 1]), Undecodable(FRAME_SIZE)),
        (
            "a window of the connection that overflows",
            frame(WINDOW, 0, 0, &window(i32::MAX as u32)),
            Connection(FLOW_CONTROL),
        ),
        (
            "a window of a stream that overflows",
            after(&post, frame(WINDOW, 0, 1, &window(i32::MAX as u32))),
            Stream(FLOW_CONTROL),
        ),
        (
            "a window that a setting makes overflow",
            [post.clone(), frame(WINDOW, 0, 1, &window(1 << 30)), frame(SETTINGS, 0, 0, &setting(4, i32::MAX as u32))]
                .concat(),
            Connection(FLOW_CONTROL),
        ),
        // 6.10: CONTINUATION.
        (
            "CONTINUATION of another stream",
            [frame(HEADERS, END_STREAM, 1, &with(&[])), frame(CONTINUATION, END_HEADERS, 3, b"")].concat(),
            Connection(PROTOCOL),
        ),
        (
            "CONTINUATION of stream 0",
            [frame(HEADERS, END_STREAM, 1, &with(&[])), frame(CONTINUATION, END_HEADERS, 0, b"")].concat(),
            Connection(PROTOCOL),
        ),
        (
            "a head in several frames",
            [
                frame(HEADERS, END_STREAM, 1, &with(&[])[..20]),
                frame(CONTINUATION, 0, 1, b""),
                frame(CONTINUATION, END_HEADERS, 1, &with(&[])[20..]),
            ]
            .concat(),
            Answer(OK),
        ),
        // 8.1: messages.
        (
            "trailers that do not end",
            [post.clone(), frame(DATA, 0, 1, b"x"), frame(HEADERS, END_HEADERS, 1, &field("x-t", "1"))].concat(),
            Malformed,
        ),
        (
            "pseudo-headers in trailers, which nobody gets to see",
            [up.clone(), frame(DATA, 0, 1, b"x"), frame(HEADERS, WHOLE, 1, &field(":path", "/"))].concat(),
            Answer(OK),
        ),
        (
            "a content-length of too much",
            [frame(HEADERS, END_HEADERS, 1, &with(&[("content-length", "3")])), frame(DATA, END_STREAM, 1, b"x")]
                .concat(),
            Malformed,
        ),
        (
            "a content-length of too little",
            [
                frame(HEADERS, END_HEADERS, 1, &with(&[("content-length", "3")])),
                frame(DATA, 0, 1, b"xx"),
                frame(DATA, END_STREAM, 1, b"xx"),
            ]
            .concat(),
            Malformed,
        ),
        ("a content-length and no content", head(&[("content-length", "3")]), Malformed),
        (
            "a content-length that is none",
            [frame(HEADERS, END_HEADERS, 1, &with(&[("content-length", "x")])), frame(DATA, END_STREAM, 1, b"x")]
                .concat(),
            Malformed,
        ),
        // 8.2: fields.
        ("a name in upper case", head(&[("X-A", "1")]), Malformed),
        ("a name of nothing", head(&[("", "1")]), Malformed),
        ("a name with a space", head(&[("x a", "1")]), Malformed),
        ("a value with a line feed", head(&[("x-a", "1\n2")]), Malformed),
        ("a value with a carriage return", head(&[("x-a", "1\r2")]), Malformed),
        ("a value with a zero", head(&[("x-a", "1\x002")]), Malformed),
        ("connection", head(&[("connection", "keep-alive")]), Malformed),
        ("keep-alive", head(&[("keep-alive", "1")]), Malformed),
        ("proxy-connection", head(&[("proxy-connection", "keep-alive")]), Malformed),
        ("transfer-encoding", head(&[("transfer-encoding", "chunked")]), Malformed),
        ("upgrade", head(&[("upgrade", "websocket")]), Malformed),
        ("te of something", head(&[("te", "gzip")]), Malformed),
        ("te of trailers", head(&[("te", "trailers")]), Answer(OK)),
        // 8.3: pseudo-headers.
        ("a pseudo-header that is unknown", head(&[(":x", "1")]), Malformed),
        ("a pseudo-header of responses", head(&[(":status", "200")]), Malformed),
        ("a pseudo-header behind a field", block([field("x-a", "1"), with(&[])].concat()), Malformed),
        ("no method", block(without(":method")), Malformed),
        ("no scheme", block(without(":scheme")), Malformed),
        ("no path", block(without(":path")), Malformed),
        ("an empty path", block([without(":path"), field(":path", "")].concat()), Malformed),
        ("two methods", block([field(":method", "GET"), with(&[])].concat()), Malformed),
        ("two schemes", block([field(":scheme", "http"), with(&[])].concat()), Malformed),
        ("two paths", block([field(":path", "/x"), with(&[])].concat()), Malformed),
        ("two authorities", block([field(":authority", "b"), with(&[])].concat()), Malformed),
        ("a protocol without CONNECT", block([field(":protocol", "websocket"), with(&[])].concat()), Malformed),
    ];
    let mut wrong = Vec::new();
    for (what, frames, expected) in &cases {
        let mut wire = proxy.connect();
        let ping = frame(PING, 0, 0, b"are you ");
        wire.send([PREFACE, &frame(SETTINGS, 0, 0, b""), &frames[..], &ping[..]].concat()).unwrap();
        let more = !matches!(expected, Connection(_) | Undecodable(_) | GoesOn);
        let outcome = Outcome::read(&mut wire, more);
        if !outcome.is(*expected) {
            wrong.push(format!("{what}: {expected:?} is expected, {outcome:?}"));
        }
        assert_eq!(neighbour.get("/well").unwrap().text(), "hello", "{what}");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    under_way.body.send_data(Bytes::from_static(b"after"), true).unwrap();
    let answer = neighbour.answer(under_way.response).unwrap();
    assert!(answer.text().ends_with("body: before, after\n"), "{answer:?}");
    drop(neighbour);
    proxy.wait_until_idle();
}

#[test]
fn what_does_not_begin_as_http_2_does_ends() {
    let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for begin in [
        &b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        &[PREFACE, PREFACE].concat(),
    ] {
        let mut wire = proxy.connect();
        wire.send(begin).unwrap();
        wire.finish_sending();
        let outcome = Outcome::read(&mut wire, false);
        assert!(!outcome.pong && outcome.answers.is_empty(), "{:?}: {outcome:?}", String::from_utf8_lossy(begin));
        assert_eq!(Http2::connect(proxy.address()).get("/").unwrap().text(), "hello");
    }
}

/// Frames that cost the sender nothing, from one that reads no answers: the proxy ends the connection, or stops reading from it, and keeps
/// little of it.
#[test]
fn a_flood_without_a_reader_costs_no_memory_and_harms_nobody_else() {
    const FRAMES: usize = 400_000;
    const MOST_KIB: u64 = 64 << 10;
    let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut neighbour = Http2::connect(proxy.address());
    assert_eq!(neighbour.get("/well").unwrap().text(), "hello");
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.program().id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().to_owned();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = resident();
    let open = frame(HEADERS, END_HEADERS, 1, &with(&[]));
    for (what, first, flood) in [
        ("PING", Vec::new(), frame(PING, 0, 0, b"12345678")),
        ("SETTINGS", Vec::new(), frame(SETTINGS, 0, 0, &setting(4, 70_000))),
        ("empty SETTINGS", Vec::new(), frame(SETTINGS, 0, 0, b"")),
        ("empty DATA", open.clone(), frame(DATA, 0, 1, b"")),
        ("padding", open.clone(), frame(DATA, PADDED, 1, &[0])),
        ("PRIORITY", open.clone(), frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 16])),
        ("WINDOW_UPDATE", open.clone(), frame(WINDOW, 0, 1, &window(1))),
        ("RST_STREAM of what is closed", frame(HEADERS, WHOLE, 1, &with(&[])), frame(RESET, 0, 1, &[0, 0, 0, 8])),
        ("what is unknown", Vec::new(), frame(0x16, 0, 0, b"")),
    ] {
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        // One that is read no more is stuck, which is as good as an end.
        stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, b""), &first].concat()).unwrap();
        let many = flood.repeat(1000);
        for _ in 0..FRAMES / 1000 {
            match stream.write_all(&many) {
                Ok(()) => {}
                Err(error) => {
                    let ended =
                        [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset, ErrorKind::WouldBlock, ErrorKind::TimedOut];
                    assert!(ended.contains(&error.kind()), "{what}: {error}");
                    break;
                }
            }
        }
        assert_eq!(neighbour.get("/well").unwrap().text(), "hello", "{what}");
        let grown = resident().saturating_sub(before);
        assert!(grown < MOST_KIB, "{what}: {grown} KiB more");
    }
    proxy.wait_for_stats(|stats| stats["http.test.downstream_cx_active"] == 1);
}
