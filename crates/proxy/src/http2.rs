//! Connections to upstreams that speak HTTP/2: one per endpoint, shared by all requests of a worker.

use crate::connect::connect;
use crate::exchange::UploadBody;
use crate::http1::UpstreamBody;
use crate::upstream_failure::UpstreamFailure;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The connection to one endpoint, while there is one. Locked while it is made, so that it is made once.
type Slot = Rc<Mutex<Option<SendRequest<UploadBody>>>>;

/// Connections to the endpoints of a cluster.
pub(crate) struct Http2Connections {
    connect_timeout: Duration,
    slots: RefCell<HashMap<SocketAddr, Slot>>,
}

impl Http2Connections {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        Self { connect_timeout, slots: RefCell::default() }
    }

    /// Sends a request, whose URI names the authority, to an endpoint.
    pub(crate) async fn send(
        &self,
        address: SocketAddr,
        request: Request<UploadBody>,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        let slot = self.slots.borrow_mut().entry(address).or_default().clone();
        let mut request = request;
        // A connection that ends while nothing of the request has been sent is no reason to fail it; a second one is.
        for is_last in [false, true] {
            let mut connection = self.connection(&slot, address).await?;
            match connection.try_send_request(request).await {
                Ok(response) => return Ok(response.map(UpstreamBody::shared)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_last => request = unsent,
                    _ => return Err(failure(error.error())),
                },
            }
        }
        Err(UpstreamFailure::terminated())
    }

    async fn connection(&self, slot: &Slot, address: SocketAddr) -> Result<SendRequest<UploadBody>, UpstreamFailure> {
        let mut slot = slot.lock().await;
        if let Some(open) = slot.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(open.clone());
        }
        let stream = connect(address, self.connect_timeout).await?;
        let handshake = http2::Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await;
        let (connection, driver) = handshake.map_err(|error| failure(&error))?;
        tokio::task::spawn_local(async move {
            if let Err(error) = driver.await {
                tracing::debug!("upstream {address}: {error}");
            }
        });
        *slot = Some(connection.clone());
        Ok(connection)
    }
}

/// How a request has failed on its connection.
pub(crate) fn failure(error: &hyper::Error) -> UpstreamFailure {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    match cause {
        Some(cause) if cause.is_reset() && cause.is_remote() && cause.reason() == Some(h2::Reason::REFUSED_STREAM) => {
            UpstreamFailure::refused_stream()
        }
        Some(cause) if cause.is_reset() && cause.is_remote() => UpstreamFailure::reset(),
        Some(cause) if !cause.is_io() && !cause.is_remote() && cause.reason().is_some() => UpstreamFailure::protocol(),
        _ => UpstreamFailure::terminated(),
    }
}

impl fmt::Debug for Http2Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http2Connections").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}
