//! An attempt to send a stream's request: a stream of its own through the plugins of a cluster.
//!
//! ```text
//! HttpStream of the request  --begin_attempt-->  HttpStream of an attempt
//!   headers, trailers, stages                      headers, trailers, stages of its own
//!   info, route, router      <---- looked up ----  none
//! ```
//!
//! What is known of the stream is known of its attempts; it stays with the stream, which lends it for as long as a host function
//! looks. The plugins of an attempt answer the request as a whole, not the attempt, and log nothing.

use super::action::{Direction, LocalResponse};
use super::chain::FilterChain;
use super::effect::Effect;
use super::exchange::Exchange;
use super::http::{HalfState, HttpStream};
use super::info::StreamInfo;
use std::cell::RefCell;
use std::rc::Rc;

/// The stream that an attempt belongs to.
#[derive(Debug)]
pub(super) struct Over {
    pub(super) exchange: Rc<RefCell<Exchange>>,
    /// Bytes of body that a plugin may have the host hold: as many as one of the stream's.
    pub(super) buffer_limit: usize,
}

impl HttpStream {
    /// A stream for one attempt to send this one's request, through another chain: Envoy's `http_filters` of a cluster.
    ///
    /// It is driven as any stream is. [`Effect::Answer`] and [`Effect::Reset`] concern this stream, not the attempt. Once its
    /// request's headers have passed, this stream's are what they have become, so that the next attempt begins with them. It
    /// must be dropped before this stream is.
    #[must_use]
    pub fn begin_attempt(&self, chain: &FilterChain) -> Self {
        let over = Over { exchange: self.exchange.clone(), buffer_limit: self.buffer_limit() };
        let attempt = Self::new(chain.clone(), StreamInfo::default(), chain.no_routes(), Some(over));
        attempt.exchange.borrow_mut().over = Some(self.exchange.clone());
        attempt
    }

    /// Whether this is a stream of an attempt.
    pub(super) fn is_attempt(&self) -> bool {
        self.over.is_some()
    }

    /// Where the facts about the stream are.
    pub(super) fn facts(&self) -> &Rc<RefCell<Exchange>> {
        self.over.as_ref().map_or(&self.exchange, |over| &over.exchange)
    }

    pub(super) fn buffer_limit(&self) -> usize {
        self.over.as_ref().map_or_else(|| self.chain.buffer_limit(), |over| over.buffer_limit)
    }

    /// What plugins have made of the request's headers is the stream's from now on.
    #[inline]
    pub(super) fn share_request_headers(&self) {
        if let Some(over) = &self.over {
            self.share_request_headers_with(over);
        }
    }

    #[cold]
    fn share_request_headers_with(&self, over: &Over) {
        if let Some(headers) = &self.exchange.borrow().request.headers {
            over.exchange.borrow_mut().request.headers = Some(headers.clone());
        }
    }

    /// Hands an answer over to the stream that the attempt belongs to. A second one comes too late.
    pub(super) fn answer(&mut self, response: LocalResponse) {
        if self.request == HalfState::Closed && self.response == HalfState::Closed {
            return;
        }
        self.abandon(Direction::Request);
        self.abandon(Direction::Response);
        self.effects.clear();
        self.effects.push_back(Effect::Answer(Box::new(response)));
    }
}
