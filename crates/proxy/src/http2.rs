//! Connections to upstreams that speak HTTP/2: shared by all requests of a worker, and as few as the limits on streams allow.

use crate::connect::{Connector, Established, Facts};
use crate::exchange::{UploadBody, convert};
use crate::extended_connect::ToUpstream;
use crate::http1::ConnectionBody;
use crate::local_executor::LocalExecutor;
use crate::reuse::{self, Usage};
use crate::socket::Socket;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::UpstreamFailure;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::future::{Future as _, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tollgate_config::{Http2Options, UpstreamConnections};

type Driver = http2::Connection<TokioIo<Socket>, UploadBody, LocalExecutor>;

/// A connection, and how many requests are under way on it.
struct Connection {
    sender: SendRequest<UploadBody>,
    /// Knows what the upstream allows. Polled by a task of its own, never while somebody asks.
    driver: Rc<RefCell<Driver>>,
    active: Cell<usize>,
    usage: Usage,
    facts: Rc<Facts>,
}

/// Connections to the endpoints of a cluster.
pub(crate) struct Http2Connections {
    options: Http2Options,
    limits: UpstreamConnections,
    open: Rc<Open>,
    /// Locked while a connection to the endpoint is made, so that those who wait for one share it.
    connecting: RefCell<HashMap<SocketAddr, Rc<Mutex<()>>>>,
    /// Whether the task that closes old connections runs.
    is_swept: Cell<bool>,
}

type Open = RefCell<HashMap<SocketAddr, Vec<Rc<Connection>>>>;

impl Http2Connections {
    pub(crate) fn new(options: Http2Options, limits: UpstreamConnections) -> Self {
        Self { options, limits, open: Rc::default(), connecting: RefCell::default(), is_swept: Cell::new(false) }
    }

    /// Sends a request, whose URI names the authority, to an endpoint.
    pub(crate) async fn send(
        &self,
        connector: &Connector,
        address: SocketAddr,
        mut request: Request<UploadBody>,
    ) -> Result<Response<UpstreamBody>, UpstreamFailure> {
        let extended = ToUpstream::take(&mut request);
        // A connection that ends while nothing of the request has been sent is no reason to fail it; a second one is.
        for is_last in [false, true] {
            let share = self.connection(connector, address).await?;
            share.0.usage.begin();
            request.body().connected(share.facts());
            match share.0.sender.clone().try_send_request(request).await {
                Ok(response) if !convert::is_well_framed(response.headers()) => return Err(UpstreamFailure::protocol()),
                Ok(response) => {
                    let (mut head, body) = response.into_parts();
                    if let Some(extended) = extended {
                        extended.agreed(&mut head);
                    }
                    return Ok(Response::from_parts(head, ConnectionBody::shared(body, share).into()));
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_last => request = unsent,
                    _ => return Err(failure(error.error())),
                },
            }
        }
        Err(UpstreamFailure::terminated())
    }

    /// A connection that has room for a request.
    async fn connection(&self, connector: &Connector, address: SocketAddr) -> Result<Share, UpstreamFailure> {
        if let Some(share) = self.take(address) {
            return Ok(share);
        }
        let lock = self.connecting.borrow_mut().entry(address).or_default().clone();
        let _connecting = lock.lock().await;
        if let Some(share) = self.take(address) {
            return Ok(share);
        }
        let established = connector.connect(address).await?;
        self.adopt(address, established).await
    }

    /// Takes a new connection to an endpoint in, and a share of it.
    pub(crate) async fn adopt(&self, address: SocketAddr, established: Established) -> Result<Share, UpstreamFailure> {
        let (socket, facts) = established.into_parts();
        let mut http = http2::Builder::new(LocalExecutor);
        http.initial_stream_window_size(self.options.initial_stream_window_size)
            .initial_connection_window_size(self.options.initial_connection_window_size);
        if let Some(keepalive) = self.options.keepalive {
            http.timer(TokioTimer::new()).keep_alive_interval(keepalive.interval).keep_alive_timeout(keepalive.timeout);
        }
        let (sender, driver) = http.handshake(TokioIo::new(socket)).await.map_err(|error| failure(&error))?;
        let driver = Rc::new(RefCell::new(driver));
        let driven = driver.clone();
        tokio::task::spawn_local(async move {
            if let Err(error) = poll_fn(|cx| Pin::new(&mut *driven.borrow_mut()).poll(cx)).await {
                tracing::debug!("upstream {address}: {error}");
            }
        });
        if let Some(period) = reuse::period(&self.limits)
            && !self.is_swept.replace(true)
        {
            let limits = self.limits;
            let drop_old = move |open: &Open, now| drop_old(open, &limits, now);
            tokio::task::spawn_local(reuse::sweep(Rc::downgrade(&self.open), period, drop_old));
        }
        let connection = Rc::new(Connection { sender, driver, active: Cell::new(0), usage: Usage::new(), facts });
        self.open.borrow_mut().entry(address).or_default().push(connection.clone());
        Ok(Share::of(connection))
    }

    /// Whether a request could be sent at once.
    pub(crate) fn has_room(&self, address: SocketAddr) -> bool {
        self.take(address).is_some()
    }

    /// A share of the first connection that has room.
    fn take(&self, address: SocketAddr) -> Option<Share> {
        let mut open = self.open.borrow_mut();
        let open = open.get_mut(&address)?;
        // What is under way on one that is let go ends there.
        open.retain(|connection| !connection.sender.is_closed() && !connection.usage.is_spent(&self.limits));
        let own = self.options.max_concurrent_streams as usize;
        let has_room = |connection: &&Rc<Connection>| {
            connection.active.get() < own.min(connection.driver.borrow().current_max_send_streams())
        };
        open.iter().find(has_room).cloned().map(Share::of)
    }
}

/// Lets connections go that have had no request for too long, or are too old. Returns when the next one has.
fn drop_old(open: &Open, limits: &UpstreamConnections, now: Instant) -> Option<Instant> {
    let mut open = open.borrow_mut();
    let stays = |connection: &Connection| {
        connection.active.get() > 0 || connection.usage.end(limits).is_none_or(|end| now < end)
    };
    open.values_mut().for_each(|connections| connections.retain(|connection| stays(connection)));
    open.retain(|_, connections| !connections.is_empty());
    let at_rest = open.values().flatten().filter(|connection| connection.active.get() == 0);
    at_rest.filter_map(|connection| connection.usage.end(limits)).min()
}

/// A request's share of a connection, for as long as the request lasts.
pub(crate) struct Share(Rc<Connection>);

impl Share {
    fn of(connection: Rc<Connection>) -> Self {
        connection.active.set(connection.active.get() + 1);
        Self(connection)
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.0.facts
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get() - 1);
        if self.0.active.get() == 0 {
            self.0.usage.rest();
        }
    }
}

/// How a request has failed on its connection.
pub(crate) fn failure(error: &hyper::Error) -> UpstreamFailure {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    match cause {
        // Both say that the request has not been looked at.
        Some(cause) if cause.is_remote() && cause.reason() == Some(h2::Reason::REFUSED_STREAM) => {
            UpstreamFailure::refused_stream()
        }
        Some(cause) if cause.is_go_away() && cause.is_remote() && cause.reason() == Some(h2::Reason::NO_ERROR) => {
            UpstreamFailure::refused_stream()
        }
        Some(cause) if cause.is_reset() && cause.is_remote() => UpstreamFailure::reset(),
        Some(cause) if !cause.is_io() && !cause.is_remote() && cause.reason().is_some() => UpstreamFailure::protocol(),
        _ => UpstreamFailure::terminated(),
    }
}

impl fmt::Debug for Http2Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http2Connections").field("options", &self.options).finish_non_exhaustive()
    }
}
