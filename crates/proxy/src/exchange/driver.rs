//! The loop that carries parts between hyper and the host's stream.

use super::convert::{self, BadMessage};
use super::timer::Timer;
use super::upload::Upload;
use super::{Output, UploadBody};
use crate::cluster::{Answering, Chosen, Upstream};
use crate::downstream::Downstream;
use crate::http1::UpstreamBody;
use crate::listener::ListenerState;
use crate::request_id;
use crate::upstream_failure::UpstreamFailure;
use bytes::Bytes;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SERVER};
use hyper::{Method, Request, Response};
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tollgate_config::RouteAction;
use tollgate_host::fields::FieldName;
use tollgate_host::stream::{Effect, HttpStream, LocalResponse, StreamInfo};

/// Envoy's response flags, as `response.flags` shows them.
mod flags {
    pub(super) const NO_HEALTHY_UPSTREAM: u64 = 0x2;
    pub(super) const UPSTREAM_REQUEST_TIMEOUT: u64 = 0x4;
    pub(super) const UPSTREAM_CONNECTION_TERMINATION: u64 = 0x40;
    pub(super) const NO_ROUTE_FOUND: u64 = 0x100;
    pub(super) const DOWNSTREAM_CONNECTION_TERMINATION: u64 = 0x4000;
    pub(super) const STREAM_IDLE_TIMEOUT: u64 = 0x1_0000;
    pub(super) const DOWNSTREAM_PROTOCOL_ERROR: u64 = 0x4_0000;
}

/// What has happened.
enum Event {
    Wake,
    RequestFrame(Option<Result<Frame<Bytes>, hyper::Error>>),
    UpstreamHead(Result<Response<UpstreamBody>, UpstreamFailure>),
    UpstreamFrame(Option<Result<Frame<Bytes>, hyper::Error>>),
    RequestTimeout,
    RouteTimeout,
    IdleTimeout,
    DurationTimeout,
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
        /// Counts the request as under way until its response is complete.
        _chosen: Chosen,
    },
}

/// Carries one request and its response.
pub(super) struct Driver {
    listener: Rc<ListenerState>,
    connection: Rc<Downstream>,
    stream: HttpStream,
    output: Rc<RefCell<Output>>,
    /// What is left of the client's body.
    request_body: Option<Incoming>,
    /// Whether the client speaks HTTP/2.
    is_http2: bool,
    /// The response has no body, whatever comes of one.
    is_bodiless: bool,
    /// The connection takes no request after this one.
    is_last: bool,
    upload: Option<Upload>,
    server: Server,
    /// When the request began to be sent to the upstream.
    called_at: Option<Instant>,
    /// When it had been sent.
    sent_at: Option<Instant>,
    route_timeout: Option<Duration>,
    /// When the stream must be over.
    stream_deadline: Option<Instant>,
    /// When the request must be complete.
    request_deadline: Option<Instant>,
    /// When the response must be complete.
    route_deadline: Option<Instant>,
    /// For the nearest deadline; the connection's, once it is needed.
    timer: Option<Timer>,
    last_activity: Instant,
}

impl Driver {
    pub(super) fn new(listener: Rc<ListenerState>, connection: Rc<Downstream>, output: Rc<RefCell<Output>>) -> Self {
        let is_last = connection.begin();
        listener.stats.downstream_rq_total.inc();
        listener.stats.downstream_rq_active.inc();
        let clock = &listener.services.clock;
        let info = StreamInfo {
            listener: listener.info.clone(),
            connection: connection.info.clone(),
            start_wall_nanos: clock.wall_nanos(),
            start_monotonic_nanos: clock.monotonic_nanos(),
            ..StreamInfo::default()
        };
        let stream = listener.chain.open(info, listener.routes.clone());
        Self {
            listener,
            connection,
            stream,
            output,
            request_body: None,
            is_http2: false,
            is_bodiless: false,
            is_last,
            upload: None,
            server: Server::None,
            called_at: None,
            sent_at: None,
            route_timeout: None,
            stream_deadline: None,
            request_deadline: None,
            route_deadline: None,
            timer: None,
            last_activity: Instant::now(),
        }
    }

    /// Carries the request until its response has been handed over, or the stream is reset.
    pub(super) async fn run(mut self, request: Request<Incoming>) {
        self.begin(request);
        loop {
            while let Some(effect) = self.stream.poll_effect() {
                self.apply(effect);
            }
            if self.is_over() {
                return;
            }
            let event = poll_fn(|cx| self.poll_event(cx)).await;
            self.last_activity = Instant::now();
            self.handle(event);
        }
    }

    fn is_over(&self) -> bool {
        let output = self.output.borrow();
        output.ended || output.reset
    }

    // In.

    fn begin(&mut self, request: Request<Incoming>) {
        let (head, body) = request.into_parts();
        let end_of_stream = body.is_end_stream();
        self.is_http2 = head.version == hyper::Version::HTTP_2;
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
        let Some(mut fields) = convert::request_fields(&head.method, &head.uri, &head.headers, self.connection.scheme)
        else {
            return self.refuse(400, "", "missing_host_header");
        };
        if head.headers.contains_key(hyper::header::UPGRADE) {
            return self.refuse(403, "", "upgrade_failed");
        }
        if fields.value(b"x-forwarded-proto").is_none() {
            fields.append(FieldName::from("x-forwarded-proto"), Bytes::from_static(self.connection.scheme.as_bytes()));
        }
        if self.listener.http.generate_request_id && fields.value(b"x-request-id").is_none() {
            fields.append(FieldName::from("x-request-id"), request_id::new().into());
        }
        self.stream_deadline = self.listener.http.max_stream_duration.map(|longest| Instant::now() + longest);
        if !end_of_stream {
            self.request_body = Some(body);
            self.request_deadline = self.listener.http.request_timeout.map(|timeout| Instant::now() + timeout);
        }
        self.stream.handle_request_headers(fields, end_of_stream);
    }

    /// Answers a request that no plugin is to see.
    fn refuse(&mut self, status: u32, body: &'static str, details: &str) {
        self.stream.info_mut().response_flags |= flags::DOWNSTREAM_PROTOCOL_ERROR;
        self.local(status, body, details);
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
            Event::UpstreamHead(head) => self.handle_upstream_head(head),
            Event::UpstreamFrame(frame) => self.handle_upstream_frame(frame),
            Event::RouteTimeout => {
                if let Server::Waiting { .. } | Server::Body { .. } = self.server
                    && let Some(upstream) = self.upstream()
                {
                    upstream.cluster.stats.upstream_rq_timeout.inc();
                }
                self.stream.info_mut().response_flags |= flags::UPSTREAM_REQUEST_TIMEOUT;
                self.local(504, "upstream request timeout", "response_timeout");
            }
            Event::RequestTimeout => {
                self.listener.stats.downstream_rq_timeout.inc();
                self.local(408, "request timeout", "request_overall_timeout");
            }
            Event::IdleTimeout => {
                self.listener.stats.downstream_rq_idle_timeout.inc();
                self.stream.info_mut().response_flags |= flags::STREAM_IDLE_TIMEOUT;
                self.local(self.timeout_status(), "stream timeout", "stream_idle_timeout");
            }
            Event::DurationTimeout => {
                self.listener.stats.downstream_rq_max_duration_reached.inc();
                self.local(self.timeout_status(), "downstream duration timeout", "max_duration_timeout");
            }
        }
    }

    /// Who has kept a stream that takes too long waiting: the client, or the upstream.
    fn timeout_status(&self) -> u32 {
        if self.request_body.is_some() { 408 } else { 504 }
    }

    fn handle_request_frame(&mut self, frame: Option<Result<Frame<Bytes>, hyper::Error>>) {
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    self.stream.handle_request_body(data, false);
                    if self.request_body.as_ref().is_some_and(http_body::Body::is_end_stream) {
                        self.end_request_body();
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
                            self.end_request_body();
                        }
                    }
                }
            },
            None => self.end_request_body(),
            // The client is gone, or sends nonsense: there is nobody to answer.
            Some(Err(error)) => {
                tracing::debug!("request body: {error}");
                self.request_body = None;
                self.give_up();
            }
        }
    }

    /// The client's body is complete.
    fn end_request_body(&mut self) {
        self.request_body = None;
        self.stream.handle_request_body(Bytes::new(), true);
    }

    /// The upstream's body is complete.
    fn end_response_body(&mut self) {
        self.server = Server::None;
        self.response_received();
        self.stream.handle_response_body(Bytes::new(), true);
    }

    /// The upstream has sent all: from now on it is known how long it took.
    fn response_received(&self) {
        let took = self.called_at.map(|at| at.elapsed().as_nanos() as i64);
        self.stream.info_mut().upstream.latency_nanos = took;
    }

    fn handle_upstream_head(&mut self, head: Result<Response<UpstreamBody>, UpstreamFailure>) {
        let Server::Waiting { chosen, .. } = std::mem::replace(&mut self.server, Server::None) else { return };
        match head {
            Ok(response) => {
                let (head, body) = response.into_parts();
                if let Some(upstream) = self.upstream() {
                    upstream.cluster.stats.response(head.status.as_u16());
                }
                let mut fields = convert::response_fields(head.status, &head.headers);
                {
                    let mut info = self.stream.info_mut();
                    info.response_code_details = Some("via_upstream".to_owned());
                    if let Some(facts) = body.facts() {
                        info.upstream.local_address = facts.local_address;
                        info.upstream.tls.clone_from(&facts.tls);
                    }
                }
                // An answer to part of a request has no such time.
                if let Some(sent_at) = self.sent_at.filter(|_| !self.listener.http.suppress_envoy_headers) {
                    let time = sent_at.elapsed().as_millis().to_string();
                    fields.replace(FieldName::from("x-envoy-upstream-service-time"), time.into());
                }
                let end_of_stream = body.is_end_stream();
                if end_of_stream {
                    self.response_received();
                } else {
                    self.server = Server::Body { body, _chosen: chosen };
                }
                self.stream.handle_response_headers(fields, end_of_stream);
            }
            Err(failure) => {
                let address = chosen.address;
                tracing::debug!("upstream {address}: {}", failure.text());
                self.handle_upstream_failure(failure);
            }
        }
    }

    /// The upstream has not answered: tells the client how it failed.
    fn handle_upstream_failure(&mut self, failure: UpstreamFailure) {
        self.stream.info_mut().response_flags |= failure.flag;
        if failure.is_connect()
            && let Some(upstream) = self.upstream()
        {
            upstream.cluster.stats.upstream_cx_connect_fail.inc();
        }
        let (text, details) = (failure.text(), failure.details());
        self.stream.info_mut().upstream.transport_failure_reason = failure.transport;
        self.local(failure.status.into(), text, &details);
    }

    fn handle_upstream_frame(&mut self, frame: Option<Result<Frame<Bytes>, hyper::Error>>) {
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    self.stream.handle_response_body(data, false);
                    // The end is known with the last byte of content-length. It must not wait for another look at the
                    // upstream: hyper does not ask for more once it has written as much as content-length says.
                    if let Server::Body { body, .. } = &self.server
                        && body.is_end_stream()
                    {
                        self.end_response_body();
                    }
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        if self.upstream_enables_trailers() {
                            self.server = Server::None;
                            self.response_received();
                            self.stream.handle_response_trailers(convert::trailer_fields(&trailers));
                        } else {
                            self.end_response_body();
                        }
                    }
                }
            },
            None => self.end_response_body(),
            Some(Err(error)) => {
                tracing::debug!("upstream body: {error}");
                self.server = Server::None;
                self.stream.info_mut().response_flags |= flags::UPSTREAM_CONNECTION_TERMINATION;
                // Before the head has gone out this is an answer; afterwards, the end of the connection.
                let body =
                    "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
                self.local(503, body, "upstream_reset_after_response_started{connection_termination}");
            }
        }
    }

    // Out.

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::ForwardRequestHeaders { end_of_stream } => self.route(end_of_stream),
            Effect::ForwardRequestBody { data, end_of_stream } => {
                if let Some(upload) = &mut self.upload {
                    upload.data(data, end_of_stream);
                }
                if end_of_stream {
                    self.request_sent();
                }
            }
            Effect::ForwardRequestTrailers if !self.upstream_enables_trailers() => {
                if let Some(upload) = &mut self.upload {
                    upload.data(Bytes::new(), true);
                }
                self.request_sent();
            }
            Effect::ForwardRequestTrailers => {
                let trailers = self.stream.request_trailers().map(|fields| convert::to_headers(&fields));
                match trailers.transpose() {
                    Ok(trailers) => {
                        if let Some(upload) = &mut self.upload {
                            upload.trailers(trailers.unwrap_or_default());
                        }
                        self.request_sent();
                    }
                    Err(bad) => self.refuse_upstream(&bad),
                }
            }
            Effect::ForwardResponseHeaders { end_of_stream } => self.respond(end_of_stream),
            // The proxy's own answer stands in place of a head that could not be sent; what follows it goes nowhere.
            Effect::ForwardResponseBody { .. } | Effect::ForwardResponseTrailers if self.is_over() => {}
            Effect::ForwardResponseBody { data, end_of_stream } => {
                self.stream.info_mut().response_body_bytes += data.len() as u64;
                let mut output = self.output.borrow_mut();
                // The HTTP library leaves it out over HTTP/1.1 only.
                if !data.is_empty() && !(self.is_bodiless && self.is_http2) {
                    output.frames.push_back(Frame::data(data));
                }
                output.ended |= end_of_stream;
            }
            Effect::ForwardResponseTrailers if !self.has_trailers() || self.is_bodiless => {
                self.output.borrow_mut().ended = true;
            }
            Effect::ForwardResponseTrailers => {
                let trailers = self.stream.response_trailers().map(|fields| convert::to_headers(&fields));
                let mut output = self.output.borrow_mut();
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
                self.server = Server::None;
                self.upload = None;
                self.request_body = None;
                self.route_deadline = None;
                self.route_timeout = None;
            }
            Effect::Reset => {
                self.server = Server::None;
                self.upload = None;
                self.output.borrow_mut().reset = true;
            }
        }
    }

    /// The client is gone.
    fn give_up(&mut self) {
        self.server = Server::None;
        self.upload = None;
        client_gone(&mut self.stream.info_mut());
        self.output.borrow_mut().reset = true;
    }

    /// The request has passed the chain: does what its route says.
    fn route(&mut self, end_of_stream: bool) {
        let listener = self.listener.clone();
        let Some(route) = self.stream.route().and_then(|route| listener.routes.get(route.id)) else {
            self.stream.info_mut().response_flags |= flags::NO_ROUTE_FOUND;
            return self.local(404, "", "route_not_found");
        };
        match &route.route.action {
            RouteAction::DirectResponse { status, .. } => {
                self.local(u32::from(*status), route.body.clone(), "direct_response");
            }
            RouteAction::Cluster { cluster, timeout, prefix_rewrite, host_rewrite_literal } => {
                let Some(upstream) = listener.upstreams.get(cluster.as_str()) else {
                    return self.local(503, "", "cluster_not_found");
                };
                self.rewrite(&route.route, prefix_rewrite.as_deref(), host_rewrite_literal.as_deref());
                self.route_timeout = *timeout;
                self.send(upstream, end_of_stream);
            }
        }
    }

    fn rewrite(&self, route: &tollgate_config::Route, prefix: Option<&str>, host: Option<&str>) {
        if prefix.is_none() && host.is_none() {
            return;
        }
        self.stream.edit_request_headers(|fields| {
            if let Some(rewrite) = prefix
                && let Some(path) = fields.value(b":path").and_then(|path| std::str::from_utf8(path).ok())
            {
                let path = crate::route::rewrite_prefix(&route.matcher.path, path, rewrite);
                fields.replace(FieldName::from(":path"), path.into());
            }
            if let Some(host) = host {
                fields.replace(FieldName::from(":authority"), Bytes::copy_from_slice(host.as_bytes()));
            }
        });
    }

    /// Sends the request's head to an endpoint of the cluster.
    fn send(&mut self, upstream: &Rc<Upstream>, end_of_stream: bool) {
        self.stream.info_mut().upstream.num_endpoints = Some(upstream.len() as u64);
        let Some(chosen) = upstream.choose() else {
            upstream.cluster.stats.upstream_cx_none_healthy.inc();
            self.stream.info_mut().response_flags |= flags::NO_HEALTHY_UPSTREAM;
            return self.local(503, "no healthy upstream", "no_healthy_upstream");
        };
        let head = match self.stream.request_headers() {
            Some(fields) => convert::upstream_request(&fields),
            None => return,
        };
        let mut head = match head {
            Ok(head) => head,
            Err(bad) => return self.refuse_upstream(&bad),
        };
        if let Some(timeout) = self.route_timeout
            && !self.listener.http.suppress_envoy_headers
            && let Ok(value) = HeaderValue::try_from(timeout.as_millis().to_string())
        {
            head.headers_mut().insert("x-envoy-expected-rq-timeout-ms", value);
        }
        {
            let mut info = self.stream.info_mut();
            info.upstream.attempts += 1;
            info.upstream.address = Some(chosen.address);
            if let Some(about) = upstream.cluster.about(chosen.address) {
                info.upstream.locality = Some(about.locality.clone());
                info.upstream.metadata.clone_from(&about.metadata);
            }
        }
        self.called_at = Some(Instant::now());
        let body = if end_of_stream {
            UploadBody::empty()
        } else {
            let (upload, body) = UploadBody::channel();
            self.upload = Some(upload);
            body
        };
        let response = upstream.send(chosen.address, head.map(|()| body));
        self.server = Server::Waiting { response, chosen };
        if end_of_stream {
            self.request_sent();
        }
    }

    /// What a plugin made of the request cannot be sent.
    fn refuse_upstream(&mut self, bad: &BadMessage) {
        tracing::warn!("a request is not sent: {bad}");
        self.stream.info_mut().response_flags |= flags::DOWNSTREAM_PROTOCOL_ERROR;
        let details = format!("filter_removed_required_request_headers{{{bad}}}").replace(' ', "_");
        self.local(503, bad.to_string(), &details);
    }

    /// The request is complete: the route's time-out runs from here.
    fn request_sent(&mut self) {
        let now = Instant::now();
        self.sent_at = Some(now);
        if let Some(timeout) = self.route_timeout
            && !matches!(self.server, Server::None)
        {
            self.route_deadline = Some(now + timeout);
        }
    }

    /// Gives the response's head to the client.
    fn respond(&mut self, end_of_stream: bool) {
        let head = self.stream.response_headers().map(|fields| convert::client_response(&fields));
        let mut head = match head {
            Some(Ok(head)) => head,
            bad => {
                if let Some(Err(bad)) = bad {
                    tracing::warn!("a response is not sent: {bad}");
                }
                // The stream has done its part; this answer is the proxy's own.
                self.server = Server::None;
                self.upload = None;
                self.stream.info_mut().response_code_details =
                    Some("filter_removed_required_response_headers".to_owned());
                let mut head = Response::new(());
                *head.status_mut() = hyper::StatusCode::BAD_GATEWAY;
                self.output.borrow_mut().ended = true;
                head
            }
        };
        head.headers_mut().insert(SERVER, self.listener.server_name.clone());
        if self.is_last && !self.is_http2 {
            head.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.listener.http.enable_trailers && !self.is_http2 && !end_of_stream {
            let known = self.stream.response_trailers();
            convert::announce_trailers(head.headers_mut(), known.as_deref());
        }
        let status = head.status().as_u16();
        self.is_bodiless |= matches!(status, 204 | 304);
        if status == 204 {
            // The length of what is not sent (RFC 9110, 8.6).
            head.headers_mut().remove(hyper::header::CONTENT_LENGTH);
        }
        self.listener.stats.response(status);
        self.stream.info_mut().response_code = Some(u32::from(status));
        let mut output = self.output.borrow_mut();
        output.head = Some(head);
        output.ended |= end_of_stream;
    }

    /// Whether trailers pass between the client and the plugins.
    fn has_trailers(&self) -> bool {
        self.is_http2 || self.listener.http.enable_trailers
    }

    fn upstream_enables_trailers(&self) -> bool {
        self.upstream().is_some_and(|upstream| upstream.has_trailers())
    }

    fn upstream(&self) -> Option<Rc<Upstream>> {
        let route = self.stream.route()?;
        self.listener.upstreams.get(&*route.cluster).cloned()
    }

    // Waiting.

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if self.stream.has_mail() {
            return Poll::Ready(Event::Wake);
        }
        self.stream.set_waker(cx.waker());
        match &mut self.server {
            Server::None => {}
            Server::Waiting { response, .. } => {
                if let Poll::Ready(head) = response.as_mut().poll(cx) {
                    return Poll::Ready(Event::UpstreamHead(head));
                }
            }
            Server::Body { body, .. } => {
                // Reading stops while the client has not taken what there is, and while plugins hold enough.
                if self.output.borrow().frames.is_empty()
                    && self.stream.wants_response_body()
                    && let Poll::Ready(frame) = Pin::new(body).poll_frame(cx)
                {
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

    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let request = self.request_deadline.filter(|_| self.request_body.is_some());
        let idle = self.listener.http.stream_idle_timeout.map(|timeout| self.last_activity + timeout);
        let Some(deadline) = [request, self.route_deadline, idle, self.stream_deadline].into_iter().flatten().min()
        else {
            return Poll::Pending;
        };
        let timer =
            self.timer.get_or_insert_with(|| self.connection.timer.take().unwrap_or_else(|| Timer::new(deadline)));
        std::task::ready!(timer.poll(deadline, cx));
        Poll::Ready(if request == Some(deadline) {
            self.request_deadline = None;
            Event::RequestTimeout
        } else if self.route_deadline == Some(deadline) {
            self.route_deadline = None;
            Event::RouteTimeout
        } else if self.stream_deadline == Some(deadline) {
            self.stream_deadline = None;
            Event::DurationTimeout
        } else {
            Event::IdleTimeout
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let output_ended = self.output.borrow().ended;
        // Neither answered nor reset: nobody is left to take the answer.
        let dropped = !output_ended && !self.output.borrow().reset;
        {
            let clock = &self.listener.services.clock;
            let mut info = self.stream.info_mut();
            info.duration_nanos = Some(clock.monotonic_nanos().saturating_sub(info.start_monotonic_nanos) as i64);
            if dropped {
                client_gone(&mut info);
            }
        }
        self.stream.finish();
        self.connection.end();
        if let Some(timer) = self.timer.take() {
            self.connection.timer.give_back(timer);
        }
        let stats = &self.listener.stats;
        stats.downstream_rq_active.dec();
        if output_ended {
            stats.downstream_rq_completed.inc();
        } else {
            stats.downstream_rq_rx_reset.inc();
        }
    }
}

/// What the log shows of a stream whose client went away, whatever its answer would have been.
fn client_gone(info: &mut StreamInfo) {
    info.response_flags |= flags::DOWNSTREAM_CONNECTION_TERMINATION;
    info.response_code_details = Some("downstream_remote_disconnect".to_owned());
}
