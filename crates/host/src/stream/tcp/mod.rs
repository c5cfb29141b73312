//! The bytes of a TCP connection on their way through a chain of plugins. How they move is in [`drive`].

mod drive;
mod effect;

pub use effect::TcpEffect;

use super::access_log;
use super::action::Direction;
use super::chain::FilterChain;
use super::exchange::Exchange;
use super::filter::Filter;
use super::info::{NoRoutes, StreamInfo};
use super::stage::Part;
use crate::buffer::Buffer;
use crate::plugin::Form;
use bytes::Bytes;
use std::cell::{Ref, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use tollgate_abi::PeerType;

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not announced to the plugins.
    New,
    /// On its way through the chain.
    Opening,
    /// Through the chain; the upstream is being connected to.
    Connecting,
    /// Bytes flow.
    Connected,
    /// To be closed: nothing goes through the chain any more.
    Closed,
    /// Finished: every context is gone.
    Over,
}

/// A client's connection and the one to the upstream behind it, on their way through a chain of plugins.
///
/// Methods come in four kinds: `handle_*` take what has happened, [`poll_effect`](Self::poll_effect) says what to do,
/// [`wants_downstream_data`](Self::wants_downstream_data) and [`wants_upstream_data`](Self::wants_upstream_data) say when
/// to wait, the rest read. After every `handle_*`, drain the effects.
///
/// ```text
/// handle_new_connection -> handle_upstream_connected -> handle_downstream_data*, handle_upstream_data*
/// finish                                                       (also by dropping the stream)
/// ```
///
/// Each direction ends for itself (half-close). The connection is over when the stream says [`TcpEffect::Close`], because both
/// have ended or a plugin wants it; or when a peer breaks it off, is not reached or is silent for too long. The driver then
/// closes both sockets and calls [`finish`](Self::finish).
///
/// Bytes of a direction that has ended, or of a connection that is closed, are ignored.
#[derive(Debug)]
pub struct TcpStream {
    chain: FilterChain,
    exchange: Rc<RefCell<Exchange>>,
    filters: Box<[Filter]>,
    effects: VecDeque<TcpEffect>,
    state: State,
    /// The client has sent its last byte.
    downstream_ended: bool,
    /// The upstream has sent its last byte.
    upstream_ended: bool,
    /// The last byte for the upstream has passed the chain.
    upstream_sent: bool,
    /// The last byte for the client has passed the chain.
    downstream_sent: bool,
    /// Who closes the client's side, should both directions end: the last to end its half of it.
    closer: PeerType,
}

impl TcpStream {
    pub(super) fn new(chain: FilterChain, info: StreamInfo) -> Self {
        let count = chain.plugins().len();
        Self {
            exchange: Rc::new(RefCell::new(Exchange::new(count, info, Rc::new(NoRoutes)))),
            filters: (0..count).map(|_| Filter::default()).collect(),
            chain,
            effects: VecDeque::new(),
            state: State::New,
            downstream_ended: false,
            upstream_ended: false,
            upstream_sent: false,
            downstream_sent: false,
            closer: PeerType::Local,
        }
    }

    /// The connection was accepted.
    pub fn handle_new_connection(&mut self) {
        if self.state == State::New {
            self.state = State::Opening;
            self.feed(Direction::Request, 0, Part::Headers { end_of_stream: false });
        }
    }

    /// The upstream is connected, as [`TcpEffect::Connect`] asked for; from now on, bytes flow. `cluster` is the name of the
    /// upstream's cluster.
    pub fn handle_upstream_connected(&mut self, cluster: &Arc<str>) {
        if self.state == State::Connecting {
            self.handle_served();
            self.exchange.borrow_mut().cluster = Some(cluster.clone());
        }
    }

    /// As [`handle_upstream_connected`](Self::handle_upstream_connected), where the embedder serves the connection itself: what it
    /// says is what the upstream would.
    pub fn handle_served(&mut self) {
        if self.state == State::Connecting {
            self.state = State::Connected;
        }
    }

    /// The client has sent bytes, or its last ones.
    pub fn handle_downstream_data(&mut self, data: Bytes, end_of_stream: bool) {
        if self.downstream_ended {
            return;
        }
        self.exchange.borrow_mut().info.request_body_bytes += data.len() as u64;
        if end_of_stream {
            self.downstream_ended = true;
            if self.downstream_sent {
                self.closer = PeerType::Remote;
            }
        }
        self.receive(Direction::Request, data, end_of_stream);
    }

    /// The upstream has sent bytes, or its last ones.
    pub fn handle_upstream_data(&mut self, data: Bytes, end_of_stream: bool) {
        if self.upstream_ended {
            return;
        }
        self.upstream_ended = end_of_stream;
        self.receive(Direction::Response, data, end_of_stream);
    }

    fn receive(&mut self, direction: Direction, data: Bytes, end_of_stream: bool) {
        // What plugins asked for before the bytes came is done before them: the driver may learn of both at once.
        self.settle();
        // A callback without bytes means the end, so it must be the end.
        if self.state != State::Connected || (data.is_empty() && !end_of_stream) {
            return;
        }
        self.feed(direction, 0, Part::Body { data: Buffer::from(data), end_of_stream });
        self.close_if_nothing_is_left();
    }

    /// The driver was woken: does what plugins asked for during callbacks of other streams.
    pub fn handle_wake(&mut self) {
        if self.state == State::Over {
            return;
        }
        loop {
            let inbox = std::mem::take(&mut self.exchange.borrow_mut().inbox);
            if inbox.is_empty() {
                return;
            }
            for (filter, action) in inbox {
                self.act(filter, &action);
            }
        }
    }

    /// A plugin that holds nothing but the end of a direction does not keep a connection that both peers have ended: many hold
    /// until they have seen enough, and never resume. Bytes that are held do keep it, since they would be lost.
    fn close_if_nothing_is_left(&mut self) {
        let holds = |direction| {
            let exchange = self.exchange.borrow();
            exchange.half(direction).stages.iter().any(|stage| stage.held().0 > 0)
        };
        if self.downstream_ended
            && self.upstream_ended
            && self.state == State::Connected
            && !holds(Direction::Request)
            && !holds(Direction::Response)
        {
            self.close(self.closer);
        }
    }

    /// Whether something waits for [`handle_wake`](Self::handle_wake).
    pub fn has_mail(&self) -> bool {
        !self.exchange.borrow().inbox.is_empty()
    }

    /// Whom to wake when another stream's callback concerns this one.
    pub fn set_waker(&self, waker: &Waker) {
        self.exchange.borrow_mut().set_waker(waker);
    }

    /// What to do next, until there is nothing.
    pub fn poll_effect(&mut self) -> Option<TcpEffect> {
        self.effects.pop_front()
    }

    /// Whether the client's bytes should be read: not before the upstream is connected, not after they have ended, and not
    /// while plugins hold as much as they may.
    pub fn wants_downstream_data(&self) -> bool {
        !self.downstream_ended && self.wants_data(Direction::Request)
    }

    /// Whether the upstream's bytes should be read: not after they have ended, and not while plugins hold as much as they
    /// may.
    pub fn wants_upstream_data(&self) -> bool {
        !self.upstream_ended && self.wants_data(Direction::Response)
    }

    fn wants_data(&self, direction: Direction) -> bool {
        let limit = self.chain.buffer_limit().max(1);
        let exchange = self.exchange.borrow();
        self.state == State::Connected && exchange.half(direction).stages.iter().all(|stage| stage.held().0 < limit)
    }

    /// What the embedder has told about the connection.
    pub fn info(&self) -> Ref<'_, StreamInfo> {
        Ref::map(self.exchange.borrow(), |exchange| &exchange.info)
    }

    /// What the embedder tells about the connection.
    pub fn info_mut(&self) -> RefMut<'_, StreamInfo> {
        RefMut::map(self.exchange.borrow_mut(), |exchange| &mut exchange.info)
    }

    /// The connection is over; `peer` is who has closed the client's side of it. Plugin after plugin, in configured order,
    /// is told that the client's connection is closed, is done, logs, and its context is deleted; then the access loggers log.
    /// Nothing more comes of it.
    pub fn finish(&mut self, peer: PeerType) {
        self.finish_telling(peer, |_| true);
    }

    /// As [`finish`](Self::finish), where only some of the access loggers are to know: those of whose number `is_told` holds.
    pub fn finish_telling(&mut self, peer: PeerType, is_told: impl Fn(usize) -> bool) {
        if std::mem::replace(&mut self.state, State::Over) == State::Over {
            return;
        }
        self.exchange.borrow_mut().logging = true;
        self.effects.clear();
        for filter in 0..self.filters.len() {
            self.finish_filter(filter, peer);
        }
        access_log::log(self.chain.access_loggers(), is_told, &self.exchange);
        let mut exchange = self.exchange.borrow_mut();
        exchange.waker = None;
        exchange.inbox.clear();
    }

    fn finish_filter(&mut self, filter: usize, peer: PeerType) {
        let exports = self.chain.plugins()[filter].plugin().exports;
        let filter = &mut self.filters[filter];
        let exchange = &self.exchange;
        let peer = peer.as_i32();
        match exports.downstream_close {
            None => {}
            Some(Form::Draft) => filter.finishing_call(exchange, "proxy_on_downstream_close", |instance, id| {
                instance.on_downstream_close(id, peer)
            }),
            Some(_) => filter.finishing_call(exchange, "proxy_on_downstream_connection_close", |instance, id| {
                instance.on_downstream_connection_close(id, peer)
            }),
        }
        // The answer of proxy_on_done concerns plugins; a connection is over whatever it says.
        if exports.done {
            filter.finishing_call(exchange, "proxy_on_done", |instance, id| instance.on_done(id));
        }
        if exports.log {
            filter.finishing_call(exchange, "proxy_on_log", |instance, id| instance.on_log(id));
        }
        if exports.delete {
            filter.finishing_call(exchange, "proxy_on_delete", |instance, id| instance.on_delete(id));
        }
        filter.delete_context();
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        self.finish(PeerType::Local);
    }
}
