//! Upstream clusters: endpoints and their health, the choice among them, pooled connections.

mod balance;
mod breakers;
mod health;
mod host;
mod outlier;
mod probe;
mod ring;

pub(crate) use balance::Selection;
pub(crate) use breakers::Counted;
pub(crate) use host::{AboutEndpoint, Host};

use crate::connect::Connector;
use crate::exchange::UploadBody;
use crate::http_connection::Version;
use crate::http1::Http1Connections;
use crate::http2::Http2Connections;
use crate::metadata;
use crate::stats::{
    CircuitBreakerStats, ClusterStats, ConnectionStats, HealthCheckStats, OutlierStats, StatusCodes, TlsStats,
};
use crate::tls::ClientTls;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::UpstreamFailure;
use crate::upstream_filters::UpstreamFilters;
use balance::Balance;
use breakers::{Breakers, Connection, Full, Place};
use hyper::header::HOST;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Response, Uri};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::task::AbortHandle;
use tollgate_config::{Discovery, Endpoint, Http2Options, LbPolicy, UpstreamProtocol};
use tollgate_host::metadata::Metadata;
use tollgate_host::stream::{FilterChain, UpstreamInfo};

/// A cluster as the whole process sees it.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) config: tollgate_config::Cluster,
    pub(crate) tls: Option<Arc<ClientTls>>,
    pub(crate) stats: Arc<ClusterStats>,
    pub(crate) connection_stats: Arc<ConnectionStats>,
    /// Of its connections under TLS.
    pub(crate) tls_stats: Arc<TlsStats>,
    pub(crate) status_codes: Arc<StatusCodes>,
    pub(crate) outlier_stats: Arc<OutlierStats>,
    pub(crate) health_stats: Arc<HealthCheckStats>,
    /// The cluster's metadata.
    pub(crate) metadata: Arc<Metadata>,
    /// What plugins are told about the endpoints, in their order.
    about: Vec<Arc<AboutEndpoint>>,
    breakers: Breakers,
    hosts: RwLock<Arc<[Arc<Host>]>>,
    /// Grows when the endpoints or their health change.
    generation: AtomicU64,
    /// What looks after it.
    tasks: Mutex<Vec<AbortHandle>>,
}

/// A cluster in use. When the last one who uses it is gone, nobody looks after it any more.
#[derive(Debug)]
pub(crate) struct InUse(pub(crate) Arc<Cluster>);

impl Drop for InUse {
    fn drop(&mut self) {
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Cluster {
    /// Counts what has become of a request, by its status.
    pub(crate) fn count_response(&self, status: u16) {
        self.stats.response(status);
        self.status_codes.inc(status);
    }

    /// A cluster; its numbers go on from those of the one that it replaces.
    pub(crate) fn new(
        config: tollgate_config::Cluster,
        tls: Option<Arc<ClientTls>>,
        before: Option<&Self>,
    ) -> Arc<Self> {
        let cluster = Self {
            metadata: Arc::new(metadata::metadata(&config.metadata)),
            about: config.endpoints.iter().map(|endpoint| Arc::new(AboutEndpoint::new(endpoint))).collect(),
            breakers: Breakers::new(config.circuit_breakers, &config.protocol),
            tls,
            stats: before.map(|before| before.stats.clone()).unwrap_or_default(),
            connection_stats: before.map(|before| before.connection_stats.clone()).unwrap_or_default(),
            tls_stats: before.map(|before| before.tls_stats.clone()).unwrap_or_default(),
            status_codes: before.map(|before| before.status_codes.clone()).unwrap_or_default(),
            outlier_stats: before.map(|before| before.outlier_stats.clone()).unwrap_or_default(),
            health_stats: before.map(|before| before.health_stats.clone()).unwrap_or_default(),
            tasks: Mutex::default(),
            hosts: RwLock::new(Arc::from([])),
            generation: AtomicU64::new(1),
            config,
        };
        let fixed = cluster.config.endpoints.iter().enumerate();
        let fixed = fixed.filter_map(|(index, endpoint)| Some((literal(endpoint)?, index))).collect();
        cluster.publish(fixed);
        Arc::new(cluster)
    }

    /// The endpoints as they are.
    pub(crate) fn hosts(&self) -> Arc<[Arc<Host>]> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes these addresses, each of the endpoint of this number, the cluster's. What is known of one that stays is kept.
    fn publish(&self, addresses: Vec<(SocketAddr, usize)>) {
        let before = self.hosts();
        let is_checked = self.config.health_check.is_some();
        let mut hosts: Vec<Arc<Host>> = Vec::with_capacity(addresses.len());
        for (address, index) in addresses {
            let endpoint = &self.config.endpoints[index];
            let is_it = |host: &&Arc<Host>| host.address == address && host.priority == endpoint.priority;
            let host = match before.iter().find(is_it) {
                Some(host) => host.clone(),
                None => Arc::new(Host::new(address, endpoint, self.about[index].clone(), is_checked)),
            };
            hosts.push(host);
        }
        let is_same = before.len() == hosts.len() && before.iter().zip(&hosts).all(|(old, new)| Arc::ptr_eq(old, new));
        if is_same {
            return;
        }
        for host in before.iter().filter(|old| !hosts.iter().any(|new| Arc::ptr_eq(old, new))) {
            host.is_removed.store(true, Ordering::Relaxed);
            if host.is_ejected.load(Ordering::Relaxed) {
                self.outlier_stats.ejections_active.dec();
            }
        }
        *self.hosts.write().unwrap_or_else(PoisonError::into_inner) = hosts.into();
        self.stats.membership_change.inc();
        self.health_changed();
    }

    /// The endpoints or their health have changed: workers look at them anew before their next request.
    fn health_changed(&self) {
        let hosts = self.hosts();
        self.stats.membership_total.set(hosts.len() as u64);
        self.stats.membership_healthy.set(hosts.iter().filter(|host| host.is_healthy()).count() as u64);
        let passes = |host: &&Arc<Host>| !host.has_failed_checks.load(Ordering::Relaxed);
        self.health_stats.healthy.set(hosts.iter().filter(passes).count() as u64);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// What is full, for the numbers.
    pub(crate) fn circuit_breakers(&self) -> CircuitBreakerStats {
        let stats = CircuitBreakerStats::default();
        let numbers = [&stats.cx_open, &stats.rq_open, &stats.rq_pending_open, &stats.rq_retry_open];
        for (number, is_open) in numbers.into_iter().zip(self.breakers.open()) {
            number.set(is_open.into());
        }
        stats
    }

    /// Whether any endpoint is a name.
    fn needs_dns(&self) -> bool {
        self.config.discovery != Discovery::Static && self.config.endpoints.iter().any(|e| literal(e).is_none())
    }

    /// Gets the cluster ready to be used: its names are resolved, its endpoints have been asked how they are.
    pub(crate) async fn prepare(self: Arc<Self>) {
        self.resolve().await;
        health::check_all(&self).await;
    }

    /// Looks after the cluster for as long as it is in use ([`InUse`]).
    pub(crate) fn look_after(self: &Arc<Self>) {
        if self.needs_dns() {
            self.spawn(self.clone().keep_resolved());
        }
        if let Some(policy) = self.config.outlier_detection {
            self.spawn(outlier::run(self.clone(), policy));
        }
        health::look_after(self);
    }

    /// Has something done for as long as the cluster is in use.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(tokio::spawn(work).abort_handle());
    }

    /// What the endpoint at an address is called; empty if it has no name.
    pub(crate) fn name_of(&self, address: SocketAddr) -> String {
        let hosts = self.hosts();
        let host = hosts.iter().find(|host| host.address == address);
        host.and_then(|host| host.name.clone()).unwrap_or_default()
    }

    /// Resolves the names again and again.
    async fn keep_resolved(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.config.dns_refresh_rate).await;
            self.resolve().await;
            health::look_after(&self);
        }
    }

    /// Resolves the names. A name that does not resolve keeps nothing; if none does, the last addresses stay.
    async fn resolve(&self) {
        if !self.needs_dns() {
            return;
        }
        let mut addresses = Vec::new();
        for (index, endpoint) in self.config.endpoints.iter().enumerate() {
            if let Some(fixed) = literal(endpoint) {
                addresses.push((fixed, index));
                continue;
            }
            let target = (endpoint.address.address.as_str(), endpoint.address.port);
            match tokio::net::lookup_host(target).await {
                Ok(found) => {
                    let mut found: Vec<_> = found.collect();
                    if self.config.discovery == Discovery::LogicalDns {
                        found.truncate(1);
                    } else {
                        // Name servers turn the order around, which is no change.
                        found.sort_unstable();
                    }
                    found.dedup();
                    addresses.extend(found.into_iter().map(|address| (address, index)));
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

/// The address of an endpoint that is no name.
fn literal(endpoint: &Endpoint) -> Option<SocketAddr> {
    let ip: IpAddr = endpoint.address.address.parse().ok()?;
    Some(SocketAddr::new(ip, endpoint.address.port))
}

/// A cluster as one worker uses it.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) cluster: Arc<Cluster>,
    connector: Connector,
    http1: Rc<Http1Connections>,
    http2: Http2Connections,
    /// The endpoints as they were in this generation.
    balance: RefCell<Balance>,
    generation: Cell<u64>,
    /// The cluster's plugins, while they run.
    filters: RefCell<Option<UpstreamFilters>>,
}

/// Why there is no endpoint for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// None can be used.
    NoEndpoint,
    /// The cluster has as much under way as it may have.
    Overflow,
}

impl Unavailable {
    /// What is answered in the place of an upstream.
    pub(crate) fn text(self) -> String {
        match self {
            Self::NoEndpoint => "no healthy upstream".to_owned(),
            Self::Overflow => UpstreamFailure::overflow().summary(),
        }
    }
}

impl Upstream {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Rc<Self> {
        let connector = Connector::new(&cluster);
        let http1 = Http1Connections::new(connector.clone(), cluster.config.connections);
        let options = match &cluster.config.protocol {
            UpstreamProtocol::Http1 => Http2Options::default(),
            UpstreamProtocol::Http2(options) | UpstreamProtocol::Negotiated(options) => options.clone(),
        };
        let http2 = Http2Connections::new(options, cluster.config.connections);
        let (balance, generation) = (RefCell::default(), Cell::new(0));
        Rc::new(Self { cluster, connector, http1, http2, balance, generation, filters: RefCell::default() })
    }

    /// Looks at the endpoints anew if they have changed.
    fn refresh(&self) {
        let generation = self.cluster.generation.load(Ordering::Acquire);
        if self.generation.get() != generation {
            let config = &self.cluster.config;
            *self.balance.borrow_mut() = Balance::new(&self.cluster.hosts(), config.lb_policy, config.panic_threshold);
            self.generation.set(generation);
        }
    }

    /// How many addresses there are.
    pub(crate) fn len(&self) -> usize {
        self.refresh();
        self.balance.borrow().total
    }

    /// Whether trailers are passed on, in either direction.
    pub(crate) fn has_trailers(&self) -> bool {
        self.cluster.config.enable_trailers || self.cluster.config.protocol != UpstreamProtocol::Http1
    }

    /// Whether it may have plugins that each request passes.
    pub(crate) fn is_filtered(&self) -> bool {
        self.filters.borrow().is_some()
    }

    /// The plugins that a request passes, of whose route this is said.
    pub(crate) fn filters(&self, said: &[(String, bool)]) -> Option<FilterChain> {
        self.filters.borrow().as_ref()?.chain(said)
    }

    /// Has requests pass these plugins from now on, or none.
    pub(crate) fn set_filters(&self, filters: Option<UpstreamFilters>) {
        // Plugins that go may be told so, and make calls.
        drop(self.filters.replace(filters));
    }

    /// The way to the endpoint that was chosen for a request.
    pub(crate) fn line(self: &Rc<Self>, chosen: &Chosen) -> Line {
        Line { upstream: self.clone(), address: chosen.address, connection: chosen.place.connection() }
    }

    /// Sends a request to the endpoint that was chosen for it, past the cluster's plugins.
    pub(crate) fn send(self: &Rc<Self>, chosen: &Chosen, request: Request<UploadBody>) -> Answering {
        self.send_to(chosen.address, chosen.place.connection(), request)
    }

    fn send_to(
        self: &Rc<Self>,
        address: SocketAddr,
        connection: Option<Connection>,
        request: Request<UploadBody>,
    ) -> Answering {
        match self.cluster.config.protocol {
            UpstreamProtocol::Http1 => match connection {
                None => Box::pin(self.http1.clone().send(address, request)),
                Some(connection) => {
                    let http1 = self.http1.clone();
                    Box::pin(async move {
                        connection.ready().await;
                        http1.send(address, request).await
                    })
                }
            },
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

    /// An endpoint for a request, which counts from now on, if there is one.
    pub(crate) fn choose(self: &Rc<Self>, selection: &Selection<'_>) -> Result<Chosen, Unavailable> {
        let stats = &self.cluster.stats;
        let host = self.pick(selection).ok_or(Unavailable::NoEndpoint)?;
        let place = self.cluster.breakers.admit().map_err(|full| {
            match full {
                Full::Pending => stats.upstream_cx_overflow.inc(),
                Full::Requests => {}
            }
            stats.upstream_rq_pending_overflow.inc();
            Unavailable::Overflow
        })?;
        Ok(self.with_place(host, place))
    }

    /// The endpoint whose turn it is, if there is one.
    pub(crate) fn pick(&self, selection: &Selection<'_>) -> Option<Arc<Host>> {
        self.refresh();
        let mut balance = self.balance.borrow_mut();
        let found = balance.choose(self.cluster.config.lb_policy, selection);
        if balance.is_panic {
            self.cluster.stats.lb_healthy_panic.inc();
        }
        if found.is_none() {
            self.cluster.stats.upstream_cx_none_healthy.inc();
        }
        found
    }

    /// Counts a connection that is none of HTTP to an endpoint.
    pub(crate) fn take(self: &Rc<Self>, host: Arc<Host>) -> Chosen {
        self.with_place(host, Place::default())
    }

    fn with_place(self: &Rc<Self>, host: Arc<Host>, place: Place) -> Chosen {
        if let LbPolicy::LeastRequest { .. } = self.cluster.config.lb_policy {
            host.begin();
        }
        self.cluster.stats.upstream_rq_total.inc();
        self.cluster.stats.upstream_rq_active.inc();
        Chosen { upstream: self.clone(), address: host.address, host, place }
    }

    /// Leave to send a request again, for as long as what is returned is kept.
    pub(crate) fn retry(&self) -> Option<Counted> {
        self.cluster.breakers.retry()
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

/// The way to an endpoint that was chosen for a request, which is sent later.
pub(crate) struct Line {
    upstream: Rc<Upstream>,
    address: SocketAddr,
    connection: Option<Connection>,
}

impl Line {
    /// Sends the request.
    pub(crate) fn send(&mut self, request: Request<UploadBody>) -> Answering {
        self.upstream.send_to(self.address, self.connection.take(), request)
    }

    /// Whether trailers are passed on, in either direction.
    pub(crate) fn has_trailers(&self) -> bool {
        self.upstream.has_trailers()
    }
}

/// A request that an upstream is about to answer. Dropping it gives the request up.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response<UpstreamBody>, UpstreamFailure>>>>;

/// An endpoint chosen for a request, for as long as the request lasts.
#[derive(Debug)]
pub(crate) struct Chosen {
    upstream: Rc<Upstream>,
    pub(crate) address: SocketAddr,
    host: Arc<Host>,
    place: Place,
}

impl Chosen {
    /// What plugins are told about the endpoint.
    pub(crate) fn about(&self) -> &AboutEndpoint {
        self.host.about()
    }

    /// Tells plugins of it.
    pub(crate) fn describe(&self, info: &mut UpstreamInfo) {
        info.address = Some(self.address);
        let about = self.about();
        info.locality = Some(about.locality.clone());
        info.metadata.clone_from(&about.metadata);
    }

    /// What the endpoint is called, if it has a name.
    pub(crate) fn name(&self) -> Option<&str> {
        self.host.name.as_deref()
    }

    /// The endpoint has answered with this status.
    pub(crate) fn answered(&self, status: u16) {
        outlier::report(&self.upstream.cluster, &self.host, status);
    }

    /// The endpoint has not answered.
    pub(crate) fn failed(&self) {
        outlier::report(&self.upstream.cluster, &self.host, 503);
    }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        let cluster = &self.upstream.cluster;
        cluster.stats.upstream_rq_active.dec();
        if let LbPolicy::LeastRequest { .. } = cluster.config.lb_policy {
            self.host.end();
        }
    }
}
