//! Connecting to a cluster.

use crate::cluster::{Chosen, Selection, Upstream};
use std::io;
use std::rc::Rc;
use tokio::net::TcpStream;

/// A connection to an endpoint.
pub(super) struct Connected {
    pub(super) socket: TcpStream,
    pub(super) chosen: Chosen,
    /// How many attempts it took.
    pub(super) attempts: u32,
}

/// Connects to an endpoint of a cluster, each time another one's turn, until one answers or `max_attempts` are used up. The
/// error is what the log says of the last attempt.
pub(super) async fn connect(upstream: Rc<Upstream>, max_attempts: u32) -> Result<Connected, String> {
    let stats = &upstream.cluster.stats;
    let tcp = &upstream.cluster.tcp_stats;
    let mut attempts = 0;
    loop {
        let Some(host) = upstream.pick(&Selection::default()) else {
            return Err(format!("cluster {} has no endpoint", upstream.cluster.config.name));
        };
        let address = host.address;
        attempts += 1;
        tcp.upstream_cx_total.inc();
        let connecting = TcpStream::connect(address);
        let error = match tokio::time::timeout(upstream.cluster.config.connect_timeout, connecting).await {
            Ok(Ok(socket)) => {
                let _ = socket.set_nodelay(true);
                return Ok(Connected { socket, chosen: upstream.take(host), attempts });
            }
            Ok(Err(error)) => error,
            Err(_) => {
                tcp.upstream_cx_connect_timeout.inc();
                io::Error::from(io::ErrorKind::TimedOut)
            }
        };
        stats.upstream_cx_connect_fail.inc();
        tcp.upstream_cx_destroy.inc();
        tracing::debug!("upstream {address}: {error}");
        if attempts >= max_attempts {
            tcp.upstream_cx_connect_attempts_exceeded.inc();
            return Err(format!("upstream {address}: {error}"));
        }
    }
}
