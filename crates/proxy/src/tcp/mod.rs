//! Connections that are not HTTP: a client on one side, the host's stream in the middle, a cluster's endpoint on the other.

mod connect;
mod driver;
mod peer;

use crate::cluster::Upstream;
use crate::listener::connection_info;
use crate::local::LocalGeneration;
use crate::stats::TcpStats;
use driver::Driver;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::TcpStream;
use tollgate_host::services::Services;
use tollgate_host::stream::{FilterChain, ListenerInfo};

/// A listener with a TCP proxy as one worker serves it.
pub(crate) struct TcpListenerState {
    pub(crate) proxy: tollgate_config::TcpProxy,
    pub(crate) chain: FilterChain,
    /// Bytes that may wait to be sent, per side of a connection.
    pub(crate) buffer_limit: usize,
    /// Where the bytes go; `None` if there is no such cluster.
    pub(crate) upstream: Option<Rc<Upstream>>,
    pub(crate) stats: Arc<TcpStats>,
    pub(crate) info: Rc<ListenerInfo>,
    pub(crate) services: Services,
    /// Lives for as long as there are connections.
    pub(crate) _local: Rc<LocalGeneration>,
}

/// Serves a connection to its end.
pub(crate) async fn serve(listener: Rc<TcpListenerState>, client: TcpStream, peer: SocketAddr) {
    // Bytes go out when they are written; there is nothing to wait for.
    let _ = client.set_nodelay(true);
    let connection = connection_info(&client, peer);
    Driver::new(listener, client, connection).run().await;
}
