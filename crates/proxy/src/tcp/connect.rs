//! Connecting to a cluster.

use crate::cluster::{Chosen, Selection, Upstream};
use crate::connect::{Established, secure};
use std::io;
use std::rc::Rc;
use tokio::net::TcpStream;

/// A connection to an endpoint.
pub(super) struct Connected {
    pub(super) established: Established,
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
        let connecting = async {
            let socket = TcpStream::connect(address).await?;
            let _ = socket.set_nodelay(true);
            secure(&upstream.cluster, address, socket).await
        };
        let error = match tokio::time::timeout(upstream.cluster.config.connect_timeout, connecting).await {
            Ok(Ok(established)) => {
                return Ok(Connected { established, chosen: upstream.take(host), attempts });
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
