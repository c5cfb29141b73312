//! Connections to upstreams that speak HTTP/1.1: one per endpoint and request under way, kept for the requests that follow.
//!
//! They belong to one worker, so that taking one and giving it back is a push and a pop, and nothing is spawned for a
//! request.

use crate::connect::connect;
use crate::exchange::UploadBody;
use crate::socket::Socket;
use crate::upstream_failure::UpstreamFailure;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection is kept without a request (`idle_timeout` of upstream HTTP, Envoy's default).
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// A connection. The task that serves it ends when this is dropped.
struct Connection {
    sender: SendRequest<UploadBody>,
    local_address: Option<SocketAddr>,
    /// When its last response was complete.
    idle_since: Instant,
}

/// Connections to the endpoints of a cluster.
pub(crate) struct Http1Connections {
    connect_timeout: Duration,
    /// For each endpoint those that wait for a request, the one that was used last at the end.
    idle: RefCell<HashMap<SocketAddr, Vec<Connection>>>,
    /// Whether the task that closes old connections runs.
    is_swept: Cell<bool>,
}

impl Http1Connections {
    pub(crate) fn new(connect_timeout: Duration) -> Rc<Self> {
        Rc::new(Self { connect_timeout, idle: RefCell::default(), is_swept: Cell::new(false) })
    }

    /// Sends a request to an endpoint.
    pub(crate) async fn send(
        self: Rc<Self>,
        address: SocketAddr,
        mut request: Request<UploadBody>,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        loop {
            let (mut connection, is_new) = match self.take(address) {
                Some(connection) => (connection, false),
                None => (self.connect(address).await?, true),
            };
            match connection.sender.try_send_request(request).await {
                Ok(response) => {
                    let lease = Lease { pool: Rc::downgrade(&self), address, connection };
                    return Ok(response.map(|body| UpstreamBody::leased(body, lease)));
                }
                // A connection that was kept may have ended meanwhile. If nothing of the request was sent, another one
                // will do.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    _ => return Err(UpstreamFailure::of_http1(&error.into_error())),
                },
            }
        }
    }

    /// A connection that waits for a request.
    fn take(&self, address: SocketAddr) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        let waiting = idle.get_mut(&address)?;
        // From the end; closed ones are dropped. One that is neither closed nor ready has an answer to part of a request,
        // and still sends the rest.
        let mut at = waiting.len();
        while at > 0 {
            at -= 1;
            if waiting[at].sender.is_closed() {
                waiting.remove(at);
            } else if waiting[at].sender.is_ready() {
                return Some(waiting.remove(at));
            }
        }
        None
    }

    fn give_back(&self, address: SocketAddr, mut connection: Connection) {
        if !connection.sender.is_closed() {
            connection.idle_since = Instant::now();
            self.idle.borrow_mut().entry(address).or_default().push(connection);
        }
    }

    async fn connect(self: &Rc<Self>, address: SocketAddr) -> Result<Connection, UpstreamFailure> {
        let stream = connect(address, self.connect_timeout).await?;
        let local_address = stream.local_addr().ok();
        let handshake = http1::handshake(TokioIo::new(Socket(stream))).await;
        let (sender, driver) = handshake.map_err(|error| UpstreamFailure::of_http1(&error))?;
        tokio::task::spawn_local(async move {
            if let Err(error) = driver.await {
                tracing::debug!("upstream {address}: {error}");
            }
        });
        if !self.is_swept.replace(true) {
            tokio::task::spawn_local(sweep(Rc::downgrade(self)));
        }
        Ok(Connection { sender, local_address, idle_since: Instant::now() })
    }

    /// Drops connections that have had no request for too long. Returns when the next one has not.
    fn drop_old(&self, now: Instant) -> Instant {
        let mut idle = self.idle.borrow_mut();
        for waiting in idle.values_mut() {
            waiting.retain(|connection| now < connection.idle_since + IDLE_TIMEOUT && !connection.sender.is_closed());
        }
        idle.retain(|_, waiting| !waiting.is_empty());
        let oldest = idle.values().flatten().map(|connection| connection.idle_since).min();
        oldest.unwrap_or(now) + IDLE_TIMEOUT
    }
}

/// Closes connections when they have had no request for too long, for as long as there is a pool.
async fn sweep(pool: Weak<Http1Connections>) {
    let mut next = Instant::now() + IDLE_TIMEOUT;
    loop {
        tokio::time::sleep_until(next).await;
        let Some(pool) = pool.upgrade() else { return };
        next = pool.drop_old(Instant::now());
    }
}

impl fmt::Debug for Http1Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1Connections").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}

/// A connection that a response comes on.
struct Lease {
    pool: Weak<Http1Connections>,
    address: SocketAddr,
    connection: Connection,
}

/// The body of an upstream's response. When it is complete, its connection may take another request; dropped before,
/// it takes its connection along.
pub(crate) struct UpstreamBody {
    body: Incoming,
    /// `None` once it has been given back, and where requests share the connection.
    lease: Option<Lease>,
    local_address: Option<SocketAddr>,
}

impl UpstreamBody {
    fn leased(body: Incoming, lease: Lease) -> Self {
        let local_address = lease.connection.local_address;
        let mut body = Self { body, lease: Some(lease), local_address };
        body.give_back_if_complete();
        body
    }

    /// A body on a connection that other requests use, too.
    pub(crate) fn shared(body: Incoming) -> Self {
        Self { body, lease: None, local_address: None }
    }

    /// Where the connection was made from, if it was made for this request alone.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.local_address
    }

    fn give_back_if_complete(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some(Lease { pool, address, connection }) = self.lease.take()
            && let Some(pool) = pool.upgrade()
        {
            pool.give_back(address, connection);
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(_)) => self.give_back_if_complete(),
            Some(Err(_)) => self.lease = None,
            None => self.give_back(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for UpstreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamBody").field("body", &self.body).finish_non_exhaustive()
    }
}
