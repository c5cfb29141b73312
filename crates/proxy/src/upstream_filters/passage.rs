//! A request on its way through the plugins of a cluster to an endpoint, and the response on its way back.
//!
//! ```text
//! UploadBody --> HttpStream of the attempt --> Upload --> connection
//! UpstreamBody::Filtered <-- HttpStream <-- UpstreamBody::Plain <----
//! ```
//!
//! To who sends the request it is an upstream like others: it answers with a response, or fails. It has no task of its own, and
//! moves when it is polled.

use crate::cluster::{Answering, Line};
use crate::exchange::convert::{self, BadMessage};
use crate::exchange::{Part as UploadPart, Side, Upload, UploadBody, piece_and_end};
use crate::flags;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::{UpstreamFailure, Verdict};
use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::{Response, StatusCode, Version};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tollgate_host::fields::HeaderMap as Fields;
use tollgate_host::stream::{Effect, HttpStream, LocalResponse};

/// Bytes that may wait for the endpoint of a tunnel.
const TUNNEL_LIMIT: usize = 64 * 1024;

/// What is sent.
pub(crate) struct Travel {
    pub(crate) fields: Fields,
    pub(crate) body: UploadBody,
    /// Whether it asks to take the connection over; its body is what follows then.
    pub(crate) upgrades: bool,
}

/// What has happened.
enum Event {
    Wake,
    Head(Result<Response<UpstreamBody>, UpstreamFailure>),
    ResponseFrame(Option<Result<Frame<Bytes>, UpstreamFailure>>),
    RequestPart(Option<UploadPart>),
    /// The endpoint of a tunnel has taken something.
    Progress,
    /// Bytes of a tunnel, and whether no more follow.
    FromTunnel(Bytes, bool),
    TunnelBroken(io::Error),
}

/// The endpoint's side.
enum Server {
    /// Not called, or done with.
    None,
    Waiting(Answering),
    Body {
        body: UpstreamBody,
        /// Whether it comes in frames of HTTP/2, the last of which says that it is.
        is_http2: bool,
    },
    /// Its bytes come through the tunnel.
    Tunnel {
        /// Without a byte, and with its share of a connection.
        _body: UpstreamBody,
    },
}

/// One attempt to send a request through the plugins of a cluster.
pub(crate) struct Passage {
    /// `None` once the response has passed, or something else has come of it.
    attempt: Option<HttpStream>,
    /// The stream that the attempt belongs to, where nobody else has it.
    call: Option<HttpStream>,
    line: Line,
    /// What is left of the request's body.
    request_body: Option<UploadBody>,
    upload: Option<Upload>,
    /// Where the request asks for an upgrade, and as long as the endpoint may agree.
    tunnel: Option<Side>,
    server: Server,
    head: Option<Response<()>>,
    /// Whether the response has begun to pass.
    has_begun: bool,
    /// Whether plugins may yet change the length that the response says.
    leaves_length: bool,
    frames: VecDeque<Frame<Bytes>>,
    ended: bool,
    failure: Option<UpstreamFailure>,
}

impl Passage {
    /// Sends a request on its way. `call` is the stream that the attempt belongs to, if it is to answer the request in the place
    /// of the endpoint; otherwise an answer of a plugin comes as a [`Verdict`].
    pub(crate) fn begin(mut attempt: HttpStream, call: Option<HttpStream>, line: Line, travel: Travel) -> Answering {
        let Travel { fields, body, upgrades } = travel;
        let end_of_stream = body.is_end_stream();
        if call.is_none() {
            attempt.leave_response_length();
        }
        attempt.handle_request_headers(fields, end_of_stream);
        let mut passage = Box::new(Self {
            attempt: Some(attempt),
            call,
            line,
            request_body: (!end_of_stream).then_some(body),
            upload: None,
            tunnel: upgrades.then(|| Side::new(None)),
            server: Server::None,
            head: None,
            has_begun: false,
            leaves_length: false,
            frames: VecDeque::new(),
            ended: false,
            failure: None,
        });
        Box::pin(async move {
            let head = poll_fn(|cx| passage.poll_head(cx)).await?;
            Ok(head.map(|()| UpstreamBody::Filtered(passage)))
        })
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<()>, UpstreamFailure>> {
        loop {
            if let Some(head) = self.head.take() {
                return Poll::Ready(Ok(head));
            }
            if let Some(failure) = self.failure.take() {
                return Poll::Ready(Err(failure));
            }
            ready!(self.drive(cx));
        }
    }

    /// Whether plugins may yet change the length that the response says.
    pub(crate) fn leaves_length(&self) -> bool {
        self.leaves_length
    }

    /// Lets the request go on while nobody wants more of the response.
    pub(crate) fn keep_sending(&mut self, cx: &mut Context<'_>) {
        self.settle();
        // What comes of it is taken when somebody wants it.
        while let Poll::Ready(event) = self.poll_event(cx, false) {
            self.handle(event);
            self.settle();
        }
    }

    /// Goes on until there is something to tell.
    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.settle();
            if self.has_news() {
                return Poll::Ready(());
            }
            let event = ready!(self.poll_event(cx, true));
            self.handle(event);
        }
    }

    /// Does what the attempt asks for.
    fn settle(&mut self) {
        while let Some(effect) = self.attempt.as_mut().and_then(HttpStream::poll_effect) {
            self.apply(effect);
        }
    }

    fn has_news(&self) -> bool {
        self.head.is_some() || !self.frames.is_empty() || self.ended || self.failure.is_some()
    }

    // In.

    fn poll_event(&mut self, cx: &mut Context<'_>, reads: bool) -> Poll<Event> {
        let Some(attempt) = &self.attempt else { return Poll::Pending };
        if attempt.has_mail() {
            return Poll::Ready(Event::Wake);
        }
        attempt.set_waker(cx.waker());
        match &mut self.server {
            Server::Waiting(answering) => {
                if let Poll::Ready(head) = answering.as_mut().poll(cx) {
                    return Poll::Ready(Event::Head(head));
                }
            }
            Server::Body { body, .. } if reads && attempt.wants_response_body() => {
                if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
                    return Poll::Ready(Event::ResponseFrame(frame));
                }
            }
            Server::Tunnel { .. } => {
                if let Some(tunnel) = &mut self.tunnel
                    && let Poll::Ready(event) = poll_tunnel(tunnel, cx, reads && attempt.wants_response_body())
                {
                    return Poll::Ready(event);
                }
            }
            Server::None | Server::Body { .. } => {}
        }
        if self.tunnel.as_ref().is_some_and(|tunnel| tunnel.waiting() >= TUNNEL_LIMIT) {
            return Poll::Pending;
        }
        let drained = self.upload.as_mut().is_none_or(|upload| upload.poll_drained(cx).is_ready());
        if drained
            && let Some(body) = &mut self.request_body
            && attempt.wants_request_body()
        {
            return body.poll_part(cx).map(Event::RequestPart);
        }
        Poll::Pending
    }

    fn handle(&mut self, event: Event) {
        let Some(attempt) = &mut self.attempt else { return };
        match event {
            Event::Wake => attempt.handle_wake(),
            Event::Head(Ok(response)) => self.handle_head(response),
            Event::Head(Err(failure)) | Event::ResponseFrame(Some(Err(failure))) => self.fail(failure),
            Event::ResponseFrame(frame) => self.handle_response_frame(frame.and_then(Result::ok)),
            Event::RequestPart(Some(UploadPart::Data { data, is_last })) => {
                if is_last {
                    self.request_body = None;
                }
                attempt.handle_request_body(data, is_last);
            }
            Event::RequestPart(Some(UploadPart::Trailers(trailers))) => {
                self.request_body = None;
                attempt.handle_request_trailers(convert::trailer_fields(&trailers));
            }
            Event::RequestPart(Some(UploadPart::End)) => {
                self.request_body = None;
                attempt.handle_request_body(Bytes::new(), true);
            }
            Event::Progress => {}
            Event::FromTunnel(data, end) => attempt.handle_response_body(data, end),
            Event::TunnelBroken(error) => {
                tracing::debug!("tunnel: {error}");
                self.fail(UpstreamFailure::terminated());
            }
            // Who sends it has given it up, and is about to drop this.
            Event::RequestPart(None) => self.request_body = None,
        }
    }

    fn handle_head(&mut self, mut response: Response<UpstreamBody>) {
        let Some(attempt) = &mut self.attempt else { return };
        let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        match &mut self.tunnel {
            Some(tunnel) if switches => tunnel.open(hyper::upgrade::on(&mut response)),
            // It is an ordinary answer.
            tunnel => *tunnel = None,
        }
        let (head, body) = response.into_parts();
        attempt.info_mut().response_code_details = Some("via_upstream".to_owned());
        let mut fields = convert::response_fields(head.status, &head.headers);
        let end_of_stream = body.is_end_stream() && self.tunnel.is_none();
        let is_http2 = head.version == Version::HTTP_2;
        self.server = match &self.tunnel {
            Some(_) => {
                convert::show_upgrade(&head.headers, &mut fields);
                Server::Tunnel { _body: body }
            }
            None if end_of_stream => Server::None,
            None => Server::Body { body, is_http2 },
        };
        attempt.handle_response_headers(fields, end_of_stream);
    }

    fn handle_response_frame(&mut self, frame: Option<Frame<Bytes>>) {
        let Some(frame) = frame else { return self.end_response_body(Bytes::new()) };
        let Some(attempt) = &mut self.attempt else { return };
        match frame.into_data() {
            Ok(data) => {
                let (ended, is_http2) = match &self.server {
                    Server::Body { body, is_http2 } => (body.is_end_stream(), *is_http2),
                    Server::None | Server::Tunnel { .. } | Server::Waiting(_) => (false, false),
                };
                let (piece, last) = piece_and_end(data, ended, is_http2);
                if let Some(piece) = piece {
                    attempt.handle_response_body(piece, false);
                }
                if let Some(last) = last {
                    self.end_response_body(last);
                }
            }
            Err(frame) => {
                let Ok(trailers) = frame.into_trailers() else { return };
                if self.line.has_trailers() {
                    self.server = Server::None;
                    attempt.handle_response_trailers(convert::trailer_fields(&trailers));
                } else {
                    self.end_response_body(Bytes::new());
                }
            }
        }
    }

    fn end_response_body(&mut self, last: Bytes) {
        self.server = Server::None;
        if let Some(attempt) = &mut self.attempt {
            attempt.handle_response_body(last, true);
        }
    }

    // Out.

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::ForwardRequestHeaders { end_of_stream } => self.send(end_of_stream),
            Effect::ForwardRequestBody { data, end_of_stream } => {
                if let Some(tunnel) = &mut self.tunnel {
                    tunnel.send(data, end_of_stream);
                } else if let Some(upload) = &mut self.upload {
                    upload.data(data, end_of_stream);
                }
            }
            Effect::ForwardRequestTrailers => self.send_trailers(),
            Effect::ForwardResponseHeaders { end_of_stream } => {
                let fields = self.attempt.as_ref().and_then(HttpStream::response_headers);
                let switches = self.tunnel.is_some();
                let head = fields.map(|fields| {
                    let mut head = convert::client_response(&fields, switches)?;
                    if switches {
                        convert::keep_upgrade(&fields, head.headers_mut())?;
                    }
                    Ok::<_, BadMessage>(head)
                });
                match head {
                    Some(Ok(mut head)) => {
                        // Whose last frame says that it is.
                        *head.version_mut() = Version::HTTP_2;
                        self.head = Some(head);
                        self.has_begun = true;
                        self.leaves_length = self.attempt.as_ref().is_some_and(HttpStream::leaves_response_length);
                        if end_of_stream {
                            self.finish();
                        }
                    }
                    Some(Err(bad)) => self.refuse_response(&bad),
                    None => self.fail(UpstreamFailure::protocol()),
                }
            }
            Effect::ForwardResponseBody { data, end_of_stream } => {
                if !data.is_empty() {
                    self.frames.push_back(Frame::data(data));
                }
                if end_of_stream {
                    self.finish();
                }
            }
            Effect::ForwardResponseTrailers => {
                let trailers = self.attempt.as_ref().and_then(HttpStream::response_trailers);
                match trailers.map(|fields| convert::to_headers(&fields)).transpose() {
                    Ok(trailers) => {
                        self.frames.push_back(Frame::trailers(trailers.unwrap_or_default()));
                        self.finish();
                    }
                    Err(bad) => {
                        tracing::warn!("response trailers are not sent: {bad}");
                        self.fail(UpstreamFailure::closed_by_plugin());
                    }
                }
            }
            // An attempt has no answer of its own.
            Effect::AbandonUpstream => self.stop(),
            Effect::Answer(answer) => self.answer(*answer),
            Effect::Reset => self.fail(UpstreamFailure::closed_by_plugin()),
        }
    }

    /// The request's head has passed.
    fn send(&mut self, end_of_stream: bool) {
        let head = self.attempt.as_ref().and_then(HttpStream::request_headers);
        let upgrades = self.tunnel.is_some();
        let head = head.map(|fields| {
            let mut head = convert::upstream_request(&fields)?;
            if upgrades {
                convert::keep_upgrade(&fields, head.headers_mut())?;
            }
            Ok::<_, BadMessage>(head)
        });
        let head = match head {
            Some(Ok(head)) => head,
            Some(Err(bad)) => return self.refuse_request(&bad),
            None => return,
        };
        let body = if end_of_stream {
            self.request_body = None;
            UploadBody::empty()
        } else if upgrades {
            UploadBody::empty()
        } else {
            let (upload, body) = UploadBody::channel();
            self.upload = Some(upload);
            body
        };
        let body = match &self.attempt {
            Some(attempt) => body.of_stream(attempt.notes()),
            None => body,
        };
        self.server = Server::Waiting(self.line.send(head.map(|()| body)));
    }

    fn send_trailers(&mut self) {
        let Some(upload) = &mut self.upload else { return };
        if !self.line.has_trailers() {
            return upload.data(Bytes::new(), true);
        }
        let trailers = self.attempt.as_ref().and_then(HttpStream::request_trailers);
        match trailers.map(|fields| convert::to_headers(&fields)).transpose() {
            Ok(trailers) => upload.trailers(trailers.unwrap_or_default()),
            Err(bad) => self.refuse_request(&bad),
        }
    }

    /// What a plugin made of the request cannot be sent.
    fn refuse_request(&mut self, bad: &BadMessage) {
        tracing::warn!("a request is not sent: {bad}");
        if let Some(attempt) = &self.attempt {
            attempt.info_mut().response_flags |= flags::DOWNSTREAM_PROTOCOL_ERROR;
        }
        self.refuse(503, "request", bad);
    }

    /// What a plugin made of the response cannot be passed on.
    fn refuse_response(&mut self, bad: &BadMessage) {
        tracing::warn!("a response is not sent: {bad}");
        self.refuse(502, "response", bad);
    }

    fn refuse(&mut self, status: u32, message: &str, bad: &BadMessage) {
        let details = format!("filter_removed_required_{message}_headers{{{bad}}}").replace(' ', "_");
        self.answer(LocalResponse { status, body: bad.to_string().into(), details, ..LocalResponse::default() });
    }

    /// A plugin answers the request.
    fn answer(&mut self, answer: LocalResponse) {
        self.stop();
        let Some(call) = &mut self.call else {
            self.failure = Some(UpstreamFailure::decided(Verdict::Answer(answer)));
            return;
        };
        if self.has_begun {
            self.failure = Some(UpstreamFailure::closed_by_plugin());
            return;
        }
        call.handle_local_response(answer);
        while let Some(effect) = call.poll_effect() {
            match effect {
                Effect::ForwardResponseHeaders { end_of_stream } => {
                    self.head =
                        call.response_headers().and_then(|fields| convert::client_response(&fields, false).ok());
                    self.ended |= end_of_stream;
                }
                Effect::ForwardResponseBody { data, end_of_stream } => {
                    self.frames.push_back(Frame::data(data));
                    self.ended |= end_of_stream;
                }
                // It is a stream without plugins, that has sent nothing itself.
                Effect::AbandonUpstream
                | Effect::Answer(_)
                | Effect::ForwardRequestBody { .. }
                | Effect::ForwardRequestHeaders { .. }
                | Effect::ForwardRequestTrailers
                | Effect::ForwardResponseTrailers
                | Effect::Reset => {}
            }
        }
        if self.head.is_none() {
            self.failure.get_or_insert_with(UpstreamFailure::closed_by_plugin);
        }
    }

    fn fail(&mut self, failure: UpstreamFailure) {
        self.stop();
        self.failure = Some(failure);
    }

    /// The response is complete.
    fn finish(&mut self) {
        self.stop();
        self.ended = true;
    }

    /// Nothing more passes: the plugins are done.
    fn stop(&mut self) {
        self.server = Server::None;
        self.upload = None;
        self.tunnel = None;
        self.request_body = None;
        self.attempt = None;
    }
}

/// Writes what there is for the endpoint of a tunnel, or reads.
fn poll_tunnel(tunnel: &mut Side, cx: &mut Context<'_>, reads: bool) -> Poll<Event> {
    match tunnel.poll_out(cx) {
        Poll::Ready(Ok(())) => return Poll::Ready(Event::Progress),
        Poll::Ready(Err(error)) => return Poll::Ready(Event::TunnelBroken(error)),
        Poll::Pending => {}
    }
    if !reads {
        return Poll::Pending;
    }
    Poll::Ready(match ready!(tunnel.poll_in(cx)) {
        Ok((data, end)) => Event::FromTunnel(data, end),
        Err(error) => Event::TunnelBroken(error),
    })
}

impl Body for Passage {
    type Data = Bytes;
    type Error = UpstreamFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamFailure>>> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if let Some(failure) = self.failure.take() {
                return Poll::Ready(Some(Err(failure)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            ready!(self.drive(cx));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.frames.is_empty() && self.failure.is_none()
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passage").field("ended", &self.ended).finish_non_exhaustive()
    }
}
