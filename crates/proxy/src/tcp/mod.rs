//! Connections that are not HTTP: a client on one side, the host's stream in the middle, a cluster's endpoint on the other.

mod connect;
mod driver;
mod peer;

use crate::access_log::{AccessLog, ConnectionLog};
use crate::cluster::Upstream;
use crate::local::LocalGeneration;
use crate::stats::TcpStats;
use crate::transport::Transport;
use bytes::Bytes;
use driver::Driver;
pub(crate) use peer::Peer;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_host::services::Services;
use tollgate_host::stream::{ConnectionInfo, FilterChain, ListenerInfo};

/// A listener with a TCP proxy as one worker serves it.
pub(crate) struct TcpListenerState {
    pub(crate) proxy: tollgate_config::TcpProxy,
    pub(crate) chain: FilterChain,
    /// Bytes that may wait to be sent, per side of a connection.
    pub(crate) buffer_limit: usize,
    /// Where the bytes go: one for each of the proxy's clusters, `None` if there is no such cluster.
    pub(crate) upstreams: Vec<Option<Rc<Upstream>>>,
    /// How much of the connections each of them gets.
    pub(crate) weights: Vec<u32>,
    pub(crate) stats: Arc<TcpStats>,
    pub(crate) info: Rc<ListenerInfo>,
    pub(crate) services: Services,
    pub(crate) logs: Vec<AccessLog>,
    /// Lives for as long as there are connections.
    pub(crate) _local: Rc<LocalGeneration>,
}

impl TcpListenerState {
    /// The name of the proxy's cluster at this place.
    fn cluster(&self, target: usize) -> &str {
        self.proxy.clusters.get(target).map_or("", |cluster| &cluster.name)
    }
}

/// Bytes on their way between plugins and HTTP, in each direction.
const WITHIN: usize = 64 * 1024;

/// A connection whose plugins stand in front of HTTP: what HTTP reads and writes, and what carries it to the client and back until
/// either ends.
pub(crate) fn in_front(
    listener: Rc<TcpListenerState>,
    client: Transport,
    first: Bytes,
    connection: Rc<ConnectionInfo>,
) -> (Transport, impl Future<Output = ()>) {
    let (own, http) = tokio::io::duplex(WITHIN);
    let driver = Driver::new(listener, Peer::new(client, first), connection, None).serving(own);
    (Transport::Within(Box::new(http)), driver.run())
}

/// Serves a connection to its end. `first` is what has been read from it already.
pub(crate) async fn serve(
    listener: Rc<TcpListenerState>,
    client: Transport,
    first: Bytes,
    connection: Rc<ConnectionInfo>,
    log: Option<ConnectionLog>,
) {
    Driver::new(listener, Peer::new(client, first), connection, log).run().await;
}
