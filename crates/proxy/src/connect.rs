//! Connecting to an endpoint of a cluster.

use crate::cluster::Cluster;
use crate::http_connection::Version;
use crate::socket::Socket;
use crate::stats::ConnectionStats;
use crate::tls;
use crate::transport::Transport;
use crate::upstream_failure::UpstreamFailure;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tollgate_config::TcpKeepalive;
use tollgate_host::stream::TlsInfo;

/// How connections to the endpoints of a cluster are made.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    /// For everything that has to be done before a request can be sent.
    timeout: Duration,
    keepalive: Option<TcpKeepalive>,
    /// Where TLS is spoken.
    cluster: Option<Arc<Cluster>>,
    stats: Arc<ConnectionStats>,
}

/// A new connection.
pub(crate) struct Established {
    pub(crate) transport: Transport,
    pub(crate) facts: Facts,
    /// Counts it, where the one who has it does not.
    counted: Option<Counted>,
}

/// A connection that is among its cluster's as long as this lives.
#[derive(Debug)]
pub(crate) struct Counted(Arc<ConnectionStats>);

impl Counted {
    fn new(stats: Arc<ConnectionStats>) -> Self {
        stats.upstream_cx_total.inc();
        stats.upstream_cx_active.inc();
        Self(stats)
    }

    pub(crate) fn received(&self, count: usize) {
        self.0.upstream_cx_rx_bytes_total.add(count as u64);
    }

    pub(crate) fn sent(&self, count: usize) {
        self.0.upstream_cx_tx_bytes_total.add(count as u64);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.upstream_cx_active.dec();
        self.0.upstream_cx_destroy.inc();
    }
}

/// What is known of a connection to an endpoint.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Where it was made from.
    pub(crate) local_address: Option<SocketAddr>,
    pub(crate) tls: Option<Arc<TlsInfo>>,
    /// What TLS has agreed on.
    pub(crate) agreed: Option<Version>,
}

impl Connector {
    pub(crate) fn new(cluster: &Arc<Cluster>) -> Self {
        Self {
            timeout: cluster.config.connect_timeout,
            keepalive: cluster.config.tcp_keepalive,
            cluster: cluster.tls.is_some().then(|| cluster.clone()),
            stats: cluster.connection_stats.clone(),
        }
    }

    /// Without TLS.
    #[cfg(test)]
    pub(crate) fn plain(timeout: Duration) -> Self {
        Self { timeout, keepalive: None, cluster: None, stats: Arc::default() }
    }

    /// A new connection.
    pub(crate) async fn connect(&self, address: SocketAddr) -> Result<Established, UpstreamFailure> {
        // From the first attempt on, as in Envoy.
        let counted = Counted::new(self.stats.clone());
        match tokio::time::timeout(self.timeout, self.connect_in_time(address)).await {
            Ok(connected) => Ok(Established { counted: Some(counted), ..connected? }),
            Err(_) => {
                self.stats.upstream_cx_connect_timeout.inc();
                Err(UpstreamFailure::connect(&io::Error::from(io::ErrorKind::TimedOut)))
            }
        }
    }

    async fn connect_in_time(&self, address: SocketAddr) -> Result<Established, UpstreamFailure> {
        let stream = TcpStream::connect(address).await.map_err(|error| UpstreamFailure::connect(&error))?;
        prepare(&stream, self.keepalive);
        match &self.cluster {
            Some(cluster) => secure(cluster, address, stream).await.map_err(|error| UpstreamFailure::tls(&error)),
            None => Ok(Established::plain(stream)),
        }
    }
}

/// Sets what a new connection to an endpoint is to have. Where that fails, the system's defaults hold.
pub(crate) fn prepare(stream: &TcpStream, keepalive: Option<TcpKeepalive>) {
    // Without it small messages wait for each other.
    let _ = stream.set_nodelay(true);
    let Some(TcpKeepalive { probes, time, interval }) = keepalive else { return };
    let mut options = socket2::TcpKeepalive::new();
    if let Some(time) = time {
        options = options.with_time(time);
    }
    if let Some(interval) = interval {
        options = options.with_interval(interval);
    }
    if let Some(probes) = probes {
        options = options.with_retries(probes);
    }
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&options) {
        tracing::debug!("TCP keep-alive: {error}");
    }
}

impl Established {
    fn plain(stream: TcpStream) -> Self {
        let facts = Facts { local_address: stream.local_addr().ok(), ..Facts::default() };
        Self { transport: Transport::Plain(stream), facts, counted: None }
    }

    /// The socket, with facts that can be shared.
    pub(crate) fn into_parts(self) -> (Socket, Rc<Facts>) {
        (Socket::of_upstream(self.transport, self.counted), Rc::new(self.facts))
    }
}

/// Speaks TLS over a connection to an endpoint, if the cluster has it so.
pub(crate) async fn secure(cluster: &Cluster, address: SocketAddr, stream: TcpStream) -> io::Result<Established> {
    let Some(tls) = &cluster.tls else { return Ok(Established::plain(stream)) };
    let stats = &cluster.tls_stats;
    let agreed = tls.connect(stream, &cluster.name_of(address)).await;
    let (stream, info) = agreed.inspect_err(|error| tls::failure::count(error, stats))?;
    stats.agreed(&info);
    let facts = Facts {
        local_address: stream.get_ref().0.local_addr().ok(),
        agreed: tls::agreed(stream.get_ref().1.alpn_protocol()),
        tls: Some(Arc::new(info)),
    };
    Ok(Established { transport: Transport::Tls(Box::new(stream.into())), facts, counted: None })
}

#[cfg(test)]
mod tests {
    use super::prepare;
    use socket2::SockRef;
    use std::net::Ipv4Addr;
    use std::time::Duration;
    use tokio::net::{TcpListener, TcpStream};
    use tollgate_config::TcpKeepalive;

    #[tokio::test]
    async fn the_system_asks_silent_peers_as_configured() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        prepare(&stream, None);
        assert!(!SockRef::from(&stream).keepalive().unwrap());
        let (time, interval) = (Some(Duration::from_secs(60)), Some(Duration::from_secs(7)));
        prepare(&stream, Some(TcpKeepalive { probes: Some(4), time, interval }));
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().ok(), time);
        assert_eq!(socket.tcp_keepalive_interval().ok(), interval);
        assert_eq!(socket.tcp_keepalive_retries().ok(), Some(4));
    }
}
