//! Keeps `content-length` true to the body that is really sent.
//!
//! A plugin may change a body's length after the headers have passed it. So where a plugin can touch the body, and where
//! the header no longer says what it said when it came, headers wait at the end of the chain:
//!
//! * until the body is complete, if it is small; then they say its length;
//! * until its first piece, if it is long. If a plugin has changed the body by then, or the header, they go without a
//!   length. Otherwise the length stands as it came, and the stream ends if the body turns out to be of another.

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
    /// Bytes of body still due of a length that was sent as it came, though a plugin sees the body.
    due: Option<u64>,
    /// The length that the message comes with says nothing: plugins on the way here have yet to see the body.
    doubted: bool,
    /// Whoever takes the message doubts its length where need be, so that headers of a small one need not wait.
    is_left: bool,
}

#[derive(Debug)]
struct Waiting {
    collected: Buffer,
    /// Past this many bytes they wait no longer.
    limit: u64,
    /// The length that they came with and still say, if they need not wait for the whole body.
    promise: Option<u64>,
}

impl Framing {
    /// Notes the length that a message comes with.
    #[inline]
    pub(super) fn expect(&mut self, headers: &HeaderMap) {
        self.expected = if self.doubted { None } else { headers.value(CONTENT_LENGTH).cloned() };
    }
}

impl HttpStream {
    /// Has headers of small responses leave this attempt at once, also where a plugin may yet change the body: the stream that
    /// it belongs to puts their length right, for which it is told [`doubt_response_length`](Self::doubt_response_length).
    pub fn leave_response_length(&mut self) {
        self.response_framing.is_left = true;
    }

    /// Whether the response's headers have left before it was certain that their `content-length` is right.
    pub fn leaves_response_length(&self) -> bool {
        self.response_framing.doubted
    }

    /// The length that the response is about to come with says nothing. Its headers wait for its body.
    pub fn doubt_response_length(&mut self) {
        self.response_framing.doubted = true;
    }

    /// A part has left the chain.
    pub(super) fn emit(&mut self, direction: Direction, part: Part) {
        match part {
            Part::Headers { end_of_stream } => self.emit_headers(direction, end_of_stream),
            Part::Body { data, end_of_stream } => self.emit_body(direction, data, end_of_stream),
            Part::Trailers => {
                self.flush(direction, None);
                if self.framing(direction).due.take().is_some_and(|due| due > 0) {
                    return self.break_promise(direction);
                }
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

    pub(super) fn emit_headers(&mut self, direction: Direction, end_of_stream: bool) {
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
        let is_small = length.is_some_and(|length| length <= COLLECTED);
        if is_small && self.framing(direction).is_left {
            self.framing(direction).doubted = true;
            return self.forward_headers(direction, false);
        }
        self.framing(direction).waiting = Some(Waiting {
            collected: Buffer::new(),
            limit: if is_small { COLLECTED } else { 0 },
            promise: length.filter(|_| untouched && !is_small),
        });
    }

    fn emit_body(&mut self, direction: Direction, mut data: Buffer, end_of_stream: bool) {
        let Some(waiting) = &mut self.framing(direction).waiting else {
            return self.forward_due(direction, data, end_of_stream);
        };
        waiting.collected.append(&mut data);
        let length = waiting.collected.len() as u64;
        let (limit, promise) = (waiting.limit, waiting.promise);
        if end_of_stream {
            return self.flush(direction, Some(length));
        }
        if length > limit {
            match promise {
                Some(promise) if !self.is_edited(direction) => self.keep_length(direction, promise),
                _ => self.flush(direction, None),
            }
        }
    }

    /// Sends the headers that wait as they came, and the body collected so far.
    fn keep_length(&mut self, direction: Direction, length: u64) {
        let Some(waiting) = self.framing(direction).waiting.take() else { return };
        self.framing(direction).due = Some(length);
        self.forward_headers(direction, false);
        self.forward_due(direction, waiting.collected, false);
    }

    /// Sends a piece of body, if it keeps to the length that was sent.
    fn forward_due(&mut self, direction: Direction, data: Buffer, end_of_stream: bool) {
        if let Some(due) = &mut self.framing(direction).due {
            match due.checked_sub(data.len() as u64) {
                Some(rest) if rest == 0 || !end_of_stream => *due = rest,
                _ => return self.break_promise(direction),
            }
        }
        self.forward_body(direction, data, end_of_stream);
    }

    /// The body is not as long as its headers say: nothing that is sent now could be told from what comes next on the
    /// connection.
    fn break_promise(&mut self, direction: Direction) {
        self.log_error(
            "a plugin has changed the length of a body after its beginning had been sent with content-length; the stream \
             ends; a plugin that changes long bodies as they pass must remove content-length in its headers callback",
        );
        self.reply(super::reply::length_changed(direction));
    }

    /// Whether a plugin has changed the body so far.
    fn is_edited(&self, direction: Direction) -> bool {
        let exchange = self.exchange.borrow();
        exchange.half(direction).stages.iter().any(|stage| stage.edited)
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
        exchange.half(direction).headers.as_ref()?.value(CONTENT_LENGTH).cloned()
    }

    fn set_content_length(&self, direction: Direction, length: Option<u64>) {
        let mut exchange = self.exchange.borrow_mut();
        let Some(headers) = &mut exchange.half_mut(direction).headers else { return };
        match length {
            Some(length) => {
                let name = const { FieldName::from_static("content-length") };
                headers.replace(name, Bytes::from(length.to_string()));
            }
            None => {
                headers.remove(CONTENT_LENGTH);
            }
        }
    }

    fn forward_headers(&mut self, direction: Direction, end_of_stream: bool) {
        if direction == Direction::Request {
            self.share_request_headers();
        }
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
