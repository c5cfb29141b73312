//! The stream itself: its parts, its inputs and its outputs. How parts move through the chain is in [`super::drive`].

use super::access_log;
use super::action::Direction;
use super::attempt::Over;
use super::chain::{FilterChain, Spare};
use super::effect::Effect;
use super::exchange::Exchange;
use super::filter::Filter;
use super::framing::Framing;
use super::info::{RouteInfo, Router, StreamInfo};
use super::stage::Part;
use crate::buffer::Buffer;
use crate::fields::HeaderMap;
use crate::services::LogOrigin;
use bytes::Bytes;
use std::cell::{Ref, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;
use tollgate_abi::LogLevel;

/// How far a direction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HalfState {
    /// Nothing has come.
    Idle,
    /// Parts go through the chain.
    Flowing,
    /// Headers have been given to the driver.
    Forwarded,
    /// Nothing more goes through the chain: the direction was abandoned.
    Closed,
}

/// One HTTP request and its response on their way through a chain of plugins.
///
/// Methods come in four kinds: `handle_*` take what has happened, [`poll_effect`](Self::poll_effect) says what to do,
/// [`wants_request_body`](Self::wants_request_body) and [`wants_response_body`](Self::wants_response_body) say when to
/// wait, the rest read. After every `handle_*`, drain the effects.
///
/// ```text
/// handle_request_headers -> handle_request_body* -> handle_request_trailers?
/// handle_response_headers -> handle_response_body* -> handle_response_trailers?
/// finish                                        (also by dropping the stream)
/// ```
///
/// Parts of a direction that has ended or been abandoned are ignored, so that a driver need not know about races.
#[derive(Debug)]
pub struct HttpStream {
    pub(super) chain: FilterChain,
    pub(super) exchange: Rc<RefCell<Exchange>>,
    pub(super) filters: Box<[Filter]>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) request: HalfState,
    pub(super) response: HalfState,
    pub(super) request_framing: Framing,
    pub(super) response_framing: Framing,
    pub(super) is_head: bool,
    pub(super) is_grpc: bool,
    finished: bool,
    /// Set for an attempt to send the request of another stream.
    pub(super) over: Option<Over>,
}

/// What the embedder tells about a stream, out of hand.
#[derive(Clone, Debug)]
pub struct StreamNotes(Rc<RefCell<Exchange>>);

impl StreamNotes {
    /// What is told.
    pub fn info_mut(&self) -> RefMut<'_, StreamInfo> {
        RefMut::map(self.0.borrow_mut(), |exchange| &mut exchange.info)
    }
}

impl HttpStream {
    /// Moving what is known of a stream from one frame to the next is much of what making one costs.
    #[inline(always)]
    pub(super) fn new(chain: FilterChain, info: StreamInfo, router: Rc<dyn Router>, over: Option<Over>) -> Self {
        let Spare { exchange, filters, effects } = match chain.take_spare() {
            Some(spare) => {
                let mut exchange = spare.exchange.borrow_mut();
                exchange.info = info;
                exchange.router = router;
                drop(exchange);
                spare
            }
            None => {
                let count = chain.plugins().len();
                Spare {
                    exchange: Rc::new(RefCell::new(Exchange::new(count, info, router))),
                    filters: (0..count).map(|_| Filter::default()).collect(),
                    effects: VecDeque::new(),
                }
            }
        };
        Self {
            exchange,
            filters,
            chain,
            effects,
            request: HalfState::Idle,
            response: HalfState::Idle,
            request_framing: Framing::default(),
            response_framing: Framing::default(),
            is_head: false,
            is_grpc: false,
            finished: false,
            over,
        }
    }

    // What plugins asked for before something comes is done before it: the driver may learn of both at once.

    /// The request's headers have come.
    pub fn handle_request_headers(&mut self, headers: HeaderMap, end_of_stream: bool) {
        if self.request != HalfState::Idle || self.finished {
            return;
        }
        self.request = HalfState::Flowing;
        self.is_head = headers.value(b":method").is_some_and(|method| method == "HEAD");
        self.is_grpc = super::reply::is_grpc(&headers);
        self.request_framing.expect(&headers);
        self.exchange.borrow_mut().request.headers = Some(headers);
        self.feed_headers(Direction::Request, 0, end_of_stream);
    }

    /// A piece of the request's body has come.
    pub fn handle_request_body(&mut self, data: Bytes, end_of_stream: bool) {
        if !self.is_attempt() {
            self.exchange.borrow_mut().info.request_body_bytes += data.len() as u64;
        }
        self.settle();
        if self.finished {
            return;
        }
        self.feed(Direction::Request, 0, Part::Body { data: Buffer::from(data), end_of_stream });
    }

    /// The request's trailers have come; they end it.
    pub fn handle_request_trailers(&mut self, trailers: HeaderMap) {
        self.settle();
        if self.finished {
            return;
        }
        self.exchange.borrow_mut().request.trailers = Some(trailers);
        self.feed(Direction::Request, 0, Part::Trailers);
    }

    /// The response's headers have come, from the upstream or from the router. `headers` holds `:status`.
    pub fn handle_response_headers(&mut self, headers: HeaderMap, end_of_stream: bool) {
        self.settle();
        if self.response != HalfState::Idle || self.finished {
            return;
        }
        self.response = HalfState::Flowing;
        self.response_framing.expect(&headers);
        self.exchange.borrow_mut().response.headers = Some(headers);
        self.feed_headers(Direction::Response, 0, end_of_stream);
    }

    /// A piece of the response's body has come.
    pub fn handle_response_body(&mut self, data: Bytes, end_of_stream: bool) {
        self.settle();
        if self.finished {
            return;
        }
        self.feed(Direction::Response, 0, Part::Body { data: Buffer::from(data), end_of_stream });
    }

    /// The response's trailers have come; they end it.
    pub fn handle_response_trailers(&mut self, trailers: HeaderMap) {
        self.settle();
        if self.finished {
            return;
        }
        self.exchange.borrow_mut().response.trailers = Some(trailers);
        self.feed(Direction::Response, 0, Part::Trailers);
    }

    /// The proxy itself answers the request: no route, no healthy upstream, a time-out. The answer passes the response
    /// callbacks as any response does. If the response is already on its way, the stream is reset.
    pub fn handle_local_response(&mut self, response: super::LocalResponse) {
        self.settle();
        if !self.finished {
            self.reply(response);
        }
    }

    /// The driver was woken: does what plugins asked for during callbacks of other streams.
    pub fn handle_wake(&mut self) {
        if self.finished {
            return;
        }
        loop {
            let inbox = std::mem::take(&mut self.exchange.borrow_mut().inbox);
            if inbox.is_empty() {
                return;
            }
            for (filter, action) in inbox {
                self.act(filter, action);
            }
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
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether more of the request's body should be read. False while plugins hold as much as they may.
    pub fn wants_request_body(&self) -> bool {
        self.wants_body(Direction::Request)
    }

    /// Whether more of the response's body should be read. False while plugins hold as much as they may.
    pub fn wants_response_body(&self) -> bool {
        self.wants_body(Direction::Response)
    }

    fn wants_body(&self, direction: Direction) -> bool {
        let exchange = self.exchange.borrow();
        let limit = self.buffer_limit();
        exchange.half(direction).stages.iter().all(|stage| match stage.held() {
            // Passing the limit is what fails the stream; who waited at it would wait for ever.
            (held, true) => held <= limit,
            (held, false) => held < limit.max(1),
        })
    }

    /// The request's headers as they are.
    ///
    /// # Panics
    ///
    /// Panics if the result outlives the next call of a `handle_*` method; the borrow checker prevents that.
    pub fn request_headers(&self) -> Option<Ref<'_, HeaderMap>> {
        Ref::filter_map(self.exchange.borrow(), |exchange| exchange.request.headers.as_ref()).ok()
    }

    /// The request's trailers as they are.
    pub fn request_trailers(&self) -> Option<Ref<'_, HeaderMap>> {
        Ref::filter_map(self.exchange.borrow(), |exchange| exchange.request.trailers.as_ref()).ok()
    }

    /// The response's headers as they are.
    pub fn response_headers(&self) -> Option<Ref<'_, HeaderMap>> {
        Ref::filter_map(self.exchange.borrow(), |exchange| exchange.response.headers.as_ref()).ok()
    }

    /// The response's trailers as they are.
    pub fn response_trailers(&self) -> Option<Ref<'_, HeaderMap>> {
        Ref::filter_map(self.exchange.borrow(), |exchange| exchange.response.trailers.as_ref()).ok()
    }

    /// Notes the headers of a request that the embedder answers itself before any plugin sees it, for what logs it. Does nothing
    /// once the request has begun.
    pub fn note_request_headers(&mut self, headers: HeaderMap) {
        if self.request == HalfState::Idle && !self.finished {
            self.is_head = headers.value(b":method").is_some_and(|method| method == "HEAD");
            self.is_grpc = super::reply::is_grpc(&headers);
            self.exchange.borrow_mut().request.headers = Some(headers);
        }
    }

    /// Changes the request's headers on behalf of the embedder, such as a rewrite of the route. Does not choose the route
    /// again.
    pub fn edit_request_headers(&self, edit: impl FnOnce(&mut HeaderMap)) {
        if let Some(headers) = &mut self.exchange.borrow_mut().request.headers {
            edit(headers);
        }
    }

    /// Changes the response's headers on behalf of the embedder. Plugins have seen them before.
    pub fn edit_response_headers(&self, edit: impl FnOnce(&mut HeaderMap)) {
        if let Some(headers) = &mut self.exchange.borrow_mut().response.headers {
            edit(headers);
        }
    }

    /// Takes the response's headers out of a stream that is over, for an embedder that has a use for the memory.
    pub fn into_response_headers(mut self) -> Option<HeaderMap> {
        self.finish();
        self.exchange.borrow_mut().response.headers.take()
    }

    /// The route for the request's headers as they are.
    pub fn route(&self) -> Option<RouteInfo> {
        self.facts().borrow_mut().route().cloned()
    }

    /// What the embedder has told about the stream.
    pub fn info(&self) -> Ref<'_, StreamInfo> {
        Ref::map(self.facts().borrow(), |exchange| &exchange.info)
    }

    /// What the embedder tells about the stream.
    pub fn info_mut(&self) -> RefMut<'_, StreamInfo> {
        RefMut::map(self.facts().borrow_mut(), |exchange| &mut exchange.info)
    }

    /// The same, for who has not got the stream.
    pub fn notes(&self) -> StreamNotes {
        StreamNotes(self.facts().clone())
    }

    /// The stream is over, well or not: every plugin logs, in configured order, then the access loggers; then each plugin
    /// is done and its context is deleted. Nothing more comes of it. Of an attempt nothing is logged.
    pub fn finish(&mut self) {
        self.finish_telling(|_| true);
    }

    /// As [`finish`](Self::finish), where only some of the access loggers are to know: those of whose number `is_told` holds.
    pub fn finish_telling(&mut self, is_told: impl Fn(usize) -> bool) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        self.exchange.borrow_mut().logging = true;
        self.effects.clear();
        if self.is_attempt() {
            self.share_request_headers();
        } else {
            for filter in 0..self.filters.len() {
                self.log(filter);
            }
            access_log::log(self.chain.access_loggers(), is_told, &self.exchange);
        }
        self.exchange.borrow_mut().ended = true;
        for filter in 0..self.filters.len() {
            self.delete(filter);
        }
        let mut exchange = self.exchange.borrow_mut();
        exchange.inbox.clear();
        exchange.waker = None;
    }

    fn log(&mut self, filter: usize) {
        if self.filters[filter].dead {
            return;
        }
        // A plugin that never saw the request is given a context to log it with, whether or not it does.
        if self.filters[filter].live.is_none() && !self.create_context(filter) || !self.chain.link(filter).exports.log {
            return;
        }
        self.filters[filter].finishing_call(&self.exchange, "proxy_on_log", |instance, id| instance.on_log(id));
    }

    fn delete(&mut self, filter: usize) {
        let exports = &self.chain.link(filter).exports;
        let filter = &mut self.filters[filter];
        // The answer of proxy_on_done concerns plugins; a stream is over whatever it says.
        if exports.done {
            filter.finishing_call(&self.exchange, "proxy_on_done", |instance, id| instance.on_done(id));
        }
        if exports.delete {
            filter.finishing_call(&self.exchange, "proxy_on_delete", |instance, id| instance.on_delete(id));
        }
        filter.delete_context();
    }

    /// Logs about the stream as a whole, for the plugin at its end.
    pub(super) fn log_error(&self, message: &str) {
        if let Some(handle) = self.chain.plugins().last() {
            let spec = handle.plugin().spec();
            let origin = LogOrigin {
                plugin: &spec.name,
                root_id: &spec.root_id,
                vm_id: &handle.plugin().vm_config().vm_id,
                context_id: 0,
            };
            handle.services().log.log(LogLevel::Error, origin, message.as_bytes());
        }
    }
}

impl Drop for HttpStream {
    fn drop(&mut self) {
        self.finish();
        // A context of a VM that has failed may still hold it; then it is not given to another stream.
        if Rc::strong_count(&self.exchange) > 1 {
            return;
        }
        let mut filters = std::mem::take(&mut self.filters);
        filters.fill_with(Filter::default);
        let effects = std::mem::take(&mut self.effects);
        self.chain.keep_spare(Spare { exchange: self.exchange.clone(), filters, effects });
    }
}
