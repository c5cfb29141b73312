//! A TCP connection with its peers: bytes in, events out, back-pressure obeyed.

use super::conversation::Side;
use bytes::Bytes;
use std::cell::RefMut;
use std::collections::VecDeque;
use std::sync::Arc;
use tollgate_abi::PeerType;
use tollgate_host::stream::{StreamInfo, TcpEffect, TcpStream};

/// Something that a peer of a connection sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpEvent {
    /// The upstream is connected to.
    Connected,
    /// The upstream is not reached.
    Refused,
    /// The peer on a side receives bytes.
    Received {
        /// Who.
        side: Side,
        /// The bytes.
        data: Bytes,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// Both sides are closed.
    Closed(PeerType),
}

/// A client's connection and the one to the upstream. It does what a proxy's driver does: obeys effects and makes a sender
/// wait while plugins hold as much as they may.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    events: Vec<TcpEvent>,
    from_client: VecDeque<(Bytes, bool)>,
    from_upstream: VecDeque<(Bytes, bool)>,
    /// Whether the upstream can be connected to.
    pub upstream_listens: bool,
    /// Who has closed the client's side, once both are closed.
    closed: Option<PeerType>,
}

impl Connection {
    /// A connection that has not been accepted.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            events: Vec::new(),
            from_client: VecDeque::new(),
            from_upstream: VecDeque::new(),
            upstream_listens: true,
            closed: None,
        }
    }

    /// What the host is told about the connection.
    pub fn info_mut(&self) -> RefMut<'_, StreamInfo> {
        self.stream.info_mut()
    }

    /// The stream itself, to ask it.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether both sides have been closed, so that it is to be finished.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// Whether a sender has bytes that the stream does not want yet.
    pub fn waits(&self, side: Side) -> bool {
        match side {
            Side::Client => !self.from_client.is_empty(),
            Side::Upstream => !self.from_upstream.is_empty(),
        }
    }

    /// The client connects.
    pub fn accept(&mut self) {
        self.stream.handle_new_connection();
        self.settle();
    }

    /// A peer sends bytes, or its last ones.
    pub fn send(&mut self, side: Side, data: Bytes, end_of_stream: bool) {
        if !self.is_closed() {
            self.queue(side).push_back((data, end_of_stream));
            self.settle();
        }
    }

    /// A peer breaks the connection off.
    pub fn reset(&mut self, side: Side) {
        self.close(if side == Side::Client { PeerType::Remote } else { PeerType::Local });
    }

    /// Lets the stream do what callbacks of other streams asked for.
    pub fn wake(&mut self) {
        self.stream.handle_wake();
        self.settle();
    }

    /// Closes both sides; `peer` is who has closed the client's.
    pub fn close(&mut self, peer: PeerType) {
        if self.closed.is_none() {
            self.closed = Some(peer);
            self.from_client.clear();
            self.from_upstream.clear();
            self.events.push(TcpEvent::Closed(peer));
        }
    }

    /// Tells the plugins that the connection is closed; if it is not, the proxy closes it.
    pub fn finish(&mut self) {
        self.close(PeerType::Local);
        self.stream.finish(self.closed.unwrap_or(PeerType::Local));
    }

    /// What the peers have seen since the last time.
    pub fn events(&mut self) -> Vec<TcpEvent> {
        std::mem::take(&mut self.events)
    }

    fn queue(&mut self, side: Side) -> &mut VecDeque<(Bytes, bool)> {
        match side {
            Side::Client => &mut self.from_client,
            Side::Upstream => &mut self.from_upstream,
        }
    }

    /// Hands over what waits, as far as it is wanted, until nothing moves.
    fn settle(&mut self) {
        loop {
            while let Some(effect) = self.stream.poll_effect() {
                self.obey(effect);
            }
            if self.is_closed() {
                return;
            }
            let wanted = |side| match side {
                Side::Client => self.stream.wants_downstream_data(),
                Side::Upstream => self.stream.wants_upstream_data(),
            };
            let Some(side) = [Side::Client, Side::Upstream].into_iter().find(|side| self.waits(*side) && wanted(*side))
            else {
                return;
            };
            match (side, self.queue(side).pop_front()) {
                (Side::Client, Some((data, end))) => self.stream.handle_downstream_data(data, end),
                (Side::Upstream, Some((data, end))) => self.stream.handle_upstream_data(data, end),
                (_, None) => return,
            }
        }
    }

    fn obey(&mut self, effect: TcpEffect) {
        match effect {
            TcpEffect::Connect if self.upstream_listens => {
                self.events.push(TcpEvent::Connected);
                self.stream.info_mut().upstream.attempts = 1;
                self.stream.handle_upstream_connected(&Arc::from("main-cluster"));
            }
            TcpEffect::Connect => {
                self.events.push(TcpEvent::Refused);
                self.close(PeerType::Local);
            }
            TcpEffect::SendUpstream { data, end_of_stream } => {
                self.events.push(TcpEvent::Received { side: Side::Upstream, data, end_of_stream });
            }
            TcpEffect::SendDownstream { data, end_of_stream } => {
                self.stream.info_mut().response_body_bytes += data.len() as u64;
                self.events.push(TcpEvent::Received { side: Side::Client, data, end_of_stream });
            }
            TcpEffect::Close { peer } => self.close(peer),
        }
    }
}
