//! Sending a request to an endpoint, and again to another if the route wants that.

use super::deadlines::Deadline;
use super::{Driver, Server, routing};
use crate::cluster::{Answering, Chosen, Selection, Unavailable, Upstream};
use crate::exchange::convert;
use crate::exchange::{Upload, UploadBody};
use crate::flags;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::{UpstreamFailure, Verdict};
use crate::upstream_filters::{Passage, Travel};
use bytes::Bytes;
use http_body::Body as _;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Request, Response, StatusCode, Version};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;
use tollgate_config::HostRewrite;
use tollgate_host::fields::{FieldName, HeaderMap as Fields};
use tollgate_host::stream::{FilterChain, LocalResponse};

impl Driver {
    /// The route is known and the request is as it is to be sent.
    pub(super) fn begin_attempts(&mut self, end_of_stream: bool) {
        if let Some(retry) = &mut self.retry {
            retry.keep(&Bytes::new(), end_of_stream);
        }
        // What follows an upgrade goes its own way, unless it is to pass plugins.
        let is_bodiless = end_of_stream || self.tunnel.is_some() && !self.is_filtered();
        let body = if is_bodiless { None } else { Some(UploadBody::channel()) };
        self.send(body, end_of_stream);
    }

    /// Sends the request once more, as much of it as has come.
    pub(super) fn attempt(&mut self) {
        self.deadlines.retry = None;
        let Some(sent) = self.retry.as_ref().and_then(|retry| retry.sent.as_ref()) else { return };
        if sent.ended && sent.pieces.is_empty() && sent.trailers.is_none() {
            return self.send(None, true);
        }
        let (mut upload, body) = UploadBody::channel();
        if self.is_filtered() {
            // Plugins see what is known in one piece, as in Envoy.
            upload.data(sent.pieces.concat().into(), sent.ended && sent.trailers.is_none());
        } else {
            for piece in &sent.pieces {
                upload.data(piece.clone(), false);
            }
            if sent.ended && sent.trailers.is_none() {
                upload.data(Bytes::new(), true);
            }
        }
        if let Some(trailers) = &sent.trailers {
            upload.trailers(trailers.clone());
        }
        let ended = sent.ended;
        self.send(Some((upload, body)), ended);
    }

    /// Sends the request's head to an endpoint of the cluster. `is_complete` says that the body is known to its end.
    fn send(&mut self, body: Option<(Upload, UploadBody)>, is_complete: bool) {
        let Some(upstream) = self.upstream.clone() else { return };
        {
            let mut info = self.stream.info_mut();
            info.upstream.num_endpoints = Some(upstream.len() as u64);
            info.upstream.attempts += 1;
        }
        let selection = match &self.retry {
            Some(retry) => Selection { hash: self.hash, tried: &retry.tried, reselections: retry.reselections() },
            None => Selection { hash: self.hash, ..Selection::default() },
        };
        let chosen = match upstream.choose(&selection) {
            Ok(chosen) => chosen,
            Err(Unavailable::NoEndpoint) => {
                self.stream.info_mut().response_flags |= flags::NO_HEALTHY_UPSTREAM;
                return self.fail(503, "no healthy upstream", "no_healthy_upstream");
            }
            Err(Unavailable::Overflow) => return self.handle_upstream_failure(UpstreamFailure::overflow()),
        };
        self.tell_of(&chosen);
        let (upload, body) = match body {
            Some((upload, body)) => (Some(upload), body),
            None => (None, UploadBody::empty()),
        };
        let response = match self.upstream_filters(&upstream) {
            None => self.send_plainly(&upstream, &chosen, body),
            Some(chain) => Ok(self.send_through(&chain, &upstream, &chosen, body)),
        };
        let response = match response {
            Ok(response) => response,
            Err(bad) => return self.refuse_upstream(&bad),
        };
        if let Some(retry) = &mut self.retry {
            retry.tried.push(chosen.address);
        }
        self.called_at = Some(Instant::now());
        self.upload = upload;
        self.server = Server::Waiting { response, chosen };
        self.deadlines.per_try_idle = self.retry.as_ref().and_then(|retry| retry.per_try_idle_timeout());
        if is_complete {
            self.request_sent();
        }
    }

    fn send_plainly(
        &self,
        upstream: &Rc<Upstream>,
        chosen: &Chosen,
        body: UploadBody,
    ) -> Result<Answering, convert::BadMessage> {
        let mut head = Request::new(());
        if let Some(fields) = self.stream.request_headers() {
            head = convert::upstream_request(&fields)?;
            if self.tunnel.is_some() {
                convert::keep_upgrade(&fields, head.headers_mut())?;
            }
        }
        if let Some(timeout) = self.told_timeout()
            && let Ok(value) = HeaderValue::try_from(timeout)
        {
            head.headers_mut().insert("x-envoy-expected-rq-timeout-ms", value);
        }
        Ok(upstream.send(chosen, head.map(|()| body.of_stream(self.stream.notes()))))
    }

    /// Sends the request through plugins of the cluster. What they see and change is the stream's own.
    fn send_through(
        &self,
        chain: &FilterChain,
        upstream: &Rc<Upstream>,
        chosen: &Chosen,
        body: UploadBody,
    ) -> Answering {
        if let Some(timeout) = self.told_timeout() {
            let name = const { FieldName::from_static("x-envoy-expected-rq-timeout-ms") };
            self.stream.edit_request_headers(|fields| fields.replace(name, timeout.into()));
        }
        let fields = self.stream.request_headers().map(|fields| fields.clone()).unwrap_or_default();
        let upgrades = self.tunnel.is_some();
        let attempt = self.stream.begin_attempt(chain);
        Passage::begin(attempt, None, upstream.line(chosen), Travel { fields, body, upgrades })
    }

    /// Whether the cluster may have plugins.
    fn is_filtered(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| upstream.is_filtered())
    }

    /// The plugins of the cluster that the request passes.
    fn upstream_filters(&self, upstream: &Upstream) -> Option<FilterChain> {
        if !upstream.is_filtered() {
            return None;
        }
        let target = self.target.and_then(|id| self.listener.routes.get(id));
        upstream.filters(target.map_or(&[], |target| &target.said))
    }

    /// What the upstream is told of the time that it has.
    fn told_timeout(&self) -> Option<String> {
        if self.listener.http.suppress_envoy_headers {
            return None;
        }
        Some(self.expected_timeout()?.as_millis().to_string())
    }

    /// A plugin of the cluster has decided what becomes of the request.
    pub(super) fn obey(&mut self, verdict: Verdict) {
        self.abandon();
        match verdict {
            Verdict::Answer(answer) => self.stream.handle_local_response(answer),
            Verdict::Close => self.output.reset = true,
        }
    }

    /// Notes the endpoint for plugins, and changes the request for it where the route wants that.
    fn tell_of(&self, chosen: &Chosen) {
        let attempts = {
            let mut info = self.stream.info_mut();
            // What there was before was another attempt's.
            info.upstream.local_address = None;
            info.upstream.tls = None;
            chosen.describe(&mut info.upstream);
            info.upstream.attempts
        };
        let Some(target) = self.target.and_then(|id| self.listener.routes.get(id)) else { return };
        let Some(action) = target.action() else { return };
        let is_quiet = self.listener.http.suppress_envoy_headers;
        if target.host.include_request_attempt_count {
            let count = Bytes::from(attempts.to_string());
            let name = const { FieldName::from_static("x-envoy-attempt-count") };
            self.stream.edit_request_headers(|fields| fields.replace(name, count));
        }
        if action.host_rewrite == Some(HostRewrite::Auto)
            && let Some(host) = chosen.name()
        {
            let host = Bytes::copy_from_slice(host.as_bytes());
            let keep = action.append_x_forwarded_host;
            self.stream.edit_request_headers(|fields| routing::replace_host(fields, host, keep, is_quiet));
        }
    }

    /// How long the upstream has, as it is told.
    fn expected_timeout(&self) -> Option<Duration> {
        let left = match self.deadlines.route {
            Some(deadline) => Some(deadline.saturating_duration_since(Instant::now())),
            None => self.route_timeout,
        };
        let per_try = self.retry.as_ref().and_then(|retry| retry.per_try_timeout());
        left.into_iter().chain(per_try).min()
    }

    /// A part of the body goes upstream, and is kept if the request may be sent again.
    pub(super) fn forward_body(&mut self, data: Bytes, end_of_stream: bool) {
        if let Some(retry) = &mut self.retry
            && !retry.keep(&data, end_of_stream)
            && self.deadlines.retry.is_some()
        {
            // Nothing of what has come would be sent any more.
            let details = "request_payload_exceeded_retry_buffer_limit";
            return self.fail(507, "exceeded request buffer limit while retrying upstream", details);
        }
        if let Some(upload) = &mut self.upload {
            upload.data(data, end_of_stream);
        }
        if end_of_stream {
            self.request_sent();
        }
    }

    /// The trailers go upstream, which ends the request.
    pub(super) fn forward_trailers(&mut self, trailers: HeaderMap) {
        if let Some(retry) = &mut self.retry {
            retry.keep_trailers(&trailers);
        }
        if let Some(upload) = &mut self.upload {
            upload.trailers(trailers);
        }
        self.request_sent();
    }

    /// The request is complete: time-outs run from here.
    fn request_sent(&mut self) {
        let now = Instant::now();
        self.sent_at.get_or_insert(now);
        // Between two attempts, the time of the route runs on.
        if !matches!(self.server, Server::None) || self.deadlines.retry.is_some() {
            let route_timeout = self.route_timeout;
            self.deadlines.route = self.deadlines.route.or_else(|| Some(now + route_timeout?));
        }
        if matches!(self.server, Server::Waiting { .. }) {
            self.deadlines.per_try = self.retry.as_ref().and_then(|retry| Some(now + retry.per_try_timeout()?));
        }
    }

    /// Nothing more is sent upstream, nor expected from there.
    pub(super) fn abandon(&mut self) {
        self.server = Server::None;
        self.upload = None;
        self.retry = None;
        self.deadlines.route = None;
        self.deadlines.per_try = None;
        self.deadlines.per_try_idle = None;
        self.deadlines.retry = None;
    }

    /// The proxy answers, since the upstream does not.
    pub(super) fn fail(&mut self, status: u16, body: impl Into<Bytes>, details: &str) {
        let mut headers = Fields::new();
        if details.ends_with("{overflow}") && !self.listener.http.suppress_envoy_headers {
            headers.append(const { FieldName::from_static("x-envoy-overloaded") }, Bytes::from_static(b"true"));
        }
        self.add_attempt_count(&mut headers);
        // An answer that has begun has been counted.
        if let Some(upstream) = self.upstream.as_ref().filter(|_| !self.answered) {
            upstream.cluster.count_response(status);
        }
        self.abandon();
        self.stream.handle_local_response(LocalResponse {
            status: status.into(),
            body: body.into(),
            details: details.to_owned(),
            headers,
            ..LocalResponse::default()
        });
    }

    fn add_attempt_count(&self, headers: &mut Fields) {
        let Some(target) = self.target.and_then(|id| self.listener.routes.get(id)) else { return };
        if target.host.include_attempt_count_in_response {
            let count = self.stream.info().upstream.attempts.to_string();
            headers.replace(const { FieldName::from_static("x-envoy-attempt-count") }, count.into());
        }
    }

    pub(super) fn handle_upstream_head(&mut self, head: Result<Response<UpstreamBody>, UpstreamFailure>) {
        let Server::Waiting { chosen, .. } = std::mem::replace(&mut self.server, Server::None) else { return };
        self.deadlines.per_try = None;
        match head {
            Ok(mut response) => {
                let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
                match &mut self.tunnel {
                    Some(tunnel) if switches && response.body().is_filtered() => tunnel.open_filtered(),
                    Some(tunnel) if switches => tunnel.open(hyper::upgrade::on(&mut response)),
                    // It is an ordinary answer.
                    tunnel => *tunnel = None,
                }
                let (head, body) = response.into_parts();
                chosen.answered(head.status.as_u16());
                let mut fields = convert::response_fields(head.status, &head.headers);
                if let Some(retry) = &self.retry {
                    if retry.wants_after_response(&fields) {
                        if self.will_try_again() {
                            return;
                        }
                    } else if retry.made > 0 {
                        self.count(|stats| &stats.upstream_rq_retry_success);
                    }
                }
                if self.tunnel.is_some() {
                    convert::show_upgrade(&head.headers, &mut fields);
                }
                let is_http2 = head.version == Version::HTTP_2;
                self.accept(head.status.as_u16(), &mut fields, body, is_http2, chosen);
            }
            Err(UpstreamFailure { verdict: Some(verdict), .. }) => self.obey(*verdict),
            Err(failure) => {
                let address = chosen.address;
                tracing::debug!("upstream {address}: {}", failure.text());
                chosen.failed();
                drop(chosen);
                if failure.is_connect() {
                    self.count(|stats| &stats.upstream_cx_connect_fail);
                }
                let wants = self.retry.as_ref().is_some_and(|retry| retry.wants_after_failure(&failure));
                if !wants || !self.will_try_again() {
                    self.handle_upstream_failure(failure);
                }
            }
        }
    }

    /// The client gets this response.
    fn accept(&mut self, status: u16, fields: &mut Fields, body: UpstreamBody, is_http2: bool, chosen: Chosen) {
        // From here on it is too late for another attempt.
        self.retry = None;
        self.answered = true;
        if let Some(upstream) = &self.upstream {
            upstream.cluster.count_response(status);
        }
        {
            let mut info = self.stream.info_mut();
            info.response_code_details = Some("via_upstream".to_owned());
        }
        // An answer to part of a request has no such time.
        if let Some(sent_at) = self.sent_at.filter(|_| !self.listener.http.suppress_envoy_headers) {
            let time = sent_at.elapsed().as_millis().to_string();
            fields.replace(const { FieldName::from_static("x-envoy-upstream-service-time") }, time.into());
        }
        self.change_response(fields);
        self.add_attempt_count(fields);
        if let Some(cookie) = self.cookie.take() {
            fields.append(const { FieldName::from_static("set-cookie") }, cookie);
        }
        if body.has_doubtful_length() {
            self.stream.doubt_response_length();
        }
        let end_of_stream = body.is_end_stream() && self.tunnel.is_none();
        if self.tunnel.is_some() {
            self.server = Server::Tunnel { body, _chosen: chosen };
        } else if end_of_stream {
            self.response_received();
        } else {
            self.server = Server::Body { body, is_http2, _chosen: chosen };
        }
        self.stream.handle_response_headers(std::mem::take(fields), end_of_stream);
    }

    /// One attempt takes too long.
    pub(super) fn handle_slow_attempt(&mut self, deadline: Deadline) {
        self.deadlines.per_try = None;
        self.deadlines.per_try_idle = None;
        let is_idle = deadline == Deadline::PerTryIdle;
        match is_idle {
            true => self.count(|stats| &stats.upstream_rq_per_try_idle_timeout),
            false => self.count(|stats| &stats.upstream_rq_per_try_timeout),
        }
        let Server::Waiting { chosen, .. } = std::mem::replace(&mut self.server, Server::None) else {
            // A response that has begun and stops.
            self.stream.info_mut().response_flags |= flags::UPSTREAM_REQUEST_TIMEOUT;
            return self.fail_late("upstream_per_try_idle_timeout");
        };
        chosen.failed();
        drop(chosen);
        if self.retry.as_ref().is_some_and(|retry| retry.wants_after_timeout()) && self.will_try_again() {
            return;
        }
        self.stream.info_mut().response_flags |= flags::UPSTREAM_REQUEST_TIMEOUT;
        self.fail_late(if is_idle { "upstream_per_try_idle_timeout" } else { "upstream_per_try_timeout" });
    }

    /// The proxy answers, since the upstream has not in time. A request may have asked for an answer that is no error.
    pub(super) fn fail_late(&mut self, details: &str) {
        match self.wants_no_content_when_late {
            true => self.fail(204, "", details),
            false => self.fail(504, "upstream request timeout", details),
        }
    }

    /// Prepares another attempt, if there may be one.
    fn will_try_again(&mut self) -> bool {
        let (Some(retry), Some(upstream)) = (&mut self.retry, &self.upstream) else { return false };
        let stats = &upstream.cluster.stats;
        if retry.sent.is_none() {
            return false;
        }
        if !retry.is_left() {
            stats.upstream_rq_retry_limit_exceeded.inc();
            self.stream.info_mut().response_flags |= flags::UPSTREAM_RETRY_LIMIT_EXCEEDED;
            return false;
        }
        if retry.leave.is_none() {
            retry.leave = upstream.retry();
        }
        if retry.leave.is_none() {
            stats.upstream_rq_retry_overflow.inc();
            self.stream.info_mut().response_flags |= flags::UPSTREAM_OVERFLOW;
            return false;
        }
        stats.upstream_rq_retry.inc();
        stats.upstream_rq_retry_backoff_exponential.inc();
        self.deadlines.retry = Some(Instant::now() + retry.take());
        self.deadlines.per_try = None;
        self.deadlines.per_try_idle = None;
        self.server = Server::None;
        self.upload = None;
        true
    }

    /// The upstream has not answered: tells the client how it failed.
    pub(super) fn handle_upstream_failure(&mut self, failure: UpstreamFailure) {
        self.stream.info_mut().response_flags |= failure.flag;
        let was_retried = self.retry.as_ref().is_some_and(|retry| retry.made > 0);
        let (text, details) = (if was_retried { failure.retried_text() } else { failure.summary() }, failure.details());
        self.stream.info_mut().upstream.transport_failure_reason = failure.transport;
        self.fail(failure.status, text, &details);
    }

    fn count(&self, number: fn(&crate::stats::ClusterStats) -> &crate::stats::Number) {
        if let Some(upstream) = &self.upstream {
            number(&upstream.cluster.stats).inc();
        }
    }
}
