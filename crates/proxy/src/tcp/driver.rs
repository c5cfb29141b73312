//! The loop that carries bytes between two sockets and the host's stream.

use super::TcpListenerState;
use super::connect::{Connected, NotConnected, connect};
use super::peer::Peer;
use crate::access_log::{ConnectionLog, chooses, chosen};
use crate::cluster::{Chosen, Upstream};
use crate::connect::Established;
use crate::flags;
use crate::format::{Facts, LogType};
use crate::request_id;
use crate::route::among;
use crate::stats::ConnectionStats;
use crate::transport::Transport;
use bytes::Bytes;
use std::future::{Future, poll_fn};
use std::io;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tokio::time::{Instant, Sleep};
use tollgate_abi::PeerType;
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{ConnectionInfo, RouteInfo, StreamInfo, TcpEffect, TcpStream};

type Connecting = Pin<Box<dyn Future<Output = Result<Connected, NotConnected>>>>;

/// The upstream's side.
enum Server {
    /// Not to be connected to yet.
    None,
    Connecting(Connecting),
    Connected {
        peer: Box<Peer>,
        /// Counts the connection for as long as it lasts; `None` where the other side is HTTP.
        active: Option<Active>,
    },
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// What was to be sent has been.
    Well(PeerType),
    /// A peer has broken it off: the other one is to know.
    Reset(PeerType),
}

/// Carries one connection.
pub(super) struct Driver {
    listener: Rc<TcpListenerState>,
    stream: Logged,
    client: Peer,
    server: Server,
    /// The stream is closed; what waits to be sent is all that is left to do.
    closing: Option<PeerType>,
    end: Option<End>,
    /// The client is not read, because what it has sent before is still to be written.
    paused: bool,
    idle_timer: Option<Pin<Box<Sleep>>>,
    last_activity: Instant,
    /// The way to HTTP, where that serves the connection and no upstream does.
    http: Option<DuplexStream>,
}

impl Driver {
    pub(super) fn new(
        listener: Rc<TcpListenerState>,
        client: Peer,
        connection: Rc<ConnectionInfo>,
        log: Option<ConnectionLog>,
    ) -> Self {
        listener.stats.downstream_cx_total.inc();
        let clock = &listener.services.clock;
        let info = StreamInfo {
            listener: listener.info.clone(),
            connection,
            start_wall_nanos: clock.wall_nanos(),
            start_monotonic_nanos: clock.monotonic_nanos(),
            ..StreamInfo::default()
        };
        // One draw for a connection, however often it is attempted.
        let target = if listener.weights.len() > 1 { among(&listener.weights, request_id::random()) } else { 0 };
        let stream = Logged { stream: listener.chain.open_tcp(info), listener: listener.clone(), target, log };
        let idle_timer = listener.proxy.idle_timeout.map(|timeout| Box::pin(tokio::time::sleep(timeout)));
        Self {
            listener,
            stream,
            client,
            server: Server::None,
            closing: None,
            end: None,
            paused: false,
            idle_timer,
            last_activity: Instant::now(),
            http: None,
        }
    }

    /// Has HTTP serve the connection, at the other end of `http`.
    pub(super) fn serving(mut self, http: DuplexStream) -> Self {
        self.http = Some(http);
        self
    }

    /// Carries the connection to its end.
    pub(super) async fn run(mut self) {
        self.stream.handle_new_connection();
        loop {
            while let Some(effect) = self.stream.poll_effect() {
                self.obey(effect);
            }
            if let Some(peer) = self.closing
                && self.is_flushed()
            {
                self.end.get_or_insert(End::Well(peer));
            }
            if let Some(end) = self.end {
                return self.finish(end);
            }
            poll_fn(|cx| self.poll_progress(cx)).await;
        }
    }

    fn is_flushed(&self) -> bool {
        self.client.is_flushed()
            && match &self.server {
                Server::Connected { peer, .. } => peer.is_flushed(),
                Server::None | Server::Connecting(_) => true,
            }
    }

    fn finish(mut self, end: End) {
        // The sockets first: plugins are told of a connection that is closed.
        let peer = match end {
            End::Well(peer) => {
                drop(self.client);
                drop(std::mem::replace(&mut self.server, Server::None));
                peer
            }
            End::Reset(peer) => {
                self.client.reset();
                if let Server::Connected { peer, .. } = std::mem::replace(&mut self.server, Server::None) {
                    peer.reset();
                }
                peer
            }
        };
        let told = self.stream.told_loggers();
        self.stream.finish_telling(peer, |logger| told.get(logger).is_none_or(|told| *told));
    }

    // Out.

    fn obey(&mut self, effect: TcpEffect) {
        match effect {
            TcpEffect::Connect => self.connect(),
            TcpEffect::SendUpstream { data, end_of_stream } => {
                if let Server::Connected { peer, .. } = &mut self.server {
                    peer.send(data, end_of_stream);
                }
            }
            TcpEffect::SendDownstream { data, end_of_stream } => {
                self.stream.info_mut().response_body_bytes += data.len() as u64;
                self.client.send(data, end_of_stream);
            }
            TcpEffect::Close { peer } => {
                self.closing = Some(peer);
                if let Server::Connecting(_) = self.server {
                    self.server = Server::None;
                }
            }
        }
    }

    fn connect(&mut self) {
        if let Some(http) = self.http.take() {
            let peer = Peer::new(Transport::Within(Box::new(http)), Bytes::new());
            self.server = Server::Connected { peer: Box::new(peer), active: None };
            return self.stream.handle_served();
        }
        match self.stream.upstream() {
            Some(upstream) => {
                self.stream.info_mut().upstream.num_endpoints = Some(upstream.len() as u64);
                let attempts = self.listener.proxy.max_connect_attempts;
                self.server = Server::Connecting(Box::pin(connect(upstream, attempts)));
            }
            // Loading has refused that; there is nobody to talk to in any case.
            None => self.end = Some(End::Well(PeerType::Local)),
        }
    }

    // In.

    /// Does what can be done now, each kind once, so that no peer keeps the others waiting. Ready if something was done.
    fn poll_progress(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.set_waker(cx.waker());
        let mut progress = false;
        if self.stream.has_mail() {
            self.stream.handle_wake();
            progress = true;
        }
        progress |= self.poll_connecting(cx);
        progress |= self.poll_writes(cx);
        if self.closing.is_none() {
            progress |= self.poll_reads(cx);
        }
        if progress {
            self.last_activity = Instant::now();
        } else {
            progress |= self.poll_idle(cx);
        }
        if progress { Poll::Ready(()) } else { Poll::Pending }
    }

    fn poll_connecting(&mut self, cx: &mut Context<'_>) -> bool {
        let Server::Connecting(connecting) = &mut self.server else { return false };
        let Poll::Ready(result) = connecting.as_mut().poll(cx) else { return false };
        let upstream = self.stream.upstream();
        match (result, upstream) {
            (Ok(connected), Some(upstream)) => self.connected(connected, &upstream),
            (Ok(_), None) => {}
            (Err(failure), _) => {
                let mut info = self.stream.info_mut();
                info.response_flags |= failure.flags;
                info.upstream.address = failure.address;
                info.upstream.attempts = u64::from(failure.attempts);
                info.upstream.transport_failure_reason = failure.why;
                drop(info);
                self.end = Some(End::Well(PeerType::Local));
            }
        }
        true
    }

    fn connected(&mut self, connected: Connected, upstream: &Rc<Upstream>) {
        let Connected { established, chosen, attempts, failed } = connected;
        let Established { transport, facts, .. } = established;
        {
            let mut info = self.stream.info_mut();
            info.upstream.address = Some(chosen.address);
            info.upstream.local_address = facts.local_address;
            info.upstream.tls = facts.tls;
            info.upstream.attempts = u64::from(attempts);
            // That it has failed before stays true.
            if let Some(failed) = failed {
                info.response_flags |= failed.flag;
                info.upstream.transport_failure_reason = failed.transport;
            }
        }
        self.server = Server::Connected {
            peer: Box::new(Peer::new(transport, Bytes::new())),
            active: Some(Active::new(upstream.clone(), chosen)),
        };
        self.stream.handle_upstream_connected(&Arc::from(&*upstream.cluster.config.name));
    }

    fn poll_writes(&mut self, cx: &mut Context<'_>) -> bool {
        let mut progress = false;
        if let Poll::Ready(written) = self.client.poll_write(cx) {
            progress = true;
            match written {
                Ok(count) => self.listener.stats.downstream_cx_tx_bytes_total.add(count as u64),
                Err(error) => self.broken(PeerType::Remote, &error),
            }
        }
        if let Server::Connected { peer, active } = &mut self.server
            && let Poll::Ready(written) = peer.poll_write(cx)
        {
            progress = true;
            match written {
                Ok(count) => {
                    active.iter().for_each(|active| active.stats().upstream_cx_tx_bytes_total.add(count as u64));
                }
                Err(error) => self.broken(PeerType::Local, &error),
            }
        }
        progress
    }

    fn poll_reads(&mut self, cx: &mut Context<'_>) -> bool {
        let limit = self.listener.buffer_limit.max(1);
        let Server::Connected { peer: server, active } = &mut self.server else { return false };
        let serves_http = active.is_none();
        let mut progress = false;
        let full = server.waiting() >= limit;
        if full != self.paused {
            self.paused = full;
            let stats = &self.listener.stats;
            if full {
                stats.downstream_flow_control_paused_reading_total.inc();
            } else {
                stats.downstream_flow_control_resumed_reading_total.inc();
            }
        }
        if self.client.waiting() < limit
            && self.stream.wants_upstream_data()
            && let Poll::Ready(read) = server.poll_read(cx)
        {
            progress = true;
            match read {
                Ok((data, end_of_stream)) => {
                    active.iter().for_each(|active| active.stats().upstream_cx_rx_bytes_total.add(data.len() as u64));
                    self.stream.handle_upstream_data(data, end_of_stream && !serves_http);
                    // HTTP closes both halves at once.
                    if end_of_stream && serves_http {
                        self.closing = Some(PeerType::Local);
                        return true;
                    }
                }
                Err(error) => {
                    self.broken(PeerType::Local, &error);
                    return true;
                }
            }
        }
        if !full
            && self.stream.wants_downstream_data()
            && let Poll::Ready(read) = self.client.poll_read(cx)
        {
            progress = true;
            match read {
                Ok((data, end_of_stream)) => {
                    self.listener.stats.downstream_cx_rx_bytes_total.add(data.len() as u64);
                    self.stream.handle_downstream_data(data, end_of_stream && !serves_http);
                    if end_of_stream && serves_http {
                        self.end.get_or_insert(End::Well(PeerType::Remote));
                    }
                }
                Err(error) => self.broken(PeerType::Remote, &error),
            }
        }
        progress
    }

    /// A peer has broken the connection off: the client if it is `Remote`, the upstream otherwise.
    fn broken(&mut self, peer: PeerType, error: &io::Error) {
        tracing::debug!("connection broken off, {}: {error}", peer.name());
        if peer == PeerType::Local {
            self.stream.info_mut().response_flags |= flags::UPSTREAM_REMOTE_RESET;
        }
        self.end.get_or_insert(End::Reset(peer));
    }

    /// Nothing has moved for too long: neither peer, nor a plugin that holds what they have sent.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> bool {
        let (Some(timer), Some(timeout)) = (&mut self.idle_timer, self.listener.proxy.idle_timeout) else {
            return false;
        };
        while timer.as_mut().poll(cx).is_ready() {
            let due = self.last_activity + timeout;
            if due <= Instant::now() {
                self.listener.stats.idle_timeout.inc();
                self.end.get_or_insert(End::Well(PeerType::Local));
                return true;
            }
            timer.as_mut().reset(due);
        }
        false
    }
}

/// A stream that is logged when it is dropped, however it has ended.
struct Logged {
    stream: TcpStream,
    listener: Rc<TcpListenerState>,
    /// Which of the proxy's clusters it goes to.
    target: usize,
    log: Option<ConnectionLog>,
}

impl Logged {
    fn upstream(&self) -> Option<Rc<Upstream>> {
        self.listener.upstreams.get(self.target).cloned().flatten()
    }

    /// Which of the plugins that log are told of the connection; all of them, if there is no more to say.
    fn told_loggers(&self) -> Vec<bool> {
        let proxy = &self.listener.proxy;
        if !chooses(&proxy.access_logs) {
            return Vec::new();
        }
        let mut info = self.stream.info().clone();
        let took = self.listener.services.clock.monotonic_nanos().saturating_sub(info.start_monotonic_nanos);
        info.duration_nanos = Some(took as i64);
        let (none, route) = (
            HeaderMap::new(),
            RouteInfo { cluster: self.listener.cluster(self.target).into(), ..RouteInfo::default() },
        );
        let facts = Facts { route: Some(&route), kind: LogType::TcpConnectionEnd, ..Facts::new(&none, &info) };
        chosen(&proxy.access_logs, &facts)
    }
}

impl Deref for Logged {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl DerefMut for Logged {
    fn deref_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        if let Some(log) = &mut self.log {
            log.carried(self.stream.info().clone(), self.listener.cluster(self.target));
        }
    }
}

/// Counts a connection to an upstream for as long as it lasts.
struct Active {
    upstream: Rc<Upstream>,
    _chosen: Chosen,
}

impl Active {
    fn new(upstream: Rc<Upstream>, chosen: Chosen) -> Self {
        upstream.cluster.connection_stats.upstream_cx_active.inc();
        Self { upstream, _chosen: chosen }
    }

    fn stats(&self) -> &ConnectionStats {
        &self.upstream.cluster.connection_stats
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let stats = self.stats();
        stats.upstream_cx_active.dec();
        stats.upstream_cx_destroy.inc();
    }
}
