//! Upstream clusters: endpoints, the choice among them, pooled connections.

use crate::connect::Connector;
use crate::exchange::UploadBody;
use crate::http_connection::Version;
use crate::http1::{Http1Connections, UpstreamBody};
use crate::http2::Http2Connections;
use crate::metadata;
use crate::request_id;
use crate::stats::{ClusterStats, TcpClusterStats};
use crate::tls::ClientTls;
use crate::upstream_failure::UpstreamFailure;
use hyper::header::HOST;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Response, Uri};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tollgate_config::{Discovery, Endpoint, Http2Options, LbPolicy, UpstreamProtocol};
use tollgate_host::metadata::{Locality, Metadata};

/// How often names are resolved anew (`dns_refresh_rate`, Envoy's default).
const DNS_REFRESH: Duration = Duration::from_secs(5);

/// A cluster as the whole process sees it.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) config: tollgate_config::Cluster,
    pub(crate) tls: Option<Arc<ClientTls>>,
    pub(crate) stats: Arc<ClusterStats>,
    /// The cluster's metadata.
    pub(crate) metadata: Arc<Metadata>,
    /// What plugins are told about the endpoints, in their order.
    about: Vec<AboutEndpoint>,
    pub(crate) tcp_stats: Arc<TcpClusterStats>,
    addresses: watch::Sender<Arc<[SocketAddr]>>,
}

impl Cluster {
    /// A cluster; its numbers go on from those of the one that it replaces.
    pub(crate) fn new(
        config: tollgate_config::Cluster,
        tls: Option<Arc<ClientTls>>,
        before: Option<&Self>,
    ) -> Arc<Self> {
        let fixed: Vec<_> = config.endpoints.iter().filter_map(literal).flatten().collect();
        let cluster = Self {
            metadata: Arc::new(metadata::metadata(&config.metadata)),
            about: config.endpoints.iter().map(AboutEndpoint::new).collect(),
            config,
            tls,
            stats: before.map(|before| before.stats.clone()).unwrap_or_default(),
            tcp_stats: before.map(|before| before.tcp_stats.clone()).unwrap_or_default(),
            addresses: watch::Sender::new(Arc::from([])),
        };
        cluster.publish(fixed);
        Arc::new(cluster)
    }

    fn publish(&self, addresses: Vec<SocketAddr>) {
        if self.addresses.borrow()[..] != addresses[..] {
            let count = addresses.len() as u64;
            let before = self.stats.membership_total.get();
            self.stats.membership_total.add(count.wrapping_sub(before));
            self.addresses.send_replace(addresses.into());
        }
    }

    /// What plugins are told about the endpoint of this address. Of several names, it is not known which one has it.
    pub(crate) fn about(&self, address: SocketAddr) -> Option<&AboutEndpoint> {
        match &self.about[..] {
            [only] => Some(only),
            all => all.iter().find(|endpoint| endpoint.address == Some(address)),
        }
    }

    /// Whether any endpoint is a name.
    fn needs_dns(&self) -> bool {
        self.config.discovery != Discovery::Static && self.config.endpoints.iter().any(|e| literal(e).is_none())
    }

    /// Resolves the names again and again, for as long as the cluster is in use.
    pub(crate) async fn keep_resolved(cluster: Weak<Self>) {
        loop {
            tokio::time::sleep(DNS_REFRESH).await;
            match cluster.upgrade() {
                Some(cluster) if cluster.needs_dns() => cluster.resolve().await,
                _ => return,
            }
        }
    }

    /// Resolves the names. A name that does not resolve keeps nothing; if none does, the last addresses stay.
    pub(crate) async fn resolve(&self) {
        if !self.needs_dns() {
            return;
        }
        let mut addresses = Vec::new();
        for endpoint in &self.config.endpoints {
            if let Some(fixed) = literal(endpoint) {
                addresses.extend(fixed);
                continue;
            }
            let target = (endpoint.address.address.as_str(), endpoint.address.port);
            match tokio::net::lookup_host(target).await {
                Ok(found) => {
                    let mut found: Vec<_> = found.collect();
                    found.dedup();
                    if self.config.discovery == Discovery::LogicalDns {
                        found.truncate(1);
                    }
                    addresses.extend(weighted(&found, endpoint.weight));
                }
                Err(error) => tracing::warn!(
                    "cluster {}: {} does not resolve: {error}",
                    self.config.name,
                    endpoint.address.address
                ),
            }
        }
        if !addresses.is_empty() {
            self.publish(addresses);
        }
    }
}

/// What plugins are told about an endpoint.
#[derive(Debug)]
pub(crate) struct AboutEndpoint {
    /// Its address, if it is no name.
    address: Option<SocketAddr>,
    /// Its name; empty if it has none.
    pub(crate) hostname: String,
    pub(crate) locality: Arc<Locality>,
    pub(crate) metadata: Option<Arc<Metadata>>,
}

impl AboutEndpoint {
    fn new(endpoint: &Endpoint) -> Self {
        let metadata = metadata::metadata(&endpoint.metadata);
        let named = if endpoint.address.ip().is_none() { &*endpoint.address.address } else { "" };
        Self {
            hostname: if endpoint.hostname.is_empty() { named } else { &*endpoint.hostname }.to_owned(),
            address: literal(endpoint).and_then(|addresses| addresses.first().copied()),
            locality: Arc::new(metadata::locality(endpoint.locality.as_ref())),
            metadata: (!metadata.is_empty()).then(|| Arc::new(metadata)),
        }
    }
}

/// The address of an endpoint that is no name, as often as it weighs.
fn literal(endpoint: &Endpoint) -> Option<Vec<SocketAddr>> {
    let ip: IpAddr = endpoint.address.address.parse().ok()?;
    Some(weighted(&[SocketAddr::new(ip, endpoint.address.port)], endpoint.weight))
}

/// Most times that an endpoint stands in the list; weights beyond are cut off.
const MAX_WEIGHT: u32 = 100;

fn weighted(addresses: &[SocketAddr], weight: u32) -> Vec<SocketAddr> {
    (0..weight.clamp(1, MAX_WEIGHT)).flat_map(|_| addresses.iter().copied()).collect()
}

/// A cluster as one worker uses it.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) cluster: Arc<Cluster>,
    connector: Connector,
    http1: Rc<Http1Connections>,
    http2: Http2Connections,
    addresses: watch::Receiver<Arc<[SocketAddr]>>,
    next: Cell<usize>,
    /// Requests under way per address; kept for least request only.
    active: RefCell<HashMap<SocketAddr, usize>>,
}

impl Upstream {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Rc<Self> {
        // Workers start at different endpoints, so that few requests over many workers are still spread.
        let next = Cell::new(request_id::random() as usize);
        let addresses = cluster.addresses.subscribe();
        let connector = Connector::new(&cluster);
        let http1 = Http1Connections::new(connector.clone());
        let http2 = Http2Connections::new(match &cluster.config.protocol {
            UpstreamProtocol::Http1 => Http2Options::default(),
            UpstreamProtocol::Http2(options) | UpstreamProtocol::Negotiated(options) => options.clone(),
        });
        Rc::new(Self { cluster, connector, http1, http2, addresses, next, active: RefCell::default() })
    }

    /// How many addresses there are.
    pub(crate) fn len(&self) -> usize {
        self.addresses.borrow().len()
    }

    /// Whether trailers are passed on, in either direction.
    pub(crate) fn has_trailers(&self) -> bool {
        self.cluster.config.enable_trailers || self.cluster.config.protocol != UpstreamProtocol::Http1
    }

    /// Sends a request to an address that was chosen.
    pub(crate) fn send(self: &Rc<Self>, address: SocketAddr, request: Request<UploadBody>) -> Answering {
        match self.cluster.config.protocol {
            UpstreamProtocol::Http1 => Box::pin(self.http1.clone().send(address, request)),
            UpstreamProtocol::Http2(_) => Box::pin(self.clone().send_http2(address, request)),
            UpstreamProtocol::Negotiated(_) => Box::pin(self.clone().send_negotiated(address, request)),
        }
    }

    async fn send_http2(
        self: Rc<Self>,
        address: SocketAddr,
        request: Request<UploadBody>,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        let scheme = if self.cluster.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
        self.http2.send(&self.connector, address, with_authority(request, address, scheme)?).await
    }

    /// Sends a request over a connection that there is, or over a new one in the version that TLS agrees on.
    async fn send_negotiated(
        self: Rc<Self>,
        address: SocketAddr,
        request: Request<UploadBody>,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        if !self.http2.has_room(address) && !self.http1.has_idle(address) {
            let established = self.connector.connect(address).await?;
            match established.facts.agreed {
                Some(Version::Http2) => drop(self.http2.adopt(address, established).await?),
                _ => self.http1.adopt(address, established).await?,
            }
        }
        if self.http2.has_room(address) {
            self.send_http2(address, request).await
        } else {
            self.http1.clone().send(address, request).await
        }
    }

    /// An address for a request, which counts from now on, if there is one.
    pub(crate) fn choose(self: &Rc<Self>) -> Option<Chosen> {
        self.pick().map(|address| self.take(address))
    }

    /// The address whose turn it is, if there is one.
    pub(crate) fn pick(&self) -> Option<SocketAddr> {
        let addresses = self.addresses.borrow();
        if addresses.is_empty() {
            return None;
        }
        let random = || addresses[(request_id::random() % addresses.len() as u64) as usize];
        Some(match self.cluster.config.lb_policy {
            LbPolicy::RoundRobin => {
                let turn = self.next.get();
                self.next.set(turn.wrapping_add(1));
                addresses[turn % addresses.len()]
            }
            LbPolicy::Random => random(),
            LbPolicy::LeastRequest => {
                let active = self.active.borrow();
                let load = |address: &SocketAddr| active.get(address).copied().unwrap_or(0);
                let (one, two) = (random(), random());
                if load(&one) <= load(&two) { one } else { two }
            }
        })
    }

    /// Counts a request, or a connection that is none of HTTP, to an address.
    pub(crate) fn take(self: &Rc<Self>, address: SocketAddr) -> Chosen {
        if self.cluster.config.lb_policy == LbPolicy::LeastRequest {
            *self.active.borrow_mut().entry(address).or_default() += 1;
        }
        self.cluster.stats.upstream_rq_total.inc();
        self.cluster.stats.upstream_rq_active.inc();
        Chosen { upstream: self.clone(), address }
    }
}

/// The request as HTTP/2 has it: the URI names the host that is meant, and no field repeats it. A request that names none
/// is for the endpoint.
fn with_authority(
    mut request: Request<UploadBody>,
    address: SocketAddr,
    scheme: Scheme,
) -> Result<Request<UploadBody>, UpstreamFailure> {
    let host = request.headers_mut().remove(HOST);
    let authority = match &host {
        Some(host) => Authority::try_from(host.as_bytes()),
        None => Authority::try_from(address.to_string()),
    };
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(scheme);
    parts.authority = Some(authority.map_err(|_| UpstreamFailure::bad_request("invalid host"))?);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| UpstreamFailure::bad_request("invalid target"))?;
    *request.version_mut() = hyper::Version::HTTP_2;
    Ok(request)
}

/// A request that an upstream is about to answer. Dropping it gives the request up.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response<UpstreamBody>, UpstreamFailure>>>>;

/// An address chosen for a request, for as long as the request lasts.
#[derive(Debug)]
pub(crate) struct Chosen {
    upstream: Rc<Upstream>,
    pub(crate) address: SocketAddr,
}

impl Drop for Chosen {
    fn drop(&mut self) {
        self.upstream.cluster.stats.upstream_rq_active.dec();
        let mut active = self.upstream.active.borrow_mut();
        if let Some(count) = active.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                active.remove(&self.address);
            }
        }
    }
}
