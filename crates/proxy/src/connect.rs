//! Connecting to an endpoint of an HTTP cluster.

use crate::upstream_failure::UpstreamFailure;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// A new connection.
pub(crate) async fn connect(address: SocketAddr, within: Duration) -> Result<TcpStream, UpstreamFailure> {
    let stream = match tokio::time::timeout(within, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(UpstreamFailure::connect(&error)),
        Err(_) => return Err(UpstreamFailure::connect(&io::Error::from(io::ErrorKind::TimedOut))),
    };
    // Without it small messages wait for each other; where it fails, they do.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}
