//! Attempts to send a stream's request, without a proxy: what they share with their stream, and what they do not.

use bytes::Bytes;
use std::cell::Cell;
use std::rc::Rc;
use tollgate_abi::{AbiVersion, MapType, StreamType};
use tollgate_host::dispatch;
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{Effect, HttpStream, NoRoutes, RouteInfo, Router, StreamInfo};
use tollgate_host::vm::VmError;
use tollgate_testkit::native::{NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::rig::{Rig, fields};

type Answer = Result<Option<i32>, VmError>;

/// Counts the attempts that it sees in a property of the stream and in a header, and answers those of `/answer` twice.
struct Counts;

impl NativePlugin for Counts {
    fn on_request_headers(&mut self, guest: &mut NativeGuest, _id: i32, _count: i32, _end: i32) -> Answer {
        let map = MapType::HttpRequestHeaders.as_i32();
        let (key, key_len) = guest.store(b"seen");
        let seen = guest.read(|g, data, size| dispatch::proxy_get_property(g, key, key_len, data, size))?;
        let seen = [&seen.unwrap_or_default()[..], b"x"].concat();
        let (value, value_len) = guest.store(&seen);
        dispatch::proxy_set_property(guest, key, key_len, value, value_len)?;
        let (name, name_len) = guest.store(b"x-seen");
        dispatch::proxy_add_header_map_value(guest, map, name, name_len, value, value_len)?;
        dispatch::proxy_clear_route_cache(guest)?;
        let (path, path_len) = guest.store(b":path");
        let path =
            guest.read(|g, data, size| dispatch::proxy_get_header_map_value(g, map, path, path_len, data, size))?;
        if path.as_deref() == Ok(b"/answer") {
            for body in [&b"first"[..], b"second"] {
                let (body, body_len) = guest.store(body);
                dispatch::proxy_send_local_response(guest, 403, 0, 0, body, body_len, 0, 0, -1)?;
            }
            return Ok(Some(1));
        }
        Ok(Some(0))
    }

    fn on_response_headers(&mut self, guest: &mut NativeGuest, _id: i32, _count: i32, _end: i32) -> Answer {
        dispatch::proxy_close_stream(guest, StreamType::HttpResponse.as_i32())?;
        Ok(Some(0))
    }

    fn on_log(&mut self, guest: &mut NativeGuest, _id: i32) -> Result<Option<()>, VmError> {
        guest.log("log")?;
        Ok(None)
    }
}

fn request(path: &str) -> HeaderMap {
    fields(&[(":method", "POST"), (":path", path)])
}

fn effects(stream: &mut HttpStream) -> Vec<Effect> {
    std::iter::from_fn(|| stream.poll_effect()).collect()
}

fn rig() -> Rig {
    Rig::native(&NativeRuntime::new(|| Box::new(Counts)), AbiVersion::V0_2_1)
}

#[test]
fn attempts_have_the_facts_and_the_headers_of_their_stream_and_log_nothing() {
    let rig = rig();
    let mut stream = rig.chain.open(StreamInfo::default(), Rc::new(NoRoutes));
    stream.handle_request_headers(request("/"), false);
    assert_eq!(effects(&mut stream), [Effect::ForwardRequestHeaders { end_of_stream: false }]);
    for seen in [["x", "xx"].as_slice(), &["x", "xx", "xxx"]] {
        let headers = stream.request_headers().map(|headers| headers.clone()).unwrap();
        let mut attempt = stream.begin_attempt(&rig.chain);
        attempt.handle_request_headers(headers, false);
        attempt.handle_request_body(Bytes::from_static(b"body"), true);
        let data = Bytes::from_static(b"body");
        let expected = [
            Effect::ForwardRequestHeaders { end_of_stream: false },
            Effect::ForwardRequestBody { data, end_of_stream: true },
        ];
        assert_eq!(effects(&mut attempt), expected);
        let headers = stream.request_headers().unwrap();
        let marks: Vec<_> = headers.iter().filter(|field| field.name.as_bytes() == b"x-seen").collect();
        assert_eq!(marks.iter().map(|field| std::str::from_utf8(&field.value).unwrap()).collect::<Vec<_>>(), seen);
    }
    // The body is the stream's, which has counted it or not.
    assert_eq!(stream.info().request_body_bytes, 0);
    assert!(rig.log.take_messages().is_empty());
    stream.finish();
    assert_eq!(rig.log.take_messages(), ["log"]);
}

/// Counts how often a route is chosen.
#[derive(Default)]
struct Choices(Cell<usize>);

impl Router for Choices {
    fn route(&self, _request_headers: &HeaderMap) -> Option<RouteInfo> {
        self.0.set(self.0.get() + 1);
        Some(RouteInfo::default())
    }
}

#[test]
fn an_attempt_does_not_choose_another_route() {
    let rig = rig();
    let choices = Rc::new(Choices::default());
    let mut stream = rig.chain.open(StreamInfo::default(), choices.clone());
    stream.handle_request_headers(request("/"), true);
    assert!(stream.route().is_some());
    let chosen = choices.0.get();
    let mut attempt = stream.begin_attempt(&rig.chain);
    attempt.handle_request_headers(request("/"), true);
    assert!(attempt.route().is_some() && stream.route().is_some());
    assert_eq!(choices.0.get(), chosen);
}

#[test]
fn an_attempt_hands_its_first_answer_over_and_takes_no_more() {
    let rig = rig();
    let mut stream = rig.chain.open(StreamInfo::default(), Rc::new(NoRoutes));
    stream.handle_request_headers(request("/"), false);
    effects(&mut stream);
    let mut attempt = stream.begin_attempt(&rig.chain);
    attempt.handle_request_headers(request("/answer"), false);
    attempt.handle_request_body(Bytes::from_static(b"body"), true);
    attempt.handle_response_headers(fields(&[(":status", "200")]), true);
    let handed = effects(&mut attempt);
    let [Effect::Answer(answer)] = &handed[..] else { panic!("an answer and nothing else: {handed:?}") };
    assert_eq!((answer.status, &answer.body[..]), (403, &b"first"[..]));
    drop(attempt);
    stream.handle_local_response((**answer).clone());
    assert!(matches!(effects(&mut stream)[..], [Effect::AbandonUpstream, ..] | [Effect::Reset]));
}

#[test]
fn who_closes_the_stream_of_an_attempt_says_why_to_the_stream() {
    let rig = rig();
    let mut stream = rig.chain.open(StreamInfo::default(), Rc::new(NoRoutes));
    stream.handle_request_headers(request("/"), true);
    effects(&mut stream);
    let mut attempt = stream.begin_attempt(&rig.chain);
    attempt.handle_request_headers(request("/"), true);
    effects(&mut attempt);
    attempt.handle_response_headers(fields(&[(":status", "200")]), true);
    assert_eq!(effects(&mut attempt), [Effect::Reset]);
    drop(attempt);
    assert_eq!(stream.info().response_code_details.as_deref(), Some("wasm_close_stream"));
}
