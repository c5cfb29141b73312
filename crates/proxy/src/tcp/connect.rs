//! Connecting to a cluster.

use crate::cluster::{Chosen, Selection, Upstream};
use crate::connect::{Established, prepare, secure};
use crate::flags;
use crate::upstream_failure::UpstreamFailure;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::net::TcpStream;

/// A connection to an endpoint.
pub(super) struct Connected {
    pub(super) established: Established,
    pub(super) chosen: Chosen,
    /// How many attempts it took.
    pub(super) attempts: u32,
    /// How the last one before it has failed, if it was not the first.
    pub(super) failed: Option<UpstreamFailure>,
}

/// Why there is no connection.
pub(super) struct NotConnected {
    /// How the last attempt has failed, as logs are told.
    pub(super) why: Option<String>,
    /// Envoy's response flags.
    pub(super) flags: u64,
    /// The endpoint of the last attempt.
    pub(super) address: Option<SocketAddr>,
    pub(super) attempts: u32,
}

/// Connects to an endpoint of a cluster, each time another one's turn, until one answers or `max_attempts` are used up. The
/// error tells of the last attempt.
pub(super) async fn connect(upstream: Rc<Upstream>, max_attempts: u32) -> Result<Connected, NotConnected> {
    let stats = &upstream.cluster.stats;
    let tcp = &upstream.cluster.connection_stats;
    let (mut attempts, mut last) = (0, None);
    let mut failed: Option<UpstreamFailure> = None;
    loop {
        let Some(host) = upstream.pick(&Selection::default()) else {
            tracing::debug!("cluster {} has no endpoint", upstream.cluster.config.name);
            let (why, before) = failed.map_or((None, 0), |failed| (failed.transport, failed.flag));
            let flags = flags::NO_HEALTHY_UPSTREAM | before;
            return Err(NotConnected { why, flags, address: last, attempts });
        };
        let address = host.address;
        last = Some(address);
        attempts += 1;
        tcp.upstream_cx_total.inc();
        let connecting = async {
            let socket = TcpStream::connect(address).await.map_err(|error| UpstreamFailure::connect(&error))?;
            prepare(&socket, upstream.cluster.config.tcp_keepalive);
            secure(&upstream.cluster, address, socket).await.map_err(|error| UpstreamFailure::tls(&error))
        };
        let failure = match tokio::time::timeout(upstream.cluster.config.connect_timeout, connecting).await {
            Ok(Ok(established)) => {
                return Ok(Connected { established, chosen: upstream.take(host), attempts, failed });
            }
            Ok(Err(failure)) => failure,
            Err(_) => {
                tcp.upstream_cx_connect_timeout.inc();
                UpstreamFailure::connect(&io::Error::from(io::ErrorKind::TimedOut))
            }
        };
        stats.upstream_cx_connect_fail.inc();
        tcp.upstream_cx_destroy.inc();
        tracing::debug!("upstream {address}: {}", failure.text());
        if attempts >= max_attempts {
            tcp.upstream_cx_connect_attempts_exceeded.inc();
            return Err(NotConnected {
                why: failure.transport,
                flags: failure.flag | flags::UPSTREAM_RETRY_LIMIT_EXCEEDED,
                address: last,
                attempts,
            });
        }
        failed = Some(failure);
    }
}
