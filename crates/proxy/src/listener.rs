//! Accepting connections, and finding the filter chain that serves each.

use crate::cluster::Upstream;
use crate::downstream::Downstream;
use crate::http_connection;
use crate::route::RouteTable;
use crate::socket::Socket;
use crate::stats::{HttpStats, LimitStats, ListenerNumbers, ListenerStats, TlsStats};
use crate::tcp::{self, TcpListenerState};
use crate::tls::{self, Opening, ServerTls, inspect};
use crate::transport::Transport;
use bytes::Bytes;
use hyper::header::HeaderValue;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tollgate_config::{ConnectionLimit, FilterChainMatch, ServerName};
use tollgate_host::services::Services;
use tollgate_host::stream::{ConnectionInfo, FilterChain, ListenerInfo};

/// How long accepting rests when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Numbers connections over all workers.
static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(1);

/// A filter chain that ends in HTTP, as one worker serves it.
pub(crate) struct ListenerState {
    pub(crate) http: tollgate_config::HttpConnectionManager,
    pub(crate) server_name: HeaderValue,
    pub(crate) chain: FilterChain,
    pub(crate) routes: Rc<RouteTable>,
    pub(crate) upstreams: Rc<HashMap<String, Rc<Upstream>>>,
    pub(crate) stats: Arc<HttpStats>,
    pub(crate) info: Rc<ListenerInfo>,
    pub(crate) services: Services,
    /// Bytes that may wait to be sent to a client.
    pub(crate) buffer_limit: usize,
}

/// What a filter chain does with its connections.
#[derive(Clone)]
pub(crate) enum Serving {
    Http(Rc<ListenerState>),
    Tcp(Rc<TcpListenerState>),
}

/// A filter chain as one worker serves it.
pub(crate) struct ChainState {
    pub(crate) matcher: FilterChainMatch,
    pub(crate) tls: Option<Arc<ServerTls>>,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) limits: Vec<(ConnectionLimit, Arc<LimitStats>)>,
    pub(crate) serving: Serving,
}

/// The filter chains of a listener.
pub(crate) struct Listening {
    chains: Vec<ChainState>,
    /// Whether a connection's first bytes decide how it is served.
    inspects: bool,
    stats: Arc<ListenerStats>,
    tls_stats: Arc<TlsStats>,
}

impl Listening {
    pub(crate) fn new(chains: Vec<ChainState>, numbers: &ListenerNumbers) -> Self {
        let asks = |chain: &ChainState| chain.tls.is_some() || chain.matcher != FilterChainMatch::default();
        let inspects = chains.iter().any(asks);
        Self { chains, inspects, stats: numbers.own.clone(), tls_stats: numbers.tls.clone() }
    }

    /// The chain for a connection, as Envoy finds it: by the name asked for - itself, then its longest suffix, then none -
    /// and among those, one that asks for TLS or its absence before one that does not.
    fn choose(&self, opening: Option<&Opening>) -> Option<&ChainState> {
        let is_tls = opening.is_some_and(Opening::is_tls);
        let name = opening.and_then(Opening::server_name);
        let rank = |chain: &ChainState| {
            let transport = match chain.matcher.is_tls {
                Some(wanted) if wanted != is_tls => return None,
                wanted => wanted.is_some(),
            };
            if chain.matcher.server_names.is_empty() {
                return Some((0, transport));
            }
            let name = name.as_deref()?;
            let fits = chain.matcher.server_names.iter().filter_map(|own| match own {
                ServerName::Exact(own) => (own == name).then_some(usize::MAX),
                ServerName::Suffix(own) => (name.len() > own.len() && name.ends_with(own)).then_some(own.len()),
            });
            Some((fits.max()?, transport))
        };
        let ranked = self.chains.iter().filter_map(|chain| Some((rank(chain)?, chain)));
        // Of equals, the first; the default chain is the last.
        ranked.rev().max_by_key(|(rank, _)| *rank).map(|(_, chain)| chain)
    }
}

/// Accepts connections until told to stop, and serves each in a task of `connections`.
pub(crate) async fn accept(
    listening: Rc<Listening>,
    socket: TcpListener,
    connections: TaskTracker,
    mut stop: watch::Receiver<bool>,
) {
    let stopping = stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn_local(serve(listening.clone(), stream, peer, stopping.clone()));
            }
            // The connection failed before it was ours; the next one is none the worse for it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(listening: Rc<Listening>, mut stream: TcpStream, peer: SocketAddr, mut stop: watch::Receiver<bool>) {
    // What is written goes out at once; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let opening = if listening.inspects {
        let within = listening.chains.iter().find_map(|chain| chain.handshake_timeout);
        let inspected = tokio::select! {
            inspected = in_time(within, inspect(&mut stream)) => inspected,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match inspected {
            Ok(opening) => Some(opening),
            Err(error) => return listening.failed(peer, &error),
        }
    } else {
        None
    };
    let Some(chain) = listening.choose(opening.as_ref()) else {
        listening.stats.no_filter_chain_match.inc();
        tracing::debug!(%peer, "connection: no filter chain matches");
        return;
    };
    let Some(_admitted) = admit(&chain.limits).await else {
        tracing::debug!(%peer, "connection: one too many");
        return;
    };
    let mut info = connection_info(&stream, peer);
    let mut first = Bytes::new();
    let mut agreed = None;
    let transport = match (opening, &chain.tls) {
        (None, _) => Transport::Plain(stream),
        (Some(Opening::Plain(read) | Opening::Tls(_, read)), None) => {
            first = read;
            Transport::Plain(stream)
        }
        (Some(Opening::Plain(_)), Some(_)) => {
            let error = io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS");
            return listening.failed(peer, &error);
        }
        (Some(Opening::Tls(accepted, _)), Some(tls)) => {
            let shaken = tokio::select! {
                shaken = in_time(chain.handshake_timeout, tls.accept(*accepted, stream)) => shaken,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match shaken {
                Ok((stream, facts)) => {
                    listening.tls_stats.handshake.inc();
                    agreed = tls::agreed(stream.get_ref().1.alpn_protocol());
                    info.tls = Some(Arc::new(facts));
                    Transport::Tls(Box::new(stream.into()))
                }
                Err(error) => return listening.failed(peer, &error),
            }
        }
    };
    let info = Rc::new(info);
    match &chain.serving {
        Serving::Http(http) => {
            let _active = Active::new(http.stats.clone());
            let mut socket = Socket::new(transport);
            socket.put_back(first);
            let downstream = Downstream::new(info, &http.http);
            socket.tell(downstream.head_clock());
            http_connection::serve(http.clone(), socket, agreed, downstream, stop).await;
        }
        // Nobody knows when such a connection is at rest: it has the time that draining takes.
        Serving::Tcp(tcp) => tcp::serve(tcp.clone(), transport, first, info).await,
    }
}

impl Listening {
    /// Counts a connection that has not got as far as its filters.
    fn failed(&self, peer: SocketAddr, error: &io::Error) {
        tracing::debug!(%peer, "TLS: {error}");
        if error.kind() == io::ErrorKind::TimedOut {
            return self.stats.downstream_cx_transport_socket_connect_timeout.inc();
        }
        match error.get_ref().and_then(|cause| cause.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(_)) => self.tls_stats.fail_verify_error.inc(),
            Some(rustls::Error::NoCertificatesPresented) => self.tls_stats.fail_verify_no_cert.inc(),
            _ => self.tls_stats.connection_error.inc(),
        }
    }
}

async fn in_time<T>(within: Option<Duration>, future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match within {
        None => future.await,
        Some(within) => {
            tokio::time::timeout(within, future).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        }
    }
}

/// A connection that counts against limits, for as long as it lasts.
struct Admitted<'a>(Vec<&'a LimitStats>);

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|limit| limit.active_connections.dec());
    }
}

/// Lets a connection in, unless there are too many. It is not closed before the limit's delay is over.
async fn admit(limits: &[(ConnectionLimit, Arc<LimitStats>)]) -> Option<Admitted<'_>> {
    let mut admitted = Admitted(Vec::new());
    for (limit, stats) in limits {
        if !stats.active_connections.inc_below(limit.max_connections) {
            stats.limited_connections.inc();
            if let Some(delay) = limit.delay {
                tokio::time::sleep(delay).await;
            }
            return None;
        }
        admitted.0.push(stats);
    }
    Some(admitted)
}

/// Facts about a connection that was just accepted.
fn connection_info(stream: &TcpStream, peer: SocketAddr) -> ConnectionInfo {
    ConnectionInfo {
        id: NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed),
        source: Some(peer),
        destination: stream.local_addr().ok(),
        ..ConnectionInfo::default()
    }
}

/// Counts a connection for as long as it lives.
struct Active(Arc<HttpStats>);

impl Active {
    fn new(stats: Arc<HttpStats>) -> Self {
        stats.downstream_cx_total.inc();
        stats.downstream_cx_active.inc();
        Self(stats)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.downstream_cx_active.dec();
    }
}
