//! A stream with its peers: parts in, events out, back-pressure obeyed.

use super::event::Event;
use bytes::Bytes;
use std::cell::RefMut;
use std::collections::VecDeque;
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{Effect, HttpStream, LocalResponse, StreamInfo};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sends the request.
    Client,
    /// Sends the response.
    Upstream,
}

/// A part that a peer has sent and the stream does not want yet.
#[derive(Debug)]
enum Waiting {
    Body(Bytes, bool),
    Trailers(HeaderMap),
}

/// A stream between a client and an upstream. It does what a proxy's driver does: obeys effects, keeps what the host is
/// told about the stream up to date, and makes a sender wait while plugins hold as much as they may.
#[derive(Debug)]
pub struct Conversation {
    stream: HttpStream,
    events: VecDeque<Event>,
    from_client: VecDeque<Waiting>,
    from_upstream: VecDeque<Waiting>,
    /// The upstream has received the request's headers, and may answer.
    asked: bool,
}

impl Conversation {
    /// A conversation over a stream that has not begun.
    pub fn new(stream: HttpStream) -> Self {
        Self {
            stream,
            events: VecDeque::new(),
            from_client: VecDeque::new(),
            from_upstream: VecDeque::new(),
            asked: false,
        }
    }

    /// The stream.
    pub fn stream(&self) -> &HttpStream {
        &self.stream
    }

    /// What the host is told about the stream.
    pub fn info_mut(&self) -> RefMut<'_, StreamInfo> {
        self.stream.info_mut()
    }

    /// Whether the upstream has been asked and not been abandoned, so that it may answer.
    pub fn upstream_is_asked(&self) -> bool {
        self.asked
    }

    /// Whether a sender has parts that the stream does not want yet.
    pub fn waits(&self, side: Side) -> bool {
        match side {
            Side::Client => !self.from_client.is_empty(),
            Side::Upstream => !self.from_upstream.is_empty(),
        }
    }

    /// A peer sends headers.
    pub fn headers(&mut self, side: Side, headers: HeaderMap, end_of_stream: bool) {
        match side {
            Side::Client => self.stream.handle_request_headers(headers, end_of_stream),
            Side::Upstream => self.stream.handle_response_headers(headers, end_of_stream),
        }
        self.settle();
    }

    /// A peer sends a piece of a body.
    pub fn body(&mut self, side: Side, data: Bytes, end_of_stream: bool) {
        self.queue(side).push_back(Waiting::Body(data, end_of_stream));
        self.settle();
    }

    /// A peer sends trailers.
    pub fn trailers(&mut self, side: Side, trailers: HeaderMap) {
        self.queue(side).push_back(Waiting::Trailers(trailers));
        self.settle();
    }

    /// The proxy itself answers.
    pub fn local_response(&mut self, response: LocalResponse) {
        self.stream.handle_local_response(response);
        self.settle();
    }

    /// Lets the stream do what callbacks of other streams asked for.
    pub fn wake(&mut self) {
        self.stream.handle_wake();
        self.settle();
    }

    /// The stream is over, or the client has gone.
    pub fn finish(&mut self) {
        self.stream.finish();
        self.from_client.clear();
        self.from_upstream.clear();
        self.drain();
    }

    /// What the peers have seen since the last time.
    pub fn events(&mut self) -> Vec<Event> {
        self.events.drain(..).collect()
    }

    fn queue(&mut self, side: Side) -> &mut VecDeque<Waiting> {
        match side {
            Side::Client => &mut self.from_client,
            Side::Upstream => &mut self.from_upstream,
        }
    }

    /// Hands over what waits, as far as it is wanted, until nothing moves.
    fn settle(&mut self) {
        loop {
            self.drain();
            let wanted = |side| match side {
                Side::Client => self.stream.wants_request_body(),
                Side::Upstream => self.stream.wants_response_body(),
            };
            let Some(side) = [Side::Client, Side::Upstream].into_iter().find(|side| self.waits(*side) && wanted(*side))
            else {
                return;
            };
            match (side, self.queue(side).pop_front()) {
                (Side::Client, Some(Waiting::Body(data, end))) => self.stream.handle_request_body(data, end),
                (Side::Client, Some(Waiting::Trailers(trailers))) => self.stream.handle_request_trailers(trailers),
                (Side::Upstream, Some(Waiting::Body(data, end))) => self.stream.handle_response_body(data, end),
                (Side::Upstream, Some(Waiting::Trailers(trailers))) => self.stream.handle_response_trailers(trailers),
                (_, None) => return,
            }
        }
    }

    fn drain(&mut self) {
        while let Some(effect) = self.stream.poll_effect() {
            let event = self.event(effect);
            self.events.push_back(event);
        }
    }

    fn event(&mut self, effect: Effect) -> Event {
        match effect {
            Effect::ForwardRequestHeaders { end_of_stream } => {
                self.asked = true;
                self.stream.info_mut().upstream.attempts = 1;
                let headers = self.stream.request_headers().map(|map| map.clone()).unwrap_or_default();
                Event::RequestHeaders { headers, end_of_stream }
            }
            Effect::ForwardRequestBody { data, end_of_stream } => Event::RequestBody { data, end_of_stream },
            Effect::ForwardRequestTrailers => {
                Event::RequestTrailers(self.stream.request_trailers().map(|map| map.clone()).unwrap_or_default())
            }
            Effect::ForwardResponseHeaders { end_of_stream } => {
                let headers = self.stream.response_headers().map(|map| map.clone()).unwrap_or_default();
                let status = headers.value(b":status").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
                self.stream.info_mut().response_code = status;
                Event::ResponseHeaders { headers, end_of_stream }
            }
            Effect::ForwardResponseBody { data, end_of_stream } => {
                self.stream.info_mut().response_body_bytes += data.len() as u64;
                Event::ResponseBody { data, end_of_stream }
            }
            Effect::ForwardResponseTrailers => {
                Event::ResponseTrailers(self.stream.response_trailers().map(|map| map.clone()).unwrap_or_default())
            }
            Effect::AbandonUpstream => {
                self.asked = false;
                self.from_client.clear();
                self.from_upstream.clear();
                Event::Abandoned
            }
            Effect::Answer(_) | Effect::Reset => {
                self.asked = false;
                self.from_client.clear();
                self.from_upstream.clear();
                Event::Reset
            }
        }
    }
}
