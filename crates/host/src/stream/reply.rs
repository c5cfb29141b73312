//! Answers made inside the proxy: by a plugin, for a failed plugin, for a body that is too large.

use super::action::{Direction, LocalResponse};
use super::effect::Effect;
use super::http::{HalfState, HttpStream};
use super::stage::Part;
use crate::buffer::Buffer;
use crate::fields::{FieldName, HeaderMap};
use bytes::Bytes;

/// gRPC's code for a status that HTTP's says nothing about.
const GRPC_UNKNOWN: u32 = 2;

/// The answer in place of a stream whose plugin has failed.
pub(super) fn stream_failed() -> LocalResponse {
    LocalResponse {
        status: 503,
        details: "wasm_fail_stream".to_owned(),
        grpc_status: Some(14),
        ..LocalResponse::default()
    }
}

/// The answer to a request whose body is more than a plugin may have buffered.
pub(super) fn request_too_large() -> LocalResponse {
    LocalResponse {
        status: 413,
        details: "request_payload_too_large".to_owned(),
        body: Bytes::from_static(b"Payload Too Large"),
        ..LocalResponse::default()
    }
}

/// The answer in place of a response whose body is more than a plugin may have buffered.
pub(super) fn response_too_large() -> LocalResponse {
    LocalResponse {
        status: 500,
        details: "response_payload_too_large".to_owned(),
        body: Bytes::from_static(b"Internal Server Error"),
        ..LocalResponse::default()
    }
}

/// The answer in place of a message whose body has not the length that its headers say.
pub(super) fn length_changed(direction: Direction) -> LocalResponse {
    let message = if direction == Direction::Request { "request" } else { "response" };
    LocalResponse { status: 500, details: format!("{message}_content_length_mismatch"), ..LocalResponse::default() }
}

/// Whether a request is gRPC: its content type is `application/grpc`, alone or with a suffix.
pub fn is_grpc(headers: &HeaderMap) -> bool {
    headers.value(b"content-type").is_some_and(|value| {
        value.strip_prefix(b"application/grpc").is_some_and(|rest| matches!(rest.first(), None | Some(b'+')))
    })
}

impl HttpStream {
    /// Answers the stream.
    ///
    /// Before the response has begun, the answer goes through the response callbacks like any response. While it goes
    /// through them, the answer replaces it without more callbacks. Once it is on its way to the client, the stream can
    /// only be reset.
    pub(super) fn reply(&mut self, response: LocalResponse) {
        if self.is_attempt() {
            return self.answer(response);
        }
        match self.response {
            HalfState::Closed => {}
            HalfState::Forwarded => {
                self.info_mut().response_code_details = Some(response.details);
                self.reset();
            }
            HalfState::Idle => {
                let (headers, body) = self.begin_reply(response);
                self.response = HalfState::Flowing;
                self.response_framing.expect(&headers);
                self.exchange.borrow_mut().response.headers = Some(headers);
                let end_of_stream = body.is_empty();
                self.feed_headers(Direction::Response, 0, end_of_stream);
                if !end_of_stream {
                    self.feed(Direction::Response, 0, Part::Body { data: Buffer::from(body), end_of_stream: true });
                }
            }
            HalfState::Flowing => {
                let (headers, body) = self.begin_reply(response);
                self.abandon(Direction::Response);
                let mut exchange = self.exchange.borrow_mut();
                exchange.response.headers = Some(headers);
                exchange.response.trailers = None;
                drop(exchange);
                let end_of_stream = body.is_empty();
                self.effects.push_back(Effect::ForwardResponseHeaders { end_of_stream });
                if !end_of_stream {
                    self.forward_body(Direction::Response, Buffer::from(body), true);
                }
            }
        }
    }

    fn begin_reply(&mut self, mut response: LocalResponse) -> (HeaderMap, Bytes) {
        {
            let exchange = self.exchange.borrow();
            let request = exchange.request.headers.as_ref();
            exchange.router.rewrite_local_response(request, &exchange.info, &mut response);
        }
        self.abandon(Direction::Request);
        self.effects.clear();
        self.effects.push_back(Effect::AbandonUpstream);
        let (headers, body) = render(&response, self.is_grpc);
        let mut info = self.info_mut();
        info.response_code_details = Some(response.details);
        drop(info);
        // The answer to a HEAD request has the headers of a body, and none.
        let body = if self.is_head { Bytes::new() } else { body };
        (headers, body)
    }
}

/// Headers and body of a local response.
fn render(response: &LocalResponse, is_grpc: bool) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::with_room_for(response.headers.len());
    let status = if (200..600).contains(&response.status) { response.status } else { 500 };
    headers.append(const { FieldName::from_static(":status") }, status_value(if is_grpc { 200 } else { status }));
    for field in response.headers.iter() {
        // These say what is sent, and so are not the plugin's to say.
        if !field.name.is_pseudo() && field.name.as_bytes() != b"content-length" {
            headers.append(field.name.clone(), field.value.clone());
        }
    }
    if is_grpc {
        headers.replace(const { FieldName::from_static("content-type") }, Bytes::from_static(b"application/grpc"));
        let code = response.grpc_status.unwrap_or_else(|| grpc_status_of(status));
        headers.replace(const { FieldName::from_static("grpc-status") }, code.to_string().into());
        if !response.body.is_empty() {
            let message = percent_encode(&response.body);
            headers.replace(const { FieldName::from_static("grpc-message") }, message.into());
        }
        return (headers, Bytes::new());
    }
    if !response.body.is_empty() {
        let length = response.body.len().to_string();
        headers.append(const { FieldName::from_static("content-length") }, length.into());
        if headers.value(b"content-type").is_none() {
            headers.append(const { FieldName::from_static("content-type") }, Bytes::from_static(b"text/plain"));
        }
    }
    (headers, response.body.clone())
}

/// The digits of a status from 100 to 999, without allocating. Of any other number, its last three.
pub fn status_value(status: u32) -> Bytes {
    const TEXT: [u8; 3000] = {
        let mut text = [b'0'; 3000];
        let mut at = 0;
        while at < text.len() {
            let digit = match at % 3 {
                0 => at / 300,
                1 => at / 30,
                _ => at / 3,
            };
            text[at] += (digit % 10) as u8;
            at += 1;
        }
        text
    };
    static DIGITS: [u8; 3000] = TEXT;
    let at = 3 * (status as usize % 1000);
    Bytes::from_static(&DIGITS[at..at + 3])
}

/// The gRPC status that stands for an HTTP status (grpc/doc/http-grpc-status-mapping.md).
pub fn grpc_status_of(http: u32) -> u32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => GRPC_UNKNOWN,
    }
}

/// Percent-encoding of `grpc-message` (gRPC over HTTP/2, "Responses").
fn percent_encode(message: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(message.len());
    for byte in message {
        match byte {
            b'%' | 0..=0x1f | 0x7f..=0xff => {
                let _ = write!(out, "%{byte:02X}");
            }
            _ => out.push(char::from(*byte)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{is_grpc, percent_encode, render, status_value};
    use crate::fields::HeaderMap;
    use crate::stream::LocalResponse;
    use bytes::Bytes;

    fn response(status: u32, body: &'static str, headers: &[(&str, &str)]) -> LocalResponse {
        LocalResponse {
            status,
            body: Bytes::from_static(body.as_bytes()),
            headers: headers.iter().copied().collect(),
            ..LocalResponse::default()
        }
    }

    #[test]
    fn length_and_type_are_generated_and_others_added() {
        let own = [(":status", "200"), ("content-length", "99"), ("X-A", "1"), ("x-a", "2")];
        let (headers, body) = render(&response(403, "no", &own), false);
        let expected =
            [(":status", "403"), ("x-a", "1"), ("x-a", "2"), ("content-length", "2"), ("content-type", "text/plain")];
        assert_eq!(headers, expected.into_iter().collect());
        assert_eq!(body, "no");
    }

    #[test]
    fn a_content_type_of_the_plugin_stays() {
        let (headers, _) = render(&response(200, "{}", &[("content-type", "application/json")]), false);
        assert_eq!(headers.value(b"content-type").unwrap(), "application/json");
    }

    #[test]
    fn a_status_has_three_digits() {
        for status in 100..1000 {
            assert_eq!(status_value(status), status.to_string());
        }
        assert_eq!(status_value(12_345), "345");
    }

    #[test]
    fn a_status_that_is_none_becomes_500() {
        for status in [0, 99, 199, 600, 1000] {
            assert_eq!(render(&response(status, "", &[]), false).0.value(b":status").unwrap(), "500");
        }
    }

    #[test]
    fn grpc_gets_trailers_only() {
        let (headers, body) = render(&response(403, "no entry", &[]), true);
        assert_eq!(headers.value(b":status").unwrap(), "200");
        assert_eq!(headers.value(b"grpc-status").unwrap(), "7");
        assert_eq!(headers.value(b"grpc-message").unwrap(), "no entry");
        assert!(body.is_empty());
        assert_eq!(percent_encode("50%\n\u{e9}".as_bytes()), "50%25%0A%C3%A9");
    }

    #[test]
    fn grpc_is_told_by_content_type() {
        let with = |value: &str| is_grpc(&[("content-type", value)].into_iter().collect::<HeaderMap>());
        assert!(with("application/grpc") && with("application/grpc+proto"));
        assert!(!with("application/grpc-web") && !with("text/plain"));
    }
}
