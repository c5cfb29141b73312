//! Connecting to an endpoint of a cluster.

use crate::cluster::Cluster;
use crate::http_connection::Version;
use crate::tls;
use crate::transport::Transport;
use crate::upstream_failure::UpstreamFailure;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tollgate_host::stream::TlsInfo;

/// How connections to the endpoints of a cluster are made.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    /// For everything that has to be done before a request can be sent.
    timeout: Duration,
    /// Where TLS is spoken.
    cluster: Option<Arc<Cluster>>,
}

/// A new connection.
pub(crate) struct Established {
    pub(crate) transport: Transport,
    pub(crate) facts: Facts,
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
        Self { cluster: cluster.tls.is_some().then(|| cluster.clone()), ..Self::plain(cluster.config.connect_timeout) }
    }

    /// Without TLS.
    pub(crate) fn plain(timeout: Duration) -> Self {
        Self { timeout, cluster: None }
    }

    /// A new connection.
    pub(crate) async fn connect(&self, address: SocketAddr) -> Result<Established, UpstreamFailure> {
        match tokio::time::timeout(self.timeout, self.connect_in_time(address)).await {
            Ok(connected) => connected,
            Err(_) => Err(UpstreamFailure::connect(&io::Error::from(io::ErrorKind::TimedOut))),
        }
    }

    async fn connect_in_time(&self, address: SocketAddr) -> Result<Established, UpstreamFailure> {
        let stream = TcpStream::connect(address).await.map_err(|error| UpstreamFailure::connect(&error))?;
        // Without it small messages wait for each other; where it fails, they do.
        let _ = stream.set_nodelay(true);
        match &self.cluster {
            Some(cluster) => secure(cluster, address, stream).await.map_err(|error| UpstreamFailure::tls(&error)),
            None => Ok(Established::plain(stream)),
        }
    }
}

impl Established {
    fn plain(stream: TcpStream) -> Self {
        let facts = Facts { local_address: stream.local_addr().ok(), ..Facts::default() };
        Self { transport: Transport::Plain(stream), facts }
    }

    /// The parts, with facts that can be shared.
    pub(crate) fn into_parts(self) -> (Transport, Rc<Facts>) {
        (self.transport, Rc::new(self.facts))
    }
}

/// Speaks TLS over a connection to an endpoint, if the cluster has it so.
pub(crate) async fn secure(cluster: &Cluster, address: SocketAddr, stream: TcpStream) -> io::Result<Established> {
    let Some(tls) = &cluster.tls else { return Ok(Established::plain(stream)) };
    let (stream, info) = tls.connect(stream, &cluster.name_of(address)).await?;
    let facts = Facts {
        local_address: stream.get_ref().0.local_addr().ok(),
        agreed: tls::agreed(stream.get_ref().1.alpn_protocol()),
        tls: Some(Arc::new(info)),
    };
    Ok(Established { transport: Transport::Tls(Box::new(stream.into())), facts })
}
