//! Accepting connections, and serving HTTP on those of HTTP.

use crate::cluster::Upstream;
use crate::downstream::Downstream;
use crate::exchange;
use crate::route::RouteTable;
use crate::socket::Socket;
use crate::stats::HttpStats;
use crate::tcp::{self, TcpListenerState};
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
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

/// How long a connection may be silent between requests (`idle_timeout`, Envoy's default).
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// Bytes of a request's head (`max_request_headers_kb`, Envoy's default).
const MAX_HEADER_SIZE: usize = 60 * 1024;

/// How long accepting rests when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Numbers connections over all workers.
static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(1);

/// A listener as one worker serves it.
pub(crate) struct ListenerState {
    pub(crate) http: tollgate_config::HttpConnectionManager,
    pub(crate) server_name: HeaderValue,
    pub(crate) chain: FilterChain,
    /// Bytes of a request's body that are kept, where the route does not say it.
    pub(crate) buffer_limit: usize,
    pub(crate) routes: Rc<RouteTable>,
    pub(crate) upstreams: Rc<HashMap<String, Rc<Upstream>>>,
    pub(crate) stats: Arc<HttpStats>,
    pub(crate) info: Rc<ListenerInfo>,
    pub(crate) services: Services,
}

/// What a listener does with its connections.
#[derive(Clone)]
pub(crate) enum Serving {
    Http(Rc<ListenerState>),
    Tcp(Rc<TcpListenerState>),
}

/// Accepts connections until told to stop, and serves each in a task of `connections`.
pub(crate) async fn accept(
    serving: Serving,
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
                match &serving {
                    Serving::Http(http) => {
                        connections.spawn_local(serve(http.clone(), stream, peer, stopping.clone()));
                    }
                    // Nobody knows when such a connection is at rest: it has the time that draining takes.
                    Serving::Tcp(tcp) => {
                        connections.spawn_local(tcp::serve(tcp.clone(), stream, peer));
                    }
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

async fn serve(listener: Rc<ListenerState>, stream: TcpStream, peer: SocketAddr, mut stop: watch::Receiver<bool>) {
    let _active = Active::new(listener.stats.clone());
    // A response goes out when it is written; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let downstream = Downstream::new(connection_info(&stream, peer));
    let of_requests = downstream.clone();
    let service = service_fn(move |request| exchange::serve(listener.clone(), of_requests.clone(), request));
    let mut http = http1::Builder::new();
    // The library's own timer for heads would be made and dropped with each request; ours is set once an hour.
    http.header_read_timeout(None).max_header_size(MAX_HEADER_SIZE);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(Socket(stream)), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = downstream.idle_for(IDLE_TIMEOUT) => return,
        _ = stop.wait_for(|stop| *stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, "connection: {error}");
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
