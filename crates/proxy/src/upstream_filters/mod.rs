//! Plugins in the path of each attempt to send a request to a cluster: Envoy's `http_filters` of `HttpProtocolOptions`.

mod passage;

pub(crate) use passage::{Passage, Travel};

use crate::cluster::{Answering, Chosen, Upstream};
use crate::exchange::{UploadBody, convert};
use crate::upstream_failure::UpstreamFailure;
use hyper::Request;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use tokio::task::yield_now;
use tollgate_config::{FilterChange, PerFilterConfig};
use tollgate_host::fields::HeaderMap;
use tollgate_host::plugin::PluginHandle;
use tollgate_host::stream::{FilterChain, RouteInfo, Router, StreamInfo};

/// Bytes of body that a plugin may have held of a call that another plugin makes; Envoy's default.
const CALL_BUFFER_LIMIT: usize = 1 << 20;

/// What a route says of filters that clusters may have: their names, and whether they serve.
pub(crate) type Said = Rc<[(String, bool)]>;

/// What places of a route configuration say of filters, the most specific first.
pub(crate) fn said(levels: &[&PerFilterConfig]) -> Said {
    let mut said: Vec<(String, bool)> = Vec::new();
    for change in levels.iter().flat_map(|level| level.iter()) {
        let serves = match change.change {
            FilterChange::Disabled => false,
            FilterChange::Enabled => true,
            // These concern filters of the listener.
            FilterChange::Cors(_) | FilterChange::Plugin(_) => continue,
        };
        if !said.iter().any(|(name, _)| *name == change.filter_name) {
            said.push((change.filter_name.clone(), serves));
        }
    }
    said.into()
}

/// One filter of a cluster.
#[derive(Debug)]
pub(crate) struct UpstreamFilter {
    pub(crate) name: String,
    pub(crate) disabled: bool,
    pub(crate) plugin: PluginHandle,
}

/// The filters of a cluster on one worker.
#[derive(Debug)]
pub(crate) struct UpstreamFilters {
    filters: Vec<UpstreamFilter>,
    /// Chains of some of them, by which those are.
    made: RefCell<HashMap<Vec<bool>, FilterChain>>,
}

impl UpstreamFilters {
    pub(crate) fn new(filters: Vec<UpstreamFilter>) -> Self {
        Self { filters, made: RefCell::default() }
    }

    /// The chain of requests of whose route this is said; `None` if no filter is left.
    pub(crate) fn chain(&self, said: &[(String, bool)]) -> Option<FilterChain> {
        let serves = |filter: &UpstreamFilter| {
            let word = said.iter().find(|(name, _)| *name == filter.name);
            word.map_or(!filter.disabled, |(_, serves)| *serves)
        };
        let serving: Vec<bool> = self.filters.iter().map(serves).collect();
        if !serving.contains(&true) {
            return None;
        }
        if let Some(chain) = self.made.borrow().get(&serving) {
            return Some(chain.clone());
        }
        let chosen = self.filters.iter().zip(&serving).filter(|(_, serves)| **serves);
        let chain = FilterChain::new(chosen.map(|(filter, _)| filter.plugin.clone()), CALL_BUFFER_LIMIT);
        self.made.borrow_mut().insert(serving, chain.clone());
        Some(chain)
    }
}

/// Sends a request of the proxy's own, or of a plugin's, through the plugins of the cluster, if it has any.
pub(crate) fn send(upstream: &Rc<Upstream>, chosen: &Chosen, request: Request<UploadBody>) -> Answering {
    let Some(chain) = upstream.filters(&[]) else { return upstream.send(chosen, request) };
    let (head, body) = request.into_parts();
    let scheme = if upstream.cluster.tls.is_some() { "https" } else { "http" };
    let Some(fields) = convert::request_fields(&head.method, &head.uri, &head.headers, scheme) else {
        return Box::pin(std::future::ready(Err(UpstreamFailure::bad_request("invalid host"))));
    };
    let mut info = StreamInfo::default();
    info.upstream.num_endpoints = Some(upstream.len() as u64);
    info.upstream.attempts = 1;
    chosen.describe(&mut info.upstream);
    let router = ToCluster(RouteInfo {
        cluster: upstream.cluster.config.name.as_str().into(),
        cluster_metadata: upstream.cluster.metadata.clone(),
        ..RouteInfo::default()
    });
    let mut call = FilterChain::new([], CALL_BUFFER_LIMIT).open(info, Rc::new(router));
    call.note_request_headers(fields.clone());
    let attempt = call.begin_attempt(&chain);
    let travel = Travel { fields, body, upgrades: false };
    let answering = Passage::begin(attempt, Some(call), upstream.line(chosen), travel);
    Box::pin(async move {
        let answer = answering.await;
        // What a plugin answers at once must not let one that calls again and again have the worker to itself.
        yield_now().await;
        answer
    })
}

/// Leads where a call goes.
struct ToCluster(RouteInfo);

impl Router for ToCluster {
    fn route(&self, _request_headers: &HeaderMap) -> Option<RouteInfo> {
        Some(self.0.clone())
    }
}
