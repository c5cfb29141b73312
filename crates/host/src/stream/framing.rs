//! Keeps `content-length` true to the body that is really sent.
//!
//! A plugin may change a body's length after the headers have passed it. So where a plugin can touch the body, and where
//! the header no longer says what it said when it came, headers wait at the end of the chain: until the body is complete,
//! if it is small, and then they say its length; otherwise they go without one.

use super::action::Direction;
use super::effect::Effect;
use super::http::{HalfState, HttpStream};
use super::stage::Part;
use crate::buffer::Buffer;
use crate::fields::{FieldName, HeaderMap};
use bytes::Bytes;

/// Bodies up to this length, in bytes, are collected so that they can be sent with a length.
const COLLECTED: u64 = 64 * 1024;

const CONTENT_LENGTH: &[u8] = b"content-length";

/// State of one direction.
#[derive(Debug, Default)]
pub(super) struct Framing {
    /// The length that the message came with.
    expected: Option<Bytes>,
    /// Headers that wait for their body.
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    collected: Buffer,
    limit: u64,
}

impl Framing {
    /// Notes the length that a message comes with.
    pub(super) fn expect(&mut self, headers: &HeaderMap) {
        self.expected = headers.value(CONTENT_LENGTH).cloned();
    }
}

impl HttpStream {
    /// A part has left the chain.
    pub(super) fn emit(&mut self, direction: Direction, part: Part) {
        match part {
            Part::Headers { end_of_stream } => self.emit_headers(direction, end_of_stream),
            Part::Body { data, end_of_stream } => self.emit_body(direction, data, end_of_stream),
            Part::Trailers => {
                self.flush(direction, None);
                self.effects.push_back(match direction {
                    Direction::Request => Effect::ForwardRequestTrailers,
                    Direction::Response => Effect::ForwardResponseTrailers,
                });
            }
        }
    }

    fn framing(&mut self, direction: Direction) -> &mut Framing {
        match direction {
            Direction::Request => &mut self.request_framing,
            Direction::Response => &mut self.response_framing,
        }
    }

    fn emit_headers(&mut self, direction: Direction, end_of_stream: bool) {
        let declared = self.content_length(direction);
        if end_of_stream {
            // Without a body there is nothing to be true to, but a length that a plugin wrote must not promise one.
            if declared != self.framing(direction).expected {
                self.set_content_length(direction, None);
            }
            return self.forward_headers(direction, true);
        }
        let Some(declared) = declared else { return self.forward_headers(direction, false) };
        let untouched = self.framing(direction).expected.as_ref() == Some(&declared);
        if untouched && !self.chain.sees_body(direction) {
            return self.forward_headers(direction, false);
        }
        let length = std::str::from_utf8(&declared).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let limit = if length.is_some_and(|length| length <= COLLECTED) { COLLECTED } else { 0 };
        self.framing(direction).waiting = Some(Waiting { collected: Buffer::new(), limit });
    }

    fn emit_body(&mut self, direction: Direction, mut data: Buffer, end_of_stream: bool) {
        if let Some(waiting) = &mut self.framing(direction).waiting {
            waiting.collected.append(&mut data);
            let length = waiting.collected.len() as u64;
            if end_of_stream {
                self.flush(direction, Some(length));
            } else if length > waiting.limit {
                self.flush(direction, None);
            }
            return;
        }
        self.forward_body(direction, data, end_of_stream);
    }

    /// Sends the headers that wait, with this length, and the body collected so far. With a length the body is complete.
    fn flush(&mut self, direction: Direction, length: Option<u64>) {
        let Some(waiting) = self.framing(direction).waiting.take() else { return };
        self.set_content_length(direction, length);
        // A request without a body says so by having none; a response says 0.
        if length == Some(0) {
            return self.forward_headers(direction, true);
        }
        self.forward_headers(direction, false);
        if !waiting.collected.is_empty() {
            self.forward_body(direction, waiting.collected, length.is_some());
        }
    }

    fn content_length(&self, direction: Direction) -> Option<Bytes> {
        let exchange = self.exchange.borrow();
        let half = if direction == Direction::Request { &exchange.request } else { &exchange.response };
        half.headers.as_ref()?.value(CONTENT_LENGTH).cloned()
    }

    fn set_content_length(&self, direction: Direction, length: Option<u64>) {
        let mut exchange = self.exchange.borrow_mut();
        let half = if direction == Direction::Request { &mut exchange.request } else { &mut exchange.response };
        let Some(headers) = &mut half.headers else { return };
        match length {
            Some(length) => {
                headers.replace(FieldName::from_bytes(CONTENT_LENGTH), Bytes::from(length.to_string()));
            }
            None => {
                headers.remove(CONTENT_LENGTH);
            }
        }
    }

    fn forward_headers(&mut self, direction: Direction, end_of_stream: bool) {
        self.effects.push_back(match direction {
            Direction::Request => {
                self.request = HalfState::Forwarded;
                Effect::ForwardRequestHeaders { end_of_stream }
            }
            Direction::Response => {
                self.response = HalfState::Forwarded;
                Effect::ForwardResponseHeaders { end_of_stream }
            }
        });
    }

    pub(super) fn forward_body(&mut self, direction: Direction, mut data: Buffer, end_of_stream: bool) {
        let mut piece = data.pop_piece();
        loop {
            let next = data.pop_piece();
            let end_of_stream = end_of_stream && next.is_none();
            let bytes = piece.unwrap_or_default();
            if !bytes.is_empty() || end_of_stream {
                self.effects.push_back(match direction {
                    Direction::Request => Effect::ForwardRequestBody { data: bytes, end_of_stream },
                    Direction::Response => Effect::ForwardResponseBody { data: bytes, end_of_stream },
                });
            }
            if next.is_none() {
                return;
            }
            piece = next;
        }
    }
}
