//! One request and its response, or one connection, as the host functions of all filters see it.

use super::action::{Action, Direction, MANY};
use super::info::{RouteInfo, Router, StreamInfo};
use super::stage::{Progress, Stage};
use crate::fields::HeaderMap;
use crate::filter_state::FilterState;
use crate::metadata::Metadata;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use tollgate_abi::MapType;

/// One direction of an exchange.
#[derive(Debug, Default)]
pub(crate) struct Half {
    pub(crate) headers: Option<HeaderMap>,
    pub(crate) trailers: Option<HeaderMap>,
    /// One stage per filter, in configured order.
    pub(crate) stages: Box<[Stage]>,
}

impl Half {
    fn new(filters: usize) -> Self {
        Self { headers: None, trailers: None, stages: (0..filters).map(|_| Stage::default()).collect() }
    }

    fn reset(&mut self) {
        self.headers = None;
        self.trailers = None;
        self.stages.iter_mut().for_each(Stage::reset);
    }

    fn map(&self, map: MapType) -> Option<&HeaderMap> {
        if is_trailers(map) { self.trailers.as_ref() } else { self.headers.as_ref() }
    }
}

/// One request and its response, or the two directions of a TCP connection. Shared by the stream and the contexts of its
/// filters; borrowed only between calls into guests.
pub struct Exchange {
    pub(crate) request: Half,
    pub(crate) response: Half,
    pub(crate) info: StreamInfo,
    pub(crate) router: Rc<dyn Router>,
    /// The route chosen for the request headers as they are; `None` until asked for.
    pub(crate) route: Option<Option<RouteInfo>>,
    /// The stream that this is an attempt to send the request of: it has the facts.
    pub(crate) over: Option<Rc<RefCell<Self>>>,
    /// The cluster that a TCP connection has been connected to; it has no routes.
    pub(crate) cluster: Option<Arc<str>>,
    /// What was asked for during callbacks of other streams.
    pub(crate) inbox: Vec<(usize, Action)>,
    pub(crate) waker: Option<Waker>,
    /// The stream is over; maps are read-only.
    pub(crate) logging: bool,
    /// All have logged; what is missing is an error again.
    pub(crate) ended: bool,
}

impl Exchange {
    pub(crate) fn new(filters: usize, info: StreamInfo, router: Rc<dyn Router>) -> Self {
        Self {
            request: Half::new(filters),
            response: Half::new(filters),
            info,
            router,
            route: None,
            over: None,
            cluster: None,
            inbox: Vec::new(),
            waker: None,
            logging: false,
            ended: false,
        }
    }

    /// Forgets the stream that has ended; what was allocated for it stays for the next one.
    pub(crate) fn reset(&mut self, router: Rc<dyn Router>) {
        self.router = router;
        self.request.reset();
        self.response.reset();
        self.route = None;
        self.over = None;
        self.cluster = None;
        self.inbox.clear();
        self.inbox.shrink_to(MANY);
        self.waker = None;
        self.logging = false;
        self.ended = false;
        // What plugins have said about the stream may be large; the rest is overwritten when the next one begins.
        if !self.info.filter_state.is_empty() {
            self.info.filter_state = FilterState::default();
        }
        if !self.info.metadata.is_empty() {
            self.info.metadata = Metadata::default();
        }
    }

    /// Runs `f` on an exchange that has the facts about its stream. An attempt has them lent for as long.
    pub(crate) fn with_facts<T>(exchange: &RefCell<Self>, f: impl FnOnce(&mut Self) -> T) -> T {
        let mut own = exchange.borrow_mut();
        let Some(stream) = own.over.clone() else { return f(&mut own) };
        let mut stream = stream.borrow_mut();
        own.swap_facts(&mut stream);
        let result = f(&mut own);
        own.swap_facts(&mut stream);
        result
    }

    fn swap_facts(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.info, &mut other.info);
        std::mem::swap(&mut self.router, &mut other.router);
        std::mem::swap(&mut self.route, &mut other.route);
    }

    /// One direction.
    pub(crate) fn half(&self, direction: Direction) -> &Half {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }

    /// One direction, to be changed.
    pub(crate) fn half_mut(&mut self, direction: Direction) -> &mut Half {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    /// The route for the request headers as they are.
    pub(crate) fn route(&mut self) -> Option<&RouteInfo> {
        if self.route.is_none() {
            let headers = self.request.headers.as_ref()?;
            self.route = Some(self.router.route(headers));
        }
        self.route.as_ref()?.as_ref()
    }

    /// The map, if this filter can read it.
    ///
    /// Headers and trailers stay readable after they have gone on; Envoy forgets them, which SDKs answer with a panic.
    pub(crate) fn readable(&self, filter: usize, map: MapType) -> Option<&HeaderMap> {
        let (half, progress) = self.place(filter, map)?;
        // Trailers that the running callback has made have not come to the filter, but are its own.
        let made = is_trailers(map) && half.stages.get(filter)?.last_body;
        if progress == Progress::NotSeen && !made && !self.logging {
            return None;
        }
        half.map(map)
    }

    /// The map of a finished stream, which is there for all to read.
    pub(crate) fn logged(&self, map: MapType) -> Option<&HeaderMap> {
        self.half_of(map)?.map(map)
    }

    /// The map, if this filter can write it now. Writing request headers means that the route is chosen again. Trailers
    /// that do not exist are made in the last body callback, and as long as the stream waits after it.
    pub(crate) fn writable(&mut self, filter: usize, map: MapType) -> Option<&mut HeaderMap> {
        if self.logging {
            return None;
        }
        let (_, progress) = self.place(filter, map)?;
        let half = match map {
            MapType::HttpRequestHeaders | MapType::HttpRequestTrailers => &mut self.request,
            _ => &mut self.response,
        };
        let open = progress == Progress::Open;
        if is_trailers(map) {
            let stage = half.stages.get_mut(filter)?;
            if !(stage.last_body || open && half.trailers.is_some()) {
                return None;
            }
            stage.trailers = Progress::Open;
            return Some(half.trailers.get_or_insert_with(HeaderMap::new));
        }
        if !open {
            return None;
        }
        if map == MapType::HttpRequestHeaders {
            self.route = None;
        }
        half.headers.as_mut()
    }

    fn place(&self, filter: usize, map: MapType) -> Option<(&Half, Progress)> {
        let half = self.half_of(map)?;
        let stage = half.stages.get(filter)?;
        Some((half, if is_trailers(map) { stage.trailers } else { stage.headers }))
    }

    fn half_of(&self, map: MapType) -> Option<&Half> {
        match map {
            MapType::HttpRequestHeaders | MapType::HttpRequestTrailers => Some(&self.request),
            MapType::HttpResponseHeaders | MapType::HttpResponseTrailers => Some(&self.response),
            _ => None,
        }
    }

    /// Whom to wake when something is left to do.
    pub(crate) fn set_waker(&mut self, waker: &Waker) {
        match &mut self.waker {
            Some(old) if old.will_wake(waker) => {}
            slot => *slot = Some(waker.clone()),
        }
    }

    /// Leaves something to do for the stream and wakes its driver.
    pub(crate) fn post(&mut self, filter: usize, action: Action) {
        if self.is_moot(filter, &action) {
            return;
        }
        self.inbox.push((filter, action));
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// Whether a filter has asked for the end of the stream.
    pub(crate) fn is_to_end(&self, filter: usize) -> bool {
        self.inbox.iter().any(|(of, action)| *of == filter && action.ends_stream())
    }

    /// Forgets that a filter has asked for the end of the stream.
    pub(crate) fn forget_end(&mut self, filter: usize) {
        self.inbox.retain(|(of, action)| *of != filter || !action.ends_stream());
    }

    /// Whether an action would change nothing, after what waits already. A driver may not come to its stream for as long
    /// as a client does not read, however often a plugin's timer resumes it.
    fn is_moot(&self, filter: usize, action: &Action) -> bool {
        if self.inbox.len() < MANY {
            return false;
        }
        action.is_moot_after(self.inbox.iter().filter(|(of, _)| *of == filter).map(|(_, waiting)| waiting))
    }
}

fn is_trailers(map: MapType) -> bool {
    matches!(map, MapType::HttpRequestTrailers | MapType::HttpResponseTrailers)
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("request", &self.request)
            .field("response", &self.response)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Exchange;
    use crate::stream::action::{Action, Direction, MANY};
    use crate::stream::info::{NoRoutes, StreamInfo};
    use std::rc::Rc;

    #[test]
    fn an_inbox_that_nobody_looks_into_does_not_grow_for_ever() {
        let mut exchange = Exchange::new(2, StreamInfo::default(), Rc::new(NoRoutes));
        for _ in 0..1000 {
            for filter in 0..2 {
                exchange.post(filter, Action::Continue(Direction::Request));
                exchange.post(filter, Action::Continue(Direction::Response));
                exchange.post(filter, Action::Close);
                exchange.post(filter, Action::Reply(Box::default()));
            }
        }
        assert_eq!(exchange.inbox.len(), MANY);
        // What is not there already is taken all the same.
        exchange.post(1, Action::VmFailed);
        assert_eq!(exchange.inbox.len(), MANY + 1);
        exchange.inbox.retain(|(_, action)| !matches!(action, Action::Reply(_)));
        exchange.inbox.resize_with(MANY, || (0, Action::VmFailed));
        exchange.post(1, Action::Reply(Box::default()));
        exchange.post(1, Action::Reply(Box::default()));
        assert_eq!(exchange.inbox.len(), MANY + 1);
    }
}
