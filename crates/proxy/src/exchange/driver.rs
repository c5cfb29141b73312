//! The loop that carries parts between hyper and the host's stream. What a route says of a request is in [`routing`], sending
//! it, once or again, in [`attempts`], how long that may take in [`deadlines`], and what is told at its end in [`ending`].

mod attempts;
mod deadlines;
mod ending;
mod routing;

use super::Output;
use super::convert::{self, BadMessage};
use super::rest::Rest;
use super::retry::Retry;
use super::timer::Timer;
use super::tunnel::{self, Tunnel, TunnelEvent};
use super::upload::Upload;
use crate::cluster::{Answering, Chosen, Upstream};
use crate::cors::{self, CrossOrigin, Verdict};
use crate::downstream::Downstream;
use crate::flags;
use crate::ingress::{self, Ingress, Refusal};
use crate::listener::ListenerState;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::UpstreamFailure;
use bytes::Bytes;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SERVER, VIA};
use hyper::http::request;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Response};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;
use tollgate_config::{CorsPolicy, ServerHeader};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::{Effect, HttpStream, LocalResponse, StreamInfo};

/// Carries the request until its response has been handed over, or the stream is reset.
impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            while let Some(effect) = this.stream.poll_effect() {
                this.apply(effect);
            }
            if this.is_over() {
                return Poll::Ready(());
            }
            let event = ready!(this.poll_event(cx));
            this.last_activity = None;
            this.handle(event);
        }
    }
}

/// What has happened.
enum Event {
    Wake,
    RequestFrame(Option<Result<Frame<Bytes>, hyper::Error>>),
    Tunnel(TunnelEvent),
    UpstreamHead(Result<Response<UpstreamBody>, UpstreamFailure>),
    UpstreamFrame(Option<Result<Frame<Bytes>, UpstreamFailure>>),
    RetryDue,
    Timeout(deadlines::Deadline),
}

/// The upstream's side.
enum Server {
    /// Not called, or done with.
    None,
    Waiting {
        response: Answering,
        chosen: Chosen,
    },
    Body {
        body: UpstreamBody,
        /// Whether it comes in frames of HTTP/2, the last of which says that it is.
        is_http2: bool,
        /// Counts the request as under way until its response is complete.
        _chosen: Chosen,
    },
    /// Its bytes come through the tunnel.
    Tunnel {
        /// With its share of a connection, and without a byte, unless plugins of the cluster let them pass.
        body: UpstreamBody,
        _chosen: Chosen,
    },
}

/// Carries one request and its response.
pub(super) struct Driver {
    listener: Rc<ListenerState>,
    connection: Rc<Downstream>,
    stream: HttpStream,
    /// What there is for the client.
    pub(super) output: Output,
    /// What is left of the client's body.
    request_body: Option<Incoming>,
    /// What nobody wants of it: whether it can be read decides what becomes of the connection.
    rest: Option<Incoming>,
    /// Whether the client speaks HTTP/2.
    is_http2: bool,
    /// The client takes every success for an agreement to its upgrade.
    must_switch: bool,
    /// The response has no body, whatever comes of one.
    is_bodiless: bool,
    /// The connection takes no request after this one.
    is_last: bool,
    upload: Option<Upload>,
    /// Where the client wants to take the connection over, and as long as the upstream may agree.
    tunnel: Option<Box<Tunnel>>,
    server: Server,
    /// Number of what the route leads to, once the request has passed the chain.
    target: Option<usize>,
    /// The cluster that the request is sent to, once that is known.
    upstream: Option<Rc<Upstream>>,
    /// Set for requests that may be sent again.
    retry: Option<Box<Retry>>,
    /// Whether the request is answered with 204 when the upstream is late.
    wants_no_content_when_late: bool,
    /// What chooses the endpoint, where requests are spread by a hash.
    hash: Option<u64>,
    /// Which pages of other origins may read the answer, until that is looked at.
    cors_policy: Option<Rc<CorsPolicy>>,
    /// Set for requests of pages of other origins that may read the answer.
    cross_origin: Option<CrossOrigin>,
    /// Whether the upstream has answered: what the client gets is its response.
    answered: bool,
    /// A cookie for the client, so that its next requests go the same way.
    cookie: Option<Bytes>,
    /// When the request began to be sent to the upstream.
    called_at: Option<Instant>,
    /// When it had been sent.
    sent_at: Option<Instant>,
    route_timeout: Option<Duration>,
    deadlines: deadlines::Deadlines,
    /// For the nearest deadline; the connection's, once it is needed.
    timer: Option<Timer>,
    /// When something has happened last; `None` until somebody wants to know, so that what is at hand needs no clock.
    last_activity: Option<Instant>,
}

impl Driver {
    /// For a request with these fields, whose route may have a filter chain of its own. What plugins make of the request
    /// afterwards changes its route, and not its chain.
    pub(super) fn new(
        listener: Rc<ListenerState>,
        connection: Rc<Downstream>,
        request: &Result<Ingress, Refusal>,
    ) -> Self {
        let is_unwanted = listener.overload.as_ref().is_some_and(|overload| overload.ends_connections());
        let is_last = connection.begin(&listener.stats, is_unwanted);
        listener.stats.downstream_rq_total.inc();
        listener.stats.downstream_rq_active.inc();
        let clock = &listener.services.clock;
        let info = StreamInfo {
            start_wall_nanos: clock.wall_nanos(),
            start_monotonic_nanos: clock.monotonic_nanos(),
            client: request.as_ref().ok().and_then(|request| request.client),
            ..StreamInfo::new(listener.info.clone(), connection.info.clone())
        };
        let router = listener.routes.for_request();
        let fields = request.as_ref().ok().map(|request| &request.fields);
        let own = fields.and_then(|fields| listener.routes.chain(&*router, fields));
        let cors_policy = fields.and_then(|fields| listener.routes.cors(&*router, fields));
        let stream = own.unwrap_or(&listener.chain).open(info, router);
        let idle_timeout = listener.http.stream_idle_timeout;
        Self {
            listener,
            connection,
            stream,
            output: Output::default(),
            request_body: None,
            rest: None,
            is_http2: false,
            must_switch: false,
            is_bodiless: false,
            is_last,
            upload: None,
            tunnel: None,
            server: Server::None,
            target: None,
            upstream: None,
            retry: None,
            wants_no_content_when_late: false,
            hash: None,
            cors_policy,
            cross_origin: None,
            answered: false,
            cookie: None,
            called_at: None,
            sent_at: None,
            route_timeout: None,
            deadlines: deadlines::Deadlines::new(idle_timeout),
            timer: None,
            last_activity: None,
        }
    }

    /// What is left for the client once it is over.
    pub(super) fn leave(&mut self) -> Output {
        let Output { frames, ended, reset, .. } = &mut self.output;
        Output { head: None, frames: std::mem::take(frames), ended: *ended, reset: *reset }
    }

    fn is_over(&self) -> bool {
        self.output.ended || self.output.reset
    }

    // In.

    /// Takes the request in. What comes of it comes by polling.
    pub(super) fn begin(&mut self, mut head: request::Parts, body: Incoming, request: Result<Ingress, Refusal>) {
        // Over HTTP/2 only an extended CONNECT has these headers, and is nothing but an upgrade.
        let upgrade = if head.version == hyper::Version::HTTP_10 { None } else { tunnel::wanted(&head.headers) };
        let upgrade = upgrade.and_then(|kind| Some((kind, head.extensions.remove::<OnUpgrade>()?)));
        // What follows an upgrade is the request's body.
        let end_of_stream = body.is_end_stream() && upgrade.is_none();
        self.is_http2 = head.version == hyper::Version::HTTP_2;
        self.must_switch = self.is_http2 && upgrade.is_some();
        self.is_bodiless = head.method == Method::HEAD;
        self.stream.info_mut().protocol = match head.version {
            hyper::Version::HTTP_10 => "HTTP/1.0",
            hyper::Version::HTTP_2 => "HTTP/2",
            _ => "HTTP/1.1",
        };
        // What Envoy refuses before any filter sees it.
        if head.headers.len() > self.listener.http.max_headers_count as usize {
            return self.refuse(431, "too many headers", "too_many_headers");
        }
        if head.method == Method::CONNECT {
            return self.refuse(405, "CONNECT is not supported", "connect_not_supported");
        }
        if !convert::is_plainly_framed(&head.headers) {
            return self.refuse(501, "unsupported transfer-encoding", "unsupported_transfer_encoding");
        }
        let mut fields = match request {
            Ok(request) => request.fields,
            Err(refusal) => return self.turn_away(refusal),
        };
        if let Some((kind, upgrade)) = upgrade {
            if !tunnel::is_allowed(&self.listener, &fields, kind.as_bytes()) {
                return self.refuse(403, "", "upgrade_failed");
            }
            convert::show_upgrade(&head.headers, &mut fields);
            self.tunnel = Some(Box::new(Tunnel::new(upgrade)));
        }
        self.deadlines.duration = self.listener.http.max_stream_duration.map(|longest| Instant::now() + longest);
        if !end_of_stream && self.tunnel.is_none() {
            self.request_body = Some(body);
            self.deadlines.request = self.listener.http.request_timeout.map(|timeout| Instant::now() + timeout);
        }
        match self.look_at_origin(&fields) {
            Some(answer) => {
                self.stream.note_request_headers(fields);
                self.stream.handle_local_response(answer);
            }
            None => self.stream.handle_request_headers(fields, end_of_stream),
        }
    }

    /// Finds out whether the request is of a page of another origin. Returns the answer, if it only asks what it may.
    fn look_at_origin(&mut self, fields: &HeaderMap) -> Option<LocalResponse> {
        match cors::look(self.cors_policy.take()?, fields) {
            Verdict::Unconcerned => None,
            Verdict::Tell(found) => {
                self.cross_origin = Some(found);
                None
            }
            Verdict::Answer(answer, found) => {
                self.cross_origin = found;
                // It is no answer of the route's.
                self.answered = true;
                Some(answer)
            }
        }
    }

    /// Answers a request that no plugin is to see.
    fn refuse(&mut self, status: u32, body: &'static str, details: &str) {
        // Nobody can say what a client that sends this means by what follows it.
        self.is_last |= status != 403;
        self.stream.info_mut().response_flags |= flags::DOWNSTREAM_PROTOCOL_ERROR;
        self.local(status, body, details);
    }

    /// Answers a request that the configuration refuses, or that names no host.
    fn turn_away(&mut self, mut refusal: Refusal) {
        if let Some(fields) = refusal.fields.take() {
            self.stream.note_request_headers(*fields);
        }
        let is_protocol_error = refusal.is_protocol_error();
        let Refusal { status, body, details, location, .. } = refusal;
        match location {
            Some(location) => self.send_to(location, details),
            None if is_protocol_error => self.refuse(status, body, details),
            None => {
                // Who is turned away for the time being may ask again.
                self.is_last |= details != ingress::OVERLOAD;
                self.local(status, body, details);
            }
        }
    }

    /// Sends the client to another form of the path that it has asked for.
    fn send_to(&mut self, location: Bytes, details: &str) {
        let headers = [(&b"location"[..], &location[..])].into_iter().collect();
        let details = details.to_owned();
        self.stream.handle_local_response(LocalResponse { status: 307, details, headers, ..LocalResponse::default() });
    }

    /// The proxy itself answers.
    fn local(&mut self, status: u32, body: impl Into<Bytes>, details: &str) {
        let response =
            LocalResponse { status, body: body.into(), details: details.to_owned(), ..LocalResponse::default() };
        self.stream.handle_local_response(response);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Wake => self.stream.handle_wake(),
            Event::RequestFrame(frame) => self.handle_request_frame(frame),
            Event::Tunnel(event) => self.handle_tunnel(event),
            Event::UpstreamHead(head) => self.handle_upstream_head(head),
            Event::UpstreamFrame(frame) => self.handle_upstream_frame(frame),
            Event::RetryDue => self.attempt(),
            Event::Timeout(deadline) => self.handle_timeout(deadline),
        }
    }

    /// Who has kept a stream that takes too long waiting: the client, or the upstream.
    fn handle_request_frame(&mut self, frame: Option<Result<Frame<Bytes>, hyper::Error>>) {
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    let ended = self.request_body.as_ref().is_some_and(http_body::Body::is_end_stream);
                    let (piece, last) = piece_and_end(data, ended, self.is_http2);
                    if let Some(piece) = piece {
                        self.stream.handle_request_body(piece, false);
                    }
                    if let Some(last) = last {
                        self.end_request_body(last);
                    }
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        // Trailers that are not asked for are dropped, so that the body's end is seen as such: plugins that
                        // judge a body wait for it.
                        if self.has_trailers() {
                            self.request_body = None;
                            self.stream.handle_request_trailers(convert::trailer_fields(&trailers));
                        } else {
                            self.end_request_body(Bytes::new());
                        }
                    }
                }
            },
            // The HTTP library takes a reset with NO_ERROR or CANCEL for the end.
            None if self.is_http2 && self.request_body.as_ref().is_some_and(|body| !body.is_end_stream()) => {
                self.give_up();
            }
            None => self.end_request_body(Bytes::new()),
            Some(Err(error)) => {
                tracing::debug!("request body: {error}");
                self.request_body = None;
                if convert::is_malformed(&error) {
                    self.refuse(400, "Bad Request", "http1.codec_error");
                } else {
                    // The client is gone: there is nobody to answer.
                    self.give_up();
                }
            }
        }
    }

    /// Nobody wants the rest of the client's body.
    fn drop_request_body(&mut self) {
        let Some(body) = self.request_body.take().filter(|body| !body.is_end_stream()) else { return };
        if self.is_http2 {
            self.connection.cut();
        } else {
            self.rest = Some(body);
        }
    }

    /// What the client has still to send of an HTTP/1.1 request that is being answered.
    pub(super) fn take_rest(&mut self) -> Rest {
        match self.rest.take() {
            Some(body) => Rest::Unwanted(body),
            None if !self.is_http2 && self.request_body.is_some() => Rest::Wanted,
            None => Rest::None,
        }
    }

    /// The client's body is complete, with these bytes.
    fn end_request_body(&mut self, last: Bytes) {
        self.request_body = None;
        self.stream.handle_request_body(last, true);
    }

    /// The upstream's body is complete, with these bytes.
    fn end_response_body(&mut self, last: Bytes) {
        self.server = Server::None;
        self.response_received();
        self.stream.handle_response_body(last, true);
    }

    /// The upstream has sent all: from now on it is known how long it took.
    fn response_received(&self) {
        let took = self.called_at.map(|at| at.elapsed().as_nanos() as i64);
        self.stream.info_mut().upstream.latency_nanos = took;
    }

    fn handle_upstream_frame(&mut self, frame: Option<Result<Frame<Bytes>, UpstreamFailure>>) {
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    // The end is known with the last byte of content-length. It must not wait for another look at the
                    // upstream: hyper does not ask for more once it has written as much as content-length says.
                    let (ended, is_http2) = match &self.server {
                        Server::Body { body, is_http2, .. } => (body.is_end_stream(), *is_http2),
                        _ => (false, false),
                    };
                    let (piece, last) = piece_and_end(data, ended, is_http2);
                    if let Some(piece) = piece {
                        self.stream.handle_response_body(piece, false);
                    }
                    if let Some(last) = last {
                        self.end_response_body(last);
                    }
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        if self.upstream_enables_trailers() {
                            self.server = Server::None;
                            self.response_received();
                            self.stream.handle_response_trailers(convert::trailer_fields(&trailers));
                        } else {
                            self.end_response_body(Bytes::new());
                        }
                    }
                }
            },
            None => self.end_response_body(Bytes::new()),
            Some(Err(UpstreamFailure { verdict: Some(verdict), .. })) => self.obey(*verdict),
            Some(Err(failure)) => {
                self.server = Server::None;
                self.stream.info_mut().response_flags |= failure.flag;
                // Before the head has gone out this is an answer; afterwards, the end of the connection.
                self.local(failure.status.into(), failure.summary(), &failure.details_after_head());
            }
        }
    }

    // Out.

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::ForwardRequestHeaders { end_of_stream } => self.route(end_of_stream),
            Effect::ForwardRequestBody { data, end_of_stream } if self.tunnel.is_some() && self.upload.is_none() => {
                if let Some(tunnel) = &mut self.tunnel {
                    tunnel.send_to_server(data, end_of_stream);
                }
            }
            Effect::ForwardRequestBody { data, end_of_stream } => self.forward_body(data, end_of_stream),
            Effect::ForwardRequestTrailers if !self.upstream_enables_trailers() => {
                self.forward_body(Bytes::new(), true);
            }
            Effect::ForwardRequestTrailers => {
                let trailers = self.stream.request_trailers().map(|fields| convert::to_headers(&fields));
                match trailers.transpose() {
                    Ok(trailers) => self.forward_trailers(trailers.unwrap_or_default()),
                    Err(bad) => self.refuse_upstream(&bad),
                }
            }
            Effect::ForwardResponseHeaders { end_of_stream } => self.respond(end_of_stream),
            // The proxy's own answer stands in place of a head that could not be sent; what follows it goes nowhere.
            Effect::ForwardResponseBody { .. } | Effect::ForwardResponseTrailers if self.is_over() => {}
            Effect::ForwardResponseBody { data, end_of_stream } => {
                self.stream.info_mut().response_body_bytes += data.len() as u64;
                if let Some(tunnel) = &mut self.tunnel {
                    return tunnel.send_to_client(data, end_of_stream);
                }
                // The HTTP library leaves it out over HTTP/1.1 only.
                let left_out = self.is_bodiless && self.is_http2;
                if !data.is_empty() && !left_out {
                    self.output.frames.push_back(Frame::data(data));
                }
                self.output.ended |= end_of_stream;
            }
            Effect::ForwardResponseTrailers if !self.has_trailers() || self.is_bodiless => {
                self.output.ended = true;
            }
            Effect::ForwardResponseTrailers => {
                let trailers = self.stream.response_trailers().map(|fields| convert::to_headers(&fields));
                let output = &mut self.output;
                match trailers.transpose() {
                    Ok(trailers) => {
                        output.frames.push_back(Frame::trailers(trailers.unwrap_or_default()));
                        output.ended = true;
                    }
                    Err(bad) => {
                        tracing::warn!("response trailers are not sent: {bad}");
                        output.reset = true;
                    }
                }
            }
            Effect::AbandonUpstream => {
                self.abandon();
                self.tunnel = None;
                self.drop_request_body();
                self.route_timeout = None;
            }
            // Its own stream is no attempt, and so answers itself.
            Effect::Answer(answer) => self.stream.handle_local_response(*answer),
            Effect::Reset => {
                self.abandon();
                self.output.reset = true;
            }
        }
    }

    fn handle_tunnel(&mut self, event: TunnelEvent) {
        match event {
            TunnelEvent::Progress => {}
            TunnelEvent::FromClient(data, end) => self.stream.handle_request_body(data, end),
            TunnelEvent::FromServer(data, end) => {
                if end {
                    self.response_received();
                }
                self.stream.handle_response_body(data, end);
            }
            TunnelEvent::Done => self.output.ended = true,
            TunnelEvent::Broken(error) => {
                tracing::debug!("tunnel: {error}");
                self.give_up();
            }
        }
    }

    /// The client is gone.
    fn give_up(&mut self) {
        self.abandon();
        ending::client_gone(&mut self.stream.info_mut());
        self.output.reset = true;
    }

    /// What a plugin made of the request cannot be sent.
    fn refuse_upstream(&mut self, bad: &BadMessage) {
        tracing::warn!("a request is not sent: {bad}");
        self.stream.info_mut().response_flags |= flags::DOWNSTREAM_PROTOCOL_ERROR;
        let details = format!("filter_removed_required_request_headers{{{bad}}}").replace(' ', "_");
        self.local(503, bad.to_string(), &details);
    }

    /// Gives the response's head to the client.
    fn respond(&mut self, end_of_stream: bool) {
        self.change_answer();
        if let Some(page) = &self.cross_origin {
            self.stream.edit_response_headers(|fields| page.tell(fields));
        }
        let switches = self.tunnel.as_ref().is_some_and(|tunnel| tunnel.is_open());
        let head = self.stream.response_headers().map(|fields| {
            let mut head = convert::client_response(&fields, switches)?;
            if head.status() == hyper::StatusCode::SWITCHING_PROTOCOLS {
                convert::keep_upgrade(&fields, head.headers_mut())?;
            }
            if self.must_switch && head.status().is_success() {
                return Err(BadMessage::NoUpgrade);
            }
            Ok::<_, BadMessage>(head)
        });
        let mut head = match head {
            Some(Ok(head)) => head,
            bad => {
                let details = match bad {
                    Some(Err(BadMessage::NoUpgrade)) => "upgrade_failed",
                    bad => {
                        if let Some(Err(bad)) = bad {
                            tracing::warn!("a response is not sent: {bad}");
                        }
                        "filter_removed_required_response_headers"
                    }
                };
                // The stream has done its part; this answer is the proxy's own.
                self.server = Server::None;
                self.upload = None;
                self.stream.info_mut().response_code_details = Some(details.to_owned());
                let mut head = Response::new(());
                *head.status_mut() = hyper::StatusCode::BAD_GATEWAY;
                // Logs tell what the client is told.
                self.stream.edit_response_headers(|fields| {
                    fields.replace(const { FieldName::from_static(":status") }, Bytes::from_static(b"502"));
                });
                self.output.ended = true;
                head
            }
        };
        self.sign(&mut head);
        let is_upgrade = head.status() == hyper::StatusCode::SWITCHING_PROTOCOLS;
        if (self.is_last || self.connection.is_draining()) && !self.is_http2 && !is_upgrade {
            head.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.listener.http.enable_trailers && !self.is_http2 && !end_of_stream {
            let known = self.stream.response_trailers();
            convert::announce_trailers(head.headers_mut(), known.as_deref());
        }
        let status = head.status().as_u16();
        if status != 101 {
            self.tunnel = None;
        }
        self.is_bodiless |= matches!(status, 204 | 304);
        if status == 204 {
            // The length of what is not sent (RFC 9110, 8.6).
            head.headers_mut().remove(hyper::header::CONTENT_LENGTH);
        }
        self.listener.stats.downstream_rq_completed.inc();
        self.listener.stats.response(status);
        self.stream.info_mut().response_code = Some(u32::from(status));
        self.output.head = Some(head);
        self.output.ended |= end_of_stream;
    }

    /// What every response says of this proxy, and of the request.
    fn sign(&self, head: &mut Response<()>) {
        let http = &self.listener.http;
        let names_itself = match http.server_header {
            ServerHeader::Overwrite => true,
            ServerHeader::IfAbsent => !head.headers().contains_key(SERVER),
            ServerHeader::PassThrough => false,
        };
        if names_itself {
            head.headers_mut().insert(SERVER, self.listener.server_name.clone());
        }
        if let Some(name) = &http.via {
            let value = ingress::via(head.headers().get_all(VIA).iter().map(HeaderValue::as_bytes), name);
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                head.headers_mut().insert(VIA, value);
            }
        }
        if let Some(request) = self.stream.request_headers()
            && (http.always_set_request_id_in_response || request.value(b"x-envoy-force-trace").is_some())
            && let Some(id) = request.value(b"x-request-id").and_then(|id| HeaderValue::from_bytes(id).ok())
        {
            head.headers_mut().insert("x-request-id", id);
        }
    }

    /// Whether trailers pass between the client and the plugins.
    fn has_trailers(&self) -> bool {
        self.is_http2 || self.listener.http.enable_trailers
    }

    fn upstream_enables_trailers(&self) -> bool {
        // Plugins of the cluster see trailers, and make some, whether or not its endpoints have any.
        self.upstream.as_ref().is_some_and(|upstream| upstream.has_trailers() || upstream.is_filtered())
    }

    // Waiting.

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if self.stream.has_mail() {
            return Poll::Ready(Event::Wake);
        }
        self.stream.set_waker(cx.waker());
        match &mut self.server {
            Server::None => {}
            Server::Tunnel { body, .. } => {
                let (from_client, from_server) = (self.stream.wants_request_body(), self.stream.wants_response_body());
                let drained = self.upload.as_mut().is_none_or(|upload| upload.poll_drained(cx).is_ready());
                let limit = self.listener.buffer_limit.max(1);
                if let Some(tunnel) = &mut self.tunnel {
                    if let Poll::Ready(event) = tunnel.poll(cx, from_client && drained, from_server, limit) {
                        return Poll::Ready(Event::Tunnel(event));
                    }
                    if let Poll::Ready(event) = poll_filtered(body, cx, from_server && tunnel.wants_more(limit)) {
                        return Poll::Ready(event);
                    }
                }
            }
            Server::Waiting { response, .. } => {
                if let Poll::Ready(head) = response.as_mut().poll(cx) {
                    return Poll::Ready(Event::UpstreamHead(head));
                }
            }
            Server::Body { body, .. } => {
                // Reading stops while the client has not taken what there is, and while plugins hold enough.
                if !self.output.frames.is_empty() || !self.stream.wants_response_body() {
                    body.keep_sending(cx);
                } else if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
                    return Poll::Ready(Event::UpstreamFrame(frame));
                }
            }
        }
        let drained = self.upload.as_mut().is_none_or(|upload| upload.poll_drained(cx).is_ready());
        if drained
            && let Some(body) = &mut self.request_body
            && self.stream.wants_request_body()
            && let Poll::Ready(frame) = Pin::new(body).poll_frame(cx)
        {
            return Poll::Ready(Event::RequestFrame(frame));
        }
        self.poll_timers(cx)
    }
}

/// What the upstream has sent through a tunnel, if plugins of its cluster let it pass.
fn poll_filtered(body: &mut UpstreamBody, cx: &mut Context<'_>, reads: bool) -> Poll<Event> {
    if !body.is_filtered() {
        return Poll::Pending;
    }
    if !reads {
        body.keep_sending(cx);
        return Poll::Pending;
    }
    Poll::Ready(match ready!(Pin::new(&mut *body).poll_frame(cx)) {
        Some(Ok(frame)) => {
            let ended = body.is_end_stream();
            Event::Tunnel(TunnelEvent::FromServer(frame.into_data().unwrap_or_default(), ended))
        }
        None => Event::Tunnel(TunnelEvent::FromServer(Bytes::new(), true)),
        failed => Event::UpstreamFrame(failed),
    })
}

/// What of a frame is a piece of a body, and what comes with the body's end if this is it: nothing over HTTP/1.1, where
/// plugins see the end on its own, as in Envoy; over HTTP/2, the frame that says so. One without bytes says nothing else.
pub(crate) fn piece_and_end(data: Bytes, ended: bool, is_http2: bool) -> (Option<Bytes>, Option<Bytes>) {
    if ended && is_http2 {
        return (None, Some(data));
    }
    ((!data.is_empty()).then_some(data), ended.then(Bytes::new))
}
