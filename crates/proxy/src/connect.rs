//! Connecting to an endpoint of an HTTP cluster.

use crate::transport::Transport;
use crate::upstream_failure::UpstreamFailure;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How connections to the endpoints of a cluster are made.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    /// For everything that has to be done before a request can be sent.
    pub(crate) timeout: Duration,
}

impl Connector {
    /// A new connection.
    pub(crate) async fn connect(&self, address: SocketAddr) -> Result<Transport, UpstreamFailure> {
        match tokio::time::timeout(self.timeout, self.connect_in_time(address)).await {
            Ok(connected) => connected,
            Err(_) => Err(UpstreamFailure::connect(&io::Error::from(io::ErrorKind::TimedOut))),
        }
    }

    async fn connect_in_time(&self, address: SocketAddr) -> Result<Transport, UpstreamFailure> {
        let stream = TcpStream::connect(address).await.map_err(|error| UpstreamFailure::connect(&error))?;
        // Without it small messages wait for each other; where it fails, they do.
        let _ = stream.set_nodelay(true);
        Ok(Transport::Plain(stream))
    }
}
