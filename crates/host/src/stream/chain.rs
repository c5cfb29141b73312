//! An ordered list of started plugins.

use super::effect::Effect;
use super::exchange::Exchange;
use super::filter::Filter;
use super::http::HttpStream;
use super::info::{NoRoutes, Router, StreamInfo};
use super::tcp::TcpStream;
use crate::plugin::{Exports, PluginHandle};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// An ordered list of started plugins, through which streams are sent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FilterChain {
    inner: Rc<Inner>,
    access_loggers: Rc<[PluginHandle]>,
}

struct Inner {
    plugins: Vec<PluginHandle>,
    links: Box<[Link]>,
    buffer_limit: usize,
    sees_request_body: bool,
    sees_response_body: bool,
    /// What streams that have ended leave to those that begin.
    spare: RefCell<Vec<Spare>>,
    /// What an exchange that waits for its next stream has instead of the embedder's router, which may be anything.
    no_routes: Rc<dyn Router>,
}

/// What a stream asks of a plugin at every step, beside each other and without a way through handles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) exports: Exports,
    /// `allow_on_headers_stop_iteration`.
    pub(super) allow_stop_iteration: bool,
}

impl Link {
    fn of(handle: &PluginHandle) -> Self {
        let plugin = handle.plugin();
        Self { exports: plugin.exports, allow_stop_iteration: plugin.spec().allow_on_headers_stop_iteration }
    }
}

/// Most that is kept for streams to come.
const MAX_SPARE: usize = 64;

/// Most effects that a stream may have had room for: one that had more is not kept, since the room would be.
const MAX_SPARE_EFFECTS: usize = 64;

/// What a stream is made of, empty.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) exchange: Rc<RefCell<Exchange>>,
    pub(super) filters: Box<[Filter]>,
    pub(super) effects: VecDeque<Effect>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("plugins", &self.plugins)
            .field("buffer_limit", &self.buffer_limit)
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    /// Plugins that nothing else uses stop in the reverse of their order, as in Envoy.
    fn drop(&mut self) {
        while self.plugins.pop().is_some() {}
    }
}

impl FilterChain {
    /// A chain of plugins in the order in which requests meet them.
    ///
    /// `buffer_limit` bounds the bytes of body, or of a connection, that a plugin may have the host hold, per filter and direction
    /// (`per_connection_buffer_limit_bytes`).
    pub fn new(plugins: impl IntoIterator<Item = PluginHandle>, buffer_limit: usize) -> Self {
        let plugins: Vec<_> = plugins.into_iter().collect();
        let links: Box<[_]> = plugins.iter().map(Link::of).collect();
        let sees = |select: fn(&Exports) -> bool| links.iter().any(|link| select(&link.exports));
        Self {
            inner: Rc::new(Inner {
                sees_request_body: sees(|exports| exports.request_body.is_some()),
                sees_response_body: sees(|exports| exports.response_body.is_some()),
                plugins,
                links,
                buffer_limit,
                spare: RefCell::default(),
                no_routes: Rc::new(NoRoutes),
            }),
            access_loggers: Rc::from([]),
        }
    }

    /// The same chain, of whose streams these plugins are told when they have ended (`access_log`).
    #[must_use]
    pub fn with_access_loggers(self, access_loggers: impl IntoIterator<Item = PluginHandle>) -> Self {
        Self { access_loggers: access_loggers.into_iter().collect(), ..self }
    }

    /// The plugins in order.
    pub fn plugins(&self) -> &[PluginHandle] {
        &self.inner.plugins
    }

    pub(super) fn link(&self, filter: usize) -> &Link {
        &self.inner.links[filter]
    }

    /// Begins an HTTP stream.
    pub fn open(&self, info: StreamInfo, router: Rc<dyn Router>) -> HttpStream {
        HttpStream::new(self.clone(), info, router, None)
    }

    /// A router for what has none of its own.
    pub(super) fn no_routes(&self) -> Rc<dyn Router> {
        self.inner.no_routes.clone()
    }

    /// What an ended stream has left, if there is any.
    pub(super) fn take_spare(&self) -> Option<Spare> {
        self.inner.spare.borrow_mut().pop()
    }

    /// Keeps what an ended stream is made of. Nobody else may hold a part of it.
    pub(super) fn keep_spare(&self, spare: Spare) {
        let mut kept = self.inner.spare.borrow_mut();
        if kept.len() < MAX_SPARE && spare.effects.capacity() <= MAX_SPARE_EFFECTS {
            spare.exchange.borrow_mut().reset(self.inner.no_routes.clone());
            kept.push(spare);
        }
    }

    pub(super) fn access_loggers(&self) -> &[PluginHandle] {
        &self.access_loggers
    }

    /// Begins a TCP connection.
    pub fn open_tcp(&self, info: StreamInfo) -> TcpStream {
        TcpStream::new(self.clone(), info)
    }

    pub(super) fn buffer_limit(&self) -> usize {
        self.inner.buffer_limit
    }

    /// Whether a plugin has a body callback in this direction, and so may change the body.
    pub(super) fn sees_body(&self, direction: super::Direction) -> bool {
        match direction {
            super::Direction::Request => self.inner.sees_request_body,
            super::Direction::Response => self.inner.sees_response_body,
        }
    }
}
