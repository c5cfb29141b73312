//! Accepting connections, and serving HTTP on those of HTTP.

use crate::cluster::Upstream;
use crate::downstream::Downstream;
use crate::http_connection;
use crate::local::LocalGeneration;
use crate::route::RouteTable;
use crate::socket::Socket;
use crate::stats::HttpStats;
use crate::tcp::{self, TcpListenerState};
use crate::transport::Transport;
use hyper::header::HeaderValue;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tollgate_host::services::Services;
use tollgate_host::stream::{ConnectionInfo, FilterChain, ListenerInfo};

/// How long accepting rests when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Numbers connections over all workers.
static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(1);

/// A listener as one worker serves it.
pub(crate) struct ListenerState {
    pub(crate) http: Rc<tollgate_config::HttpConnectionManager>,
    pub(crate) server_name: HeaderValue,
    pub(crate) chain: FilterChain,
    pub(crate) routes: Rc<RouteTable>,
    pub(crate) upstreams: Rc<HashMap<String, Rc<Upstream>>>,
    pub(crate) stats: Arc<HttpStats>,
    pub(crate) info: Rc<ListenerInfo>,
    pub(crate) services: Services,
    /// Bytes that may wait to be sent to a client.
    pub(crate) buffer_limit: usize,
    /// Lives for as long as there are streams.
    pub(crate) _local: Rc<LocalGeneration>,
}

/// What a listener does with its connections.
#[derive(Clone)]
pub(crate) enum Serving {
    Http(Rc<ListenerState>),
    Tcp(Rc<TcpListenerState>),
}

/// What a listener does with its connections now: a later configuration may have it do something else. Each HTTP request
/// looks anew, so that the next one of a connection that is kept alive meets the next configuration. Empty at first.
#[derive(Default)]
pub(crate) struct Slot(RefCell<Option<Serving>>);

impl Slot {
    /// What new streams meet from now on.
    pub(crate) fn set(&self, serving: Serving) {
        // The one before is dropped when nothing is borrowed: its plugins may be told that they are done.
        drop(self.0.replace(Some(serving)));
    }

    fn current(&self) -> Option<Serving> {
        self.0.borrow().clone()
    }

    /// How HTTP is served now; `None` if it no longer is.
    pub(crate) fn http(&self) -> Option<Rc<ListenerState>> {
        match &*self.0.borrow() {
            Some(Serving::Http(http)) => Some(http.clone()),
            _ => None,
        }
    }
}

/// What holds for a connection of HTTP from its first byte to its last, whatever is configured meanwhile. A connection keeps
/// no more than this of the configuration that it began with: one that is kept alive for days must not keep plugins.
pub(crate) struct ConnectionTerms {
    pub(crate) http: Rc<tollgate_config::HttpConnectionManager>,
    pub(crate) buffer_limit: usize,
}

/// Accepts connections until told to stop, and serves each in a task of `connections`.
pub(crate) async fn accept(
    slot: Rc<Slot>,
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
                match slot.current() {
                    Some(Serving::Http(http)) => {
                        connections.spawn_local(serve(&http, slot.clone(), stream, peer, stopping.clone()));
                    }
                    // Nobody knows when such a connection is at rest: it has the time that draining takes.
                    Some(Serving::Tcp(tcp)) => {
                        connections.spawn_local(tcp::serve(tcp, stream, peer));
                    }
                    None => {}
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

fn serve(
    listener: &ListenerState,
    slot: Rc<Slot>,
    stream: TcpStream,
    peer: SocketAddr,
    stop: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let active = Active::new(listener.stats.clone());
    // A response goes out when it is written; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let downstream = Downstream::new(slot, connection_info(&stream, peer));
    let terms = Rc::new(ConnectionTerms { http: listener.http.clone(), buffer_limit: listener.buffer_limit });
    async move {
        let _active = active;
        http_connection::serve(terms, Socket::new(Transport::Plain(stream)), None, downstream, stop).await;
    }
}

/// Facts about a connection that was just accepted.
pub(crate) fn connection_info(stream: &TcpStream, peer: SocketAddr) -> Rc<ConnectionInfo> {
    Rc::new(ConnectionInfo {
        id: NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed),
        source: Some(peer),
        destination: stream.local_addr().ok(),
        ..ConnectionInfo::default()
    })
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
