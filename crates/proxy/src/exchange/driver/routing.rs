//! What the route of a request says.

use super::Driver;
use crate::callouts::grpc_timeout;
use crate::exchange::retry::Retry;
use crate::flags;
use crate::hash;
use crate::route::{self, Around, Changes, Target};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;
use tollgate_config::{ClusterAction, HostRewrite, RouteAction};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::{LocalResponse, StreamInfo, is_grpc};

impl Driver {
    /// The request has passed the chain: does what its route says.
    pub(super) fn route(&mut self, end_of_stream: bool) {
        let listener = self.listener.clone();
        let found = self.stream.route();
        let Some(target) = found.as_ref().and_then(|route| listener.routes.get(route.id)) else {
            listener.stats.no_route.inc();
            self.stream.info_mut().response_flags |= flags::NO_ROUTE_FOUND;
            return self.local(404, "", "route_not_found");
        };
        self.target = found.as_ref().map(|route| route.id);
        match &target.route.action {
            RouteAction::DirectResponse { status, .. } => {
                listener.stats.rq_direct_response.inc();
                self.local(u32::from(*status), target.body.clone(), "direct_response");
            }
            RouteAction::Redirect(redirect) => {
                listener.stats.rq_redirect.inc();
                let location = self
                    .stream
                    .request_headers()
                    .and_then(|headers| route::location(redirect, &target.route.matcher.path, &headers));
                let mut headers = HeaderMap::new();
                if let Some(location) = location {
                    headers.append(const { FieldName::from_static("location") }, location);
                }
                let status = u32::from(redirect.status);
                let details = "direct_response".to_owned();
                self.stream.handle_local_response(LocalResponse {
                    status,
                    details,
                    headers,
                    ..LocalResponse::default()
                });
            }
            RouteAction::Cluster(action) => {
                let named = || listener.upstreams.get(&*found.as_ref()?.cluster).cloned();
                self.upstream = target.upstream.clone().or_else(named);
                self.forward(target, action, end_of_stream);
            }
        }
    }

    /// Sends the request on.
    fn forward(&mut self, target: &Target, action: &ClusterAction, end_of_stream: bool) {
        if self.upstream.is_none() {
            self.listener.stats.no_cluster.inc();
            self.stream.info_mut().response_flags |= flags::NO_CLUSTER_FOUND;
            return self.local(u32::from(action.cluster_not_found_status), "", "cluster_not_found");
        }
        let began = Instant::now();
        if let Some(idle) = action.idle_timeout {
            self.deadlines.idle = idle;
        }
        // That of the listener holds where the route says nothing.
        if let Some(timeout) = action.max_stream_duration {
            self.deadlines.duration = timeout.map(|timeout| began + timeout);
        }
        self.route_timeout = action.timeout;
        let policy = action.retry_policy.as_ref().or(target.host.retry_policy.as_ref());
        let limit = target.route.request_buffer_limit.or(target.host.request_buffer_limit);
        let limit = limit.map_or(self.listener.buffer_limit, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let (mut retry, mut timeout, mut wants_no_content) = (None, None, false);
        let longest = action.max_stream_duration.flatten();
        self.stream.edit_request_headers(|fields| {
            timeout = asked_timeout(fields);
            wants_no_content = fields.value(NO_CONTENT_WHEN_LATE).is_some();
            TAKEN_OUT.iter().for_each(|name| {
                fields.remove(name);
            });
            // Every request of gRPC says how long its route lets it last, whatever the client has said.
            if let Some(longest) = longest.filter(|_| is_grpc(fields)) {
                fields.replace(FieldName::from("grpc-timeout"), grpc_timeout(longest).into());
            }
            retry = Retry::new(policy, fields, limit);
        });
        self.retry = retry;
        self.wants_no_content_when_late = wants_no_content;
        self.route_timeout = timeout.unwrap_or(self.route_timeout);
        self.change_request(target, action);
        if !action.hash_policy.is_empty() {
            self.choose_by_hash(action);
        }
        self.begin_attempts(end_of_stream);
    }

    /// Changes headers, host and path as the route says.
    fn change_request(&self, target: &Target, action: &ClusterAction) {
        if !target.request_changes.is_empty() {
            let mut info = self.facts_for(&target.request_changes);
            // The first is about to be made.
            info.upstream.attempts += 1;
            let route = self.stream.route();
            let around = Around { request: None, info: &info, route: route.as_ref() };
            self.stream.edit_request_headers(|fields| target.request_changes.apply(fields, &around));
        }
        if target.host_rewrite.is_none() && action.host_rewrite.is_none() && action.path_rewrite.is_none() {
            return;
        }
        let is_quiet = self.listener.http.suppress_envoy_headers;
        self.stream.edit_request_headers(|fields| {
            // The weighted cluster's comes first and leaves no trace; the route's replaces it.
            if let Some(host) = &target.host_rewrite {
                fields.replace(FieldName::from(":authority"), host.clone());
            }
            if let Some(host) = action.host_rewrite.as_ref().and_then(|rewrite| rewritten_host(rewrite, fields)) {
                replace_host(fields, host, action.append_x_forwarded_host, is_quiet);
            }
            let target_path = fields.value(b":path").cloned();
            if let (Some(rewrite), Some(old)) = (&action.path_rewrite, target_path)
                && let Some(new) = route::path(&target.route.matcher.path, rewrite, &old)
            {
                if !is_quiet {
                    fields.replace(const { FieldName::from_static("x-envoy-original-path") }, old);
                }
                fields.replace(const { FieldName::from_static(":path") }, new);
            }
        });
    }

    /// What is known of the stream, for values that tell of it.
    fn facts_for(&self, changes: &Changes) -> StreamInfo {
        if changes.asks_for_facts() { self.stream.info().clone() } else { StreamInfo::default() }
    }

    /// Changes the headers of an upstream's response as the route says.
    pub(super) fn change_response(&self, fields: &mut HeaderMap) {
        // A plugin that answers keeps the request from getting to its route, which there is all the same.
        let id = self.target.or_else(|| self.stream.route().map(|route| route.id));
        let Some(target) = id.and_then(|id| self.listener.routes.get(id)) else { return };
        if target.response_changes.is_empty() {
            return;
        }
        let route = self.stream.route();
        let empty = HeaderMap::new();
        let (request, info) = (self.stream.request_headers(), self.stream.info());
        let around = Around { request: Some(request.as_deref().unwrap_or(&empty)), info: &info, route: route.as_ref() };
        target.response_changes.apply(fields, &around);
    }

    /// Changes the headers of an answer that is not the upstream's, as the route of the request says.
    pub(super) fn change_answer(&mut self) {
        if self.answered {
            return;
        }
        self.answered = true;
        if !self.listener.routes.changes_responses() {
            return;
        }
        let fields = self.stream.response_headers().map(|headers| headers.clone());
        if let Some(mut fields) = fields {
            self.change_response(&mut fields);
            self.stream.edit_response_headers(|headers| *headers = fields);
        }
    }

    /// Computes what chooses the endpoint, and gives the client a cookie if that is to be.
    fn choose_by_hash(&mut self, action: &ClusterAction) {
        let client = self.stream.info().source();
        let hashed = self.stream.request_headers().map(|fields| hash::of_request(&action.hash_policy, &fields, client));
        if let Some(hashed) = hashed {
            self.hash = hashed.hash;
            self.cookie = hashed.cookie;
        }
    }
}

/// Asks for an answer without an error where the upstream has none in time.
const NO_CONTENT_WHEN_LATE: &[u8] = b"x-envoy-upstream-rq-timeout-alt-response";

/// What is for this proxy only, beside what is about time-outs and retries.
const TAKEN_OUT: [&[u8]; 3] =
    [NO_CONTENT_WHEN_LATE, b"x-envoy-hedge-on-per-try-timeout", b"x-envoy-upstream-alt-stat-name"];

/// The time-out that the request asks for itself; `Some(None)` if it wants none. The field is taken out.
fn asked_timeout(fields: &mut HeaderMap) -> Option<Option<Duration>> {
    const NAME: &[u8] = b"x-envoy-upstream-rq-timeout-ms";
    let asked = std::str::from_utf8(fields.value(NAME)?).ok().and_then(|text| text.parse().ok());
    fields.remove(NAME);
    asked.map(|millis| Some(Duration::from_millis(millis)).filter(|timeout| !timeout.is_zero()))
}

/// The host that the upstream is told. That of an endpoint is known when one has been chosen.
fn rewritten_host(rewrite: &HostRewrite, fields: &HeaderMap) -> Option<Bytes> {
    match rewrite {
        HostRewrite::Auto => None,
        HostRewrite::Header(name) => {
            fields.value(route::authority_for_host(name.as_bytes())).filter(|host| !host.is_empty()).cloned()
        }
        HostRewrite::Literal(host) => Some(Bytes::copy_from_slice(host.as_bytes())),
        HostRewrite::PathRegex(rewrite) => {
            let (path, _) = route::split_query(fields.value(b":path")?);
            Some(rewrite.rewrite(path).unwrap_or_else(|| path.to_vec()).into())
        }
    }
}

/// Tells the upstream another host.
pub(super) fn replace_host(fields: &mut HeaderMap, host: Bytes, keep: bool, is_quiet: bool) {
    if let Some(old) = fields.value(b":authority").filter(|old| !old.is_empty()).cloned() {
        if keep {
            fields.append(const { FieldName::from_static("x-forwarded-host") }, old.clone());
        }
        if !is_quiet && old != host {
            fields.replace(const { FieldName::from_static("x-envoy-original-host") }, old);
        }
    }
    fields.replace(const { FieldName::from_static(":authority") }, host);
}
