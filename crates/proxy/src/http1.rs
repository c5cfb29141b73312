//! Connections to upstreams that speak HTTP/1.1: one per endpoint and request under way, kept for the requests that follow.
//!
//! They belong to one worker, so that taking one and giving it back is a push and a pop, and nothing is spawned for a
//! request.

use crate::connect::{Connector, Established, Facts};
use crate::exchange::{UploadBody, convert};
use crate::http_connection;
use crate::http2::Share;
use crate::reuse::{self, Usage};
use crate::socket::ByteCounts;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::UpstreamFailure;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;
use tollgate_config::UpstreamConnections;

/// What is read ahead at least, in bytes: the head of a response has to fit.
const MIN_BUFFER: usize = 64 * 1024;

/// Says how the body of a request is framed where hyper would not: it takes GET and HEAD for requests without a body, and leaves
/// out that of another method is empty, which some upstreams answer with 411 (RFC 9110, 8.6).
fn say_framing(request: &mut Request<UploadBody>) {
    let is_empty = request.body().is_end_stream();
    let foresees_none =
        matches!(*request.method(), Method::GET | Method::HEAD | Method::DELETE | Method::TRACE | Method::CONNECT);
    let headers = request.headers_mut();
    if headers.contains_key(CONTENT_LENGTH) || headers.contains_key(UPGRADE) {
        return;
    }
    if !is_empty {
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    } else if !foresees_none {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// A connection. The task that serves it ends when this is dropped.
struct Connection {
    sender: SendRequest<UploadBody>,
    facts: Rc<Facts>,
    usage: Usage,
    /// What has passed it.
    bytes: Arc<ByteCounts>,
}

/// Connections to the endpoints of a cluster.
pub(crate) struct Http1Connections {
    connector: Connector,
    limits: UpstreamConnections,
    /// For each endpoint those that wait for a request, the one that was used last at the end.
    idle: RefCell<HashMap<SocketAddr, Vec<Connection>>>,
    /// Whether the task that closes old connections runs.
    is_swept: Cell<bool>,
}

impl Http1Connections {
    pub(crate) fn new(connector: Connector, limits: UpstreamConnections) -> Rc<Self> {
        Rc::new(Self { connector, limits, idle: RefCell::default(), is_swept: Cell::new(false) })
    }

    /// Sends a request to an endpoint.
    pub(crate) async fn send(
        self: Rc<Self>,
        address: SocketAddr,
        mut request: Request<UploadBody>,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        say_framing(&mut request);
        loop {
            let (mut connection, is_new) = match self.take(address) {
                Some(connection) => (connection, false),
                None => (self.connect(address).await?, true),
            };
            connection.usage.begin();
            request.body().connected(&connection.facts);
            let (received, _) = connection.bytes.both();
            match connection.sender.try_send_request(request).await {
                Ok(response) if !convert::is_well_framed(response.headers()) => return Err(UpstreamFailure::protocol()),
                // Nothing else goes over a connection that is HTTP no more.
                Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    return Ok(response.map(|body| ConnectionBody::upgraded(body).into()));
                }
                Ok(response) => {
                    // The HTTP library would go on in HTTP/1.0, in which bodies of unknown length have no end.
                    let pool = if response.version() < Version::HTTP_11 { Weak::new() } else { Rc::downgrade(&self) };
                    let lease = Lease { pool, address, connection };
                    return Ok(response.map(|body| ConnectionBody::leased(body, lease).into()));
                }
                // A connection that was kept may have ended meanwhile. If nothing of the request was sent, another one
                // will do.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    _ => {
                        let has_begun = connection.bytes.both().0 > received;
                        return Err(UpstreamFailure::of_http1(&error.into_error(), has_begun));
                    }
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
            if waiting[at].sender.is_closed() || waiting[at].usage.is_spent(&self.limits) {
                waiting.remove(at);
            } else if waiting[at].sender.is_ready() {
                return Some(waiting.remove(at));
            }
        }
        None
    }

    fn give_back(&self, address: SocketAddr, connection: Connection) {
        if !connection.sender.is_closed() && !connection.usage.is_spent(&self.limits) {
            connection.usage.rest();
            self.idle.borrow_mut().entry(address).or_default().push(connection);
        }
    }

    async fn connect(self: &Rc<Self>, address: SocketAddr) -> Result<Connection, UpstreamFailure> {
        let established = self.connector.connect(address).await?;
        self.handshake(address, established).await
    }

    /// Takes a new connection to an endpoint in.
    pub(crate) async fn adopt(
        self: &Rc<Self>,
        address: SocketAddr,
        established: Established,
    ) -> Result<(), UpstreamFailure> {
        let mut connection = self.handshake(address, established).await?;
        connection.sender.ready().await.map_err(|error| UpstreamFailure::of_http1(&error, false))?;
        self.give_back(address, connection);
        Ok(())
    }

    /// Whether a connection waits for a request.
    pub(crate) fn has_idle(&self, address: SocketAddr) -> bool {
        let Some(connection) = self.take(address) else { return false };
        self.idle.borrow_mut().entry(address).or_default().push(connection);
        true
    }

    async fn handshake(
        self: &Rc<Self>,
        address: SocketAddr,
        established: Established,
    ) -> Result<Connection, UpstreamFailure> {
        let (mut socket, facts) = established.into_parts();
        if facts.agreed == Some(http_connection::Version::Http2) {
            // A cluster that speaks what is agreed on comes here for HTTP/1.1 only; this connection is none of it.
            return Err(UpstreamFailure::terminated());
        }
        let mut http = http1::Builder::new();
        if let Some(limit) = self.limits.per_connection_buffer_limit_bytes {
            http.max_buf_size(MIN_BUFFER.max(limit as usize));
        }
        let bytes = Arc::new(ByteCounts::default());
        socket.count(bytes.clone());
        let handshake = http.handshake(TokioIo::new(socket)).await;
        let (sender, driver) = handshake.map_err(|error| UpstreamFailure::of_http1(&error, false))?;
        tokio::task::spawn_local(async move {
            if let Err(error) = driver.with_upgrades().await {
                tracing::debug!("upstream {address}: {error}");
            }
        });
        if let Some(period) = reuse::period(&self.limits)
            && !self.is_swept.replace(true)
        {
            tokio::task::spawn_local(reuse::sweep(Rc::downgrade(self), period, Self::drop_old));
        }
        Ok(Connection { sender, facts, usage: Usage::new(), bytes })
    }

    /// Drops connections that have had no request for too long, or are too old. Returns when the next one is.
    fn drop_old(&self, now: Instant) -> Option<Instant> {
        let mut idle = self.idle.borrow_mut();
        let end = |connection: &Connection| connection.usage.end(&self.limits);
        for waiting in idle.values_mut() {
            waiting.retain(|connection| end(connection).is_none_or(|end| now < end) && !connection.sender.is_closed());
        }
        idle.retain(|_, waiting| !waiting.is_empty());
        idle.values().flatten().filter_map(end).min()
    }
}

impl fmt::Debug for Http1Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1Connections").field("connector", &self.connector).finish_non_exhaustive()
    }
}

/// A connection that a response comes on.
struct Lease {
    /// Where it is given back to, if it may have another request.
    pool: Weak<Http1Connections>,
    address: SocketAddr,
    connection: Connection,
}

/// The body of a response as it comes from a connection. When it is complete, the connection may take another request; dropped before,
/// it takes its connection along.
pub(crate) struct ConnectionBody {
    body: Incoming,
    /// `None` once it has been given back, and where requests share the connection.
    lease: Option<Lease>,
    /// Where requests share the connection, this one's part in it.
    share: Option<Share>,
}

impl ConnectionBody {
    fn leased(body: Incoming, lease: Lease) -> Self {
        let mut body = Self { body, lease: Some(lease), share: None };
        body.give_back_if_complete();
        body
    }

    /// The body of a response that ends HTTP on its connection: none.
    fn upgraded(body: Incoming) -> Self {
        Self { body, lease: None, share: None }
    }

    /// A body on a connection that other requests use, too.
    pub(crate) fn shared(body: Incoming, share: Share) -> Self {
        Self { body, lease: None, share: Some(share) }
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

impl Body for ConnectionBody {
    type Data = Bytes;
    type Error = UpstreamFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamFailure>>> {
        Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => {
                self.give_back_if_complete();
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                tracing::debug!("upstream body: {error}");
                self.lease = None;
                Some(Err(UpstreamFailure::of_body(&error)))
            }
            // The HTTP library takes a reset with NO_ERROR or CANCEL for the end; but nobody has said that there is no more.
            None if self.share.is_some() && !self.body.is_end_stream() => Some(Err(UpstreamFailure::reset())),
            None => {
                self.give_back();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for ConnectionBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionBody").field("body", &self.body).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Http1Connections;
    use crate::connect::Connector;
    use crate::exchange::UploadBody;
    use http_body_util::BodyExt as _;
    use hyper::Request;
    use std::cell::Cell;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::rc::Rc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::{LocalSet, spawn_local, yield_now};
    use tokio::time::Instant;
    use tollgate_config::UpstreamConnections;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

    /// An upstream, and how many connections it has had.
    struct Scripted {
        address: SocketAddr,
        accepted: Rc<Cell<usize>>,
    }

    /// Answers `answers` requests on each connection with `answer`, and closes it.
    async fn upstream(answers: usize, answer: &'static [u8]) -> Scripted {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, accepted) = (listener.local_addr().unwrap(), Rc::new(Cell::new(0)));
        let counter = accepted.clone();
        spawn_local(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                counter.set(counter.get() + 1);
                spawn_local(async move {
                    for _ in 0..answers {
                        let mut head = Vec::new();
                        while !head.ends_with(b"\r\n\r\n") {
                            let Ok(byte) = socket.read_u8().await else { return };
                            head.push(byte);
                        }
                        let _ = socket.write_all(answer).await;
                    }
                });
            }
        });
        Scripted { address, accepted }
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, test);
    }

    fn connector() -> Connector {
        Connector::plain(Duration::from_secs(5))
    }

    fn request() -> Request<UploadBody> {
        Request::builder().uri("/").header("host", "a.test").body(UploadBody::empty()).unwrap()
    }

    async fn exchange(pool: &Rc<Http1Connections>, address: SocketAddr) {
        let response = pool.clone().send(address, request()).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hi");
    }

    fn idle(pool: &Http1Connections) -> usize {
        pool.idle.borrow().values().map(Vec::len).sum()
    }

    #[test]
    fn a_connection_is_used_again_once_its_response_has_been_read() {
        run(async {
            let upstream = upstream(usize::MAX, ANSWER).await;
            let pool = Http1Connections::new(connector(), UpstreamConnections::default());
            for _ in 0..3 {
                exchange(&pool, upstream.address).await;
                assert_eq!(idle(&pool), 1);
            }
            assert_eq!(upstream.accepted.get(), 1);
            // Two at once need two.
            let first = pool.clone().send(upstream.address, request()).await.unwrap();
            exchange(&pool, upstream.address).await;
            assert_eq!((upstream.accepted.get(), idle(&pool)), (2, 1));
            // Nobody reads the first to its end, so that nobody knows what would come next on its connection.
            drop(first);
            assert_eq!(idle(&pool), 1);
        });
    }

    /// hyper went on in HTTP/1.0 with what had answered so, and sent bodies of unknown length without an end.
    #[test]
    fn a_connection_of_http_1_0_has_one_request() {
        run(async {
            let answer = b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi";
            let upstream = upstream(usize::MAX, answer).await;
            let pool = Http1Connections::new(connector(), UpstreamConnections::default());
            for number in 1..=2 {
                exchange(&pool, upstream.address).await;
                assert_eq!((upstream.accepted.get(), idle(&pool)), (number, 0));
            }
        });
    }

    #[test]
    fn a_response_without_a_body_frees_its_connection_at_once() {
        run(async {
            let upstream = upstream(usize::MAX, b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let pool = Http1Connections::new(connector(), UpstreamConnections::default());
            let response = pool.clone().send(upstream.address, request()).await.unwrap();
            assert_eq!((response.status().as_u16(), idle(&pool)), (204, 1));
        });
    }

    #[test]
    fn a_connection_that_the_upstream_closes_fails_no_request() {
        run(async {
            let upstream = upstream(1, ANSWER).await;
            let pool = Http1Connections::new(connector(), UpstreamConnections::default());
            for number in 1..=5 {
                exchange(&pool, upstream.address).await;
                assert_eq!(upstream.accepted.get(), number);
                // Until the pool's side has seen the end.
                while pool.idle.borrow().values().flatten().any(|connection| !connection.sender.is_closed()) {
                    yield_now().await;
                }
            }
            assert!(idle(&pool) <= 1);
        });
    }

    #[test]
    fn what_is_no_http_and_what_nobody_listens_for_are_told_apart() {
        run(async {
            let pool = Http1Connections::new(connector(), UpstreamConnections::default());
            let upstream = upstream(1, b"SSH-2.0\r\n\r\n").await;
            let failure = pool.clone().send(upstream.address, request()).await.unwrap_err();
            assert_eq!((failure.status, failure.reason), (502, "protocol error"));
            let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
            assert!(pool.send(closed, request()).await.unwrap_err().is_connect());
        });
    }

    #[test]
    fn old_connections_are_dropped_and_the_next_ones_time_is_told() {
        run(async {
            let upstream = upstream(usize::MAX, ANSWER).await;
            let pool = Http1Connections::new(connector(), UpstreamConnections::default());
            let before = Instant::now();
            exchange(&pool, upstream.address).await;
            let hour = Duration::from_secs(3600);
            let next = pool.drop_old(Instant::now()).unwrap();
            assert!(next >= before + hour && next <= Instant::now() + hour);
            assert_eq!(idle(&pool), 1);
            pool.drop_old(next);
            assert_eq!(idle(&pool), 0);
        });
    }
}
