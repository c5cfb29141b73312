//! Accepting connections, and finding the filter chain that serves each.

use crate::access_log::{AccessLog, ConnectionLog};
use crate::cluster::Upstream;
use crate::downstream::Downstream;
use crate::http_connection::{self, Version};
use crate::local::LocalGeneration;
use crate::overload::{Entered, Entrance, Overload};
use crate::phase::Phase;
use crate::route::RouteTable;
use crate::socket::Socket;
use crate::stats::{HttpStats, LimitStats, ListenerNumbers, ListenerStats, TlsStats};
use crate::tcp::{self, TcpListenerState};
use crate::tls::{self, Opening, ServerTls, inspect};
use crate::transport::Transport;
use bytes::Bytes;
use hyper::header::HeaderValue;
use std::cell::RefCell;
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
use tollgate_host::services::{Clock, Services};
use tollgate_host::stream::{ConnectionInfo, FilterChain, ListenerInfo};

/// How long accepting rests when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Numbers connections over all workers.
static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(1);

/// A filter chain that ends in HTTP, as one worker serves it.
pub(crate) struct ListenerState {
    pub(crate) http: Rc<tollgate_config::HttpConnectionManager>,
    pub(crate) server_name: HeaderValue,
    pub(crate) chain: FilterChain,
    /// Plugins that see a connection's bytes before HTTP does.
    pub(crate) front: Option<Rc<TcpListenerState>>,
    /// Bytes that may wait to be sent to a client, and of a request's body that are kept where the route does not say it.
    pub(crate) buffer_limit: usize,
    pub(crate) routes: Rc<RouteTable>,
    pub(crate) upstreams: Rc<HashMap<String, Rc<Upstream>>>,
    pub(crate) stats: Arc<HttpStats>,
    pub(crate) info: Rc<ListenerInfo>,
    pub(crate) services: Services,
    /// What is done when the process is short of something; `None` where this listener serves as ever.
    pub(crate) overload: Option<Arc<Overload>>,
    pub(crate) logs: Vec<AccessLog>,
    /// Lives for as long as there are streams.
    pub(crate) _local: Rc<LocalGeneration>,
}

/// What a filter chain does with its connections.
#[derive(Clone)]
pub(crate) enum Serving {
    Http(Rc<ListenerState>),
    Tcp(Rc<TcpListenerState>),
}

impl Serving {
    fn info(&self) -> &Rc<ListenerInfo> {
        match self {
            Self::Http(http) => &http.info,
            Self::Tcp(tcp) => &tcp.info,
        }
    }
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
    /// Logs of connections, whatever their chain.
    logs: Vec<AccessLog>,
    clock: Rc<dyn Clock>,
    /// Whether a connection is told of when it has ended: by the listener, or a TCP proxy.
    tells: bool,
    /// Whether a connection's first bytes decide how it is served.
    inspects: bool,
    stats: Arc<ListenerStats>,
    tls_stats: Arc<TlsStats>,
    entrance: Entrance,
}

impl Listening {
    pub(crate) fn new(
        chains: Vec<ChainState>,
        logs: Vec<AccessLog>,
        clock: Rc<dyn Clock>,
        numbers: &ListenerNumbers,
        entrance: Entrance,
    ) -> Self {
        let asks = |chain: &ChainState| chain.tls.is_some() || chain.matcher != FilterChainMatch::default();
        let inspects = chains.iter().any(asks);
        let tells = |chain: &ChainState| matches!(&chain.serving, Serving::Tcp(tcp) if !tcp.logs.is_empty());
        let tells = !logs.is_empty() || chains.iter().any(tells);
        Self {
            chains,
            logs,
            clock,
            tells,
            inspects,
            stats: numbers.own.clone(),
            tls_stats: numbers.tls.clone(),
            entrance,
        }
    }

    /// Logs of connections, whatever their chain.
    pub(crate) fn logs(&self) -> &[AccessLog] {
        &self.logs
    }

    /// The chain for a connection, as Envoy finds it: by the name asked for - itself, then its longest suffix, then none -
    /// and among those, one that asks for TLS or its absence before one that does not.
    pub(crate) fn choose(&self, Asked { is_tls, server_name }: &Asked) -> Option<&ChainState> {
        let rank = |chain: &ChainState| {
            let transport = match chain.matcher.is_tls {
                Some(wanted) if wanted != *is_tls => return None,
                wanted => wanted.is_some(),
            };
            if chain.matcher.server_names.is_empty() {
                return Some((0, transport));
            }
            let name = server_name.as_deref()?;
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

/// What a connection asked for when it began, by which its filter chain is found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    is_tls: bool,
    /// The name of the server, in lower case.
    server_name: Option<String>,
}

impl Asked {
    /// The name of the server, if one was asked for.
    pub(crate) fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    fn of(opening: Option<&Opening>) -> Self {
        Self { is_tls: opening.is_some_and(Opening::is_tls), server_name: opening.and_then(Opening::server_name) }
    }
}

/// How a listener serves now: a later configuration may have it serve otherwise. Each HTTP request looks anew, so that the next
/// one of a connection that is kept alive meets the next configuration. Empty at first.
#[derive(Default)]
pub(crate) struct Slot(RefCell<Option<Rc<Listening>>>);

impl Slot {
    /// What new streams meet from now on.
    pub(crate) fn set(&self, listening: Rc<Listening>) {
        // The one before is dropped when nothing is borrowed: its plugins may be told that they are done.
        drop(self.0.replace(Some(listening)));
    }

    pub(crate) fn current(&self) -> Option<Rc<Listening>> {
        self.0.borrow().clone()
    }

    /// How HTTP is served now on connections that have asked for this; `None` if it no longer is.
    pub(crate) fn http(&self, asked: &Asked) -> Option<Rc<ListenerState>> {
        let listening = self.0.borrow();
        match &listening.as_ref()?.choose(asked)?.serving {
            Serving::Http(http) => Some(http.clone()),
            Serving::Tcp(_) => None,
        }
    }
}

/// What holds for a connection of HTTP from its first byte to its last, whatever is configured meanwhile. A connection keeps
/// no more than this of the configuration that it began with: one that is kept alive for days must not keep plugins.
pub(crate) struct ConnectionTerms {
    pub(crate) http: Rc<tollgate_config::HttpConnectionManager>,
    pub(crate) stats: Arc<HttpStats>,
    pub(crate) buffer_limit: usize,
}

/// Accepts connections until told to stop, and serves each in a task of `connections`.
pub(crate) async fn accept(
    slot: Rc<Slot>,
    socket: TcpListener,
    connections: TaskTracker,
    mut phase: watch::Receiver<Phase>,
    overload: Arc<Overload>,
) {
    let phases = phase.clone();
    let mut accepts = overload.accepts();
    loop {
        let accepted = tokio::select! {
            accepted = next(&socket, &slot, &mut accepts) => accepted,
            () = Phase::reached(&mut phase, Phase::Draining) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(listening) = slot.current()
                    && let Some(entered) = listening.entrance.admit()
                {
                    connections.spawn_local(serve(listening, slot.clone(), stream, peer, phases.clone(), entered));
                }
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

/// The next connection, as soon as connections are accepted.
async fn next(
    socket: &TcpListener,
    slot: &Slot,
    accepts: &mut watch::Receiver<bool>,
) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        let bypasses = slot.current().is_some_and(|listening| listening.entrance.bypasses());
        let accepting = *accepts.borrow_and_update() || bypasses;
        tokio::select! {
            biased;
            // The sender lives as long as the process.
            _ = accepts.changed() => {}
            accepted = socket.accept(), if accepting => return accepted,
        }
    }
}

async fn serve(
    listening: Rc<Listening>,
    slot: Rc<Slot>,
    stream: TcpStream,
    peer: SocketAddr,
    mut phase: watch::Receiver<Phase>,
    _entered: Entered,
) {
    // What is written goes out at once; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let destination = || stream.local_addr().ok();
    let mut log = listening.tells.then(|| ConnectionLog::new(&slot, &listening.clock, peer, destination()));
    let Some(begun) = listening.begin(stream, peer, &mut phase, &mut log).await else { return };
    // A connection keeps nothing of the configuration that it began with but what it must.
    drop(listening);
    let Begun { transport, first, agreed, info, asked, serving, _admitted } = begun;
    match serving {
        Serving::Http(http) => {
            let _active = Active::new(http.stats.clone());
            let terms = Rc::new(ConnectionTerms {
                http: http.http.clone(),
                stats: http.stats.clone(),
                buffer_limit: http.buffer_limit,
            });
            let front = http.front.clone();
            drop(http);
            let (transport, first, carried) = match front {
                None => (transport, first, None),
                Some(front) => {
                    let (within, carried) = tcp::in_front(front, transport, first, info.clone());
                    (within, Bytes::new(), Some(Box::pin(carried)))
                }
            };
            let mut socket = Socket::new(transport);
            socket.put_back(first);
            if let Some(log) = &log {
                socket.count(log.bytes());
            }
            let downstream = Downstream::new(slot, asked, info, &terms.http);
            socket.tell(downstream.head_clock());
            let served = http_connection::serve(terms, socket, agreed, downstream, phase, &mut log);
            match carried {
                None => served.await,
                Some(carried) => drop(tokio::join!(served, carried)),
            }
        }
        // Nobody knows when such a connection is at rest: it has the time that draining takes.
        Serving::Tcp(tcp) => tcp::serve(tcp, transport, first, info, log).await,
    }
}

/// A connection that has a filter chain.
struct Begun {
    transport: Transport,
    /// What has been read of it.
    first: Bytes,
    /// What TLS has agreed on.
    agreed: Option<Version>,
    info: Rc<ConnectionInfo>,
    asked: Asked,
    serving: Serving,
    _admitted: Admitted,
}

impl Listening {
    /// Finds the filter chain of a connection, and has it speak TLS if that does. `None` if nothing comes of it.
    async fn begin(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        phase: &mut watch::Receiver<Phase>,
        log: &mut Option<ConnectionLog>,
    ) -> Option<Begun> {
        let opening = if self.inspects {
            let within = self.chains.iter().find_map(|chain| chain.handshake_timeout);
            let inspected = tokio::select! {
                inspected = in_time(within, inspect(&mut stream)) => inspected,
                () = Phase::reached(phase, Phase::Draining) => return None,
            };
            Some(inspected.inspect_err(|error| self.failed(peer, error, log)).ok()?)
        } else {
            None
        };
        let asked = Asked::of(opening.as_ref());
        if let Some(log) = log {
            log.asked(&asked);
        }
        let Some(chain) = self.choose(&asked) else {
            log.iter_mut().for_each(ConnectionLog::is_for_no_chain);
            self.stats.no_filter_chain_match.inc();
            tracing::debug!(%peer, "connection: no filter chain matches");
            return None;
        };
        let Some(admitted) = admit(&chain.limits).await else {
            tracing::debug!(%peer, "connection: one too many");
            return None;
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
                self.failed(peer, &io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS"), log);
                return None;
            }
            (Some(Opening::Tls(accepted, _)), Some(tls)) => {
                let shaken = tokio::select! {
                    shaken = in_time(chain.handshake_timeout, tls.accept(*accepted, stream)) => shaken,
                    () = Phase::reached(phase, Phase::Draining) => return None,
                };
                let (stream, facts) = shaken.inspect_err(|error| self.failed(peer, error, log)).ok()?;
                self.tls_stats.agreed(&facts);
                agreed = tls::agreed(stream.get_ref().1.alpn_protocol());
                info.tls = Some(Arc::new(facts));
                Transport::Tls(Box::new(stream.into()))
            }
        };
        let (info, serving) = (Rc::new(info), chain.serving.clone());
        if let Some(log) = log {
            log.begins(&info, serving.info());
        }
        Some(Begun { transport, first, agreed, info, asked, serving, _admitted: admitted })
    }

    /// Counts a connection that has not got as far as its filters.
    fn failed(&self, peer: SocketAddr, error: &io::Error, log: &mut Option<ConnectionLog>) {
        if let Some(log) = log {
            log.transport_failed(tls::failure::why(error).unwrap_or_else(|| error.to_string()));
        }
        tracing::debug!(%peer, "TLS: {error}");
        if error.kind() == io::ErrorKind::TimedOut {
            return self.stats.downstream_cx_transport_socket_connect_timeout.inc();
        }
        tls::failure::count(error, &self.tls_stats);
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
struct Admitted(Vec<Arc<LimitStats>>);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.iter().for_each(|limit| limit.active_connections.dec());
    }
}

/// Lets a connection in, unless there are too many. It is not closed before the limit's delay is over.
async fn admit(limits: &[(ConnectionLimit, Arc<LimitStats>)]) -> Option<Admitted> {
    let mut admitted = Admitted(Vec::new());
    for (limit, stats) in limits {
        if !stats.active_connections.inc_below(limit.max_connections) {
            stats.limited_connections.inc();
            if let Some(delay) = limit.delay {
                tokio::time::sleep(delay).await;
            }
            return None;
        }
        admitted.0.push(stats.clone());
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
