//! How parts move: from filter to filter, into guests, out to the driver.
//!
//! A part is offered to one filter after the other. A filter passes it on, keeps it, or lets go of what it kept before.
//! What a callback asked for is done after its answer has been applied and before its part goes on, so that resuming
//! inside the callback that pauses works, and resuming what is not held does nothing.

use super::action::{Action, Direction};
use super::effect::Effect;
use super::http::{HalfState, HttpStream};
use super::reply;
use super::stage::{Part, Released, Stage};
use super::status::{BodyStatus, HeadersStatus, TrailersStatus};
use crate::context::ContextKind;
use crate::fields::HeaderMap;
use crate::plugin::{FailurePolicy, Form};
use crate::vm::{Instance, VmError};

/// What became of a part that was offered to a filter.
enum Offered {
    /// It goes on.
    Pass(Part),
    /// It goes on together with what was held.
    Release(Released),
    /// The filter keeps it, or the direction has ended.
    Taken,
}

/// What became of a callback.
enum Outcome {
    /// It answered; `None` if the module has no such callback.
    Answered(Option<i32>),
    /// It answered the stream with a local response, or has failed after it had ended the stream.
    Replied,
    /// Its VM has failed and the stream goes on without it.
    Bypassed,
    /// Its VM has failed and so has the stream.
    Failed,
}

impl HttpStream {
    fn half_state(&mut self, direction: Direction) -> &mut HalfState {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    /// Runs `f` on a filter's stage of a direction.
    fn stage<T>(&self, direction: Direction, filter: usize, f: impl FnOnce(&mut Stage) -> T) -> T {
        let mut exchange = self.exchange.borrow_mut();
        f(&mut exchange.half_mut(direction).stages[filter])
    }

    /// Place in configured order of the filter that comes at `position` in a direction.
    fn filter_at(&self, direction: Direction, position: usize) -> Option<usize> {
        let count = self.filters.len();
        match direction {
            Direction::Request if position < count => Some(position),
            Direction::Response if position < count => Some(count - 1 - position),
            _ => None,
        }
    }

    fn position_of(&self, direction: Direction, filter: usize) -> usize {
        match direction {
            Direction::Request => filter,
            Direction::Response => self.filters.len() - 1 - filter,
        }
    }

    /// Takes a part through the chain, from `position` on.
    pub(super) fn feed(&mut self, direction: Direction, mut position: usize, mut part: Part) {
        loop {
            if *self.half_state(direction) == HalfState::Closed {
                return;
            }
            if let Part::Headers { end_of_stream } = part {
                return self.feed_headers(direction, position, end_of_stream);
            }
            let Some(filter) = self.filter_at(direction, position) else { return self.emit(direction, part) };
            position += 1;
            if self.passes_by(direction, filter, &mut part) {
                continue;
            }
            match self.offer(direction, filter, part) {
                Offered::Pass(next) => part = next,
                Offered::Release(released) => match released.into_part() {
                    Ok(next) => part = next,
                    Err(released) => return self.pass_on(direction, position, released),
                },
                Offered::Taken => return,
            }
        }
    }

    /// Takes headers through the chain, from `position` on: nothing need be carried.
    pub(super) fn feed_headers(&mut self, direction: Direction, mut position: usize, end_of_stream: bool) {
        while *self.half_state(direction) != HalfState::Closed {
            let Some(filter) = self.filter_at(direction, position) else {
                return self.emit_headers(direction, end_of_stream);
            };
            position += 1;
            if !self.offer_headers(direction, filter, end_of_stream) {
                return;
            }
        }
    }

    /// Takes what a filter has let go of to the next one.
    fn pass_on(&mut self, direction: Direction, position: usize, released: Released) {
        if let Some(end_of_stream) = released.headers {
            self.feed_headers(direction, position, end_of_stream);
        }
        if let Some((data, end_of_stream)) = released.body {
            self.feed(direction, position, Part::Body { data, end_of_stream });
        }
        if released.trailers {
            self.feed(direction, position, Part::Trailers);
        }
    }

    /// Whether a filter has nothing to do with a piece of a body, or with trailers. The piece is told whether it ends the stream
    /// for the next one.
    fn passes_by(&self, direction: Direction, filter: usize, part: &mut Part) -> bool {
        if self.filters[filter].dead || self.filters[filter].live.is_none() {
            return true;
        }
        let Part::Body { end_of_stream, .. } = part else { return false };
        if self.chain.link(filter).exports.has_body(direction) {
            return false;
        }
        let ends = self.stage(direction, filter, |stage| stage.pass_body(*end_of_stream));
        *end_of_stream = ends.unwrap_or(*end_of_stream);
        ends.is_some()
    }

    fn offer(&mut self, direction: Direction, filter: usize, part: Part) -> Offered {
        match part {
            // These have a way of their own.
            Part::Headers { .. } => Offered::Pass(part),
            Part::Body { data, end_of_stream } => {
                if !self.stage(direction, filter, |stage| stage.open_body(data, end_of_stream)) {
                    self.check_limit(direction, filter);
                    return Offered::Taken;
                }
                self.offer_body(direction, filter, end_of_stream)
            }
            Part::Trailers => {
                if !self.stage(direction, filter, Stage::open_trailers) {
                    return Offered::Taken;
                }
                self.offer_trailers(direction, filter)
            }
        }
    }

    /// Shows headers to a filter. True if they go on.
    fn offer_headers(&mut self, direction: Direction, filter: usize, end_of_stream: bool) -> bool {
        if self.filters[filter].dead {
            return true;
        }
        if self.filters[filter].live.is_none() {
            // Only a request makes contexts: a filter that has not seen it does not see the response.
            if direction == Direction::Response {
                return true;
            }
            if !self.create_context(filter) {
                let goes_on = matches!(self.vm_failed(filter), Outcome::Bypassed);
                self.settle();
                return goes_on;
            }
        }
        let count = {
            let mut exchange = self.exchange.borrow_mut();
            let half = exchange.half_mut(direction);
            half.stages[filter].open_headers(end_of_stream);
            half.headers.as_ref().map_or(0, HeaderMap::len) as i32
        };
        let link = *self.chain.link(filter);
        let outcome = match link.exports.headers(direction) {
            Some(form) => self.call_headers(direction, form, filter, count, end_of_stream),
            None => Outcome::Answered(None),
        };
        let status = match outcome {
            Outcome::Answered(value) => HeadersStatus::decode(value.unwrap_or(0), link.allow_stop_iteration),
            Outcome::Bypassed => HeadersStatus::Continue,
            Outcome::Replied | Outcome::Failed => HeadersStatus::StopAllIterationAndWatermark,
        };
        let goes_on = self.stage(direction, filter, |stage| stage.close_headers(status));
        self.settle();
        goes_on
    }

    fn call_headers(
        &mut self,
        direction: Direction,
        form: Form,
        filter: usize,
        count: i32,
        end_of_stream: bool,
    ) -> Outcome {
        let end = i32::from(end_of_stream);
        match (direction, form) {
            (Direction::Request, Form::V0_2) => {
                self.call(filter, "proxy_on_request_headers", |i, id| i.on_request_headers(id, count, end))
            }
            (Direction::Request, Form::V0_1) => {
                self.call(filter, "proxy_on_request_headers", |i, id| i.on_request_headers_0_1_0(id, count))
            }
            (Direction::Request, Form::Draft) => {
                self.call(filter, "proxy_on_http_request_headers", |i, id| i.on_http_request_headers(id, count, end))
            }
            (Direction::Response, Form::V0_2) => {
                self.call(filter, "proxy_on_response_headers", |i, id| i.on_response_headers(id, count, end))
            }
            (Direction::Response, Form::V0_1) => {
                self.call(filter, "proxy_on_response_headers", |i, id| i.on_response_headers_0_1_0(id, count))
            }
            (Direction::Response, Form::Draft) => {
                self.call(filter, "proxy_on_http_response_headers", |i, id| i.on_http_response_headers(id, count, end))
            }
        }
    }

    fn offer_body(&mut self, direction: Direction, filter: usize, end_of_stream: bool) -> Offered {
        let exports = self.chain.link(filter).exports;
        let size = self.stage(direction, filter, |stage| stage.body.len()) as i32;
        let end = i32::from(end_of_stream);
        let had_trailers = self.has_trailers(direction);
        let outcome = match (direction, exports.request_body, exports.response_body) {
            (Direction::Request, Some(Form::Draft), _) => {
                self.call(filter, "proxy_on_http_request_body", |i, id| i.on_http_request_body(id, size, end))
            }
            (Direction::Request, Some(_), _) => {
                self.call(filter, "proxy_on_request_body", |i, id| i.on_request_body(id, size, end))
            }
            (Direction::Response, _, Some(Form::Draft)) => {
                self.call(filter, "proxy_on_http_response_body", |i, id| i.on_http_response_body(id, size, end))
            }
            (Direction::Response, _, Some(_)) => {
                self.call(filter, "proxy_on_response_body", |i, id| i.on_response_body(id, size, end))
            }
            _ => Outcome::Answered(None),
        };
        let status = match outcome {
            Outcome::Answered(value) => BodyStatus::decode(value.unwrap_or(0)),
            Outcome::Bypassed => BodyStatus::Continue,
            Outcome::Replied | Outcome::Failed => BodyStatus::StopIterationNoBuffer,
        };
        let made_trailers = end_of_stream && !had_trailers && self.has_trailers(direction);
        let released = self.stage(direction, filter, |stage| stage.close_body(status, made_trailers));
        self.settle();
        match released {
            Some(released) => Offered::Release(released),
            None => {
                self.check_limit(direction, filter);
                Offered::Taken
            }
        }
    }

    fn offer_trailers(&mut self, direction: Direction, filter: usize) -> Offered {
        let exports = self.chain.link(filter).exports;
        let count = {
            let exchange = self.exchange.borrow();
            exchange.half(direction).trailers.as_ref().map_or(0, HeaderMap::len) as i32
        };
        // Trailers end the stream: the draft says so, too.
        let outcome = match (direction, exports.request_trailers, exports.response_trailers) {
            (Direction::Request, Some(Form::Draft), _) => {
                self.call(filter, "proxy_on_http_request_trailers", |i, id| i.on_http_request_trailers(id, count, 1))
            }
            (Direction::Request, Some(_), _) => {
                self.call(filter, "proxy_on_request_trailers", |i, id| i.on_request_trailers(id, count))
            }
            (Direction::Response, _, Some(Form::Draft)) => {
                self.call(filter, "proxy_on_http_response_trailers", |i, id| i.on_http_response_trailers(id, count, 1))
            }
            (Direction::Response, _, Some(_)) => {
                self.call(filter, "proxy_on_response_trailers", |i, id| i.on_response_trailers(id, count))
            }
            _ => Outcome::Answered(None),
        };
        let status = match outcome {
            Outcome::Answered(value) => TrailersStatus::decode(value.unwrap_or(0)),
            Outcome::Bypassed => TrailersStatus::Continue,
            Outcome::Replied | Outcome::Failed => TrailersStatus::StopIteration,
        };
        let released = self.stage(direction, filter, |stage| stage.close_trailers(status));
        self.settle();
        released.map_or(Offered::Taken, Offered::Release)
    }

    fn has_trailers(&self, direction: Direction) -> bool {
        self.exchange.borrow().half(direction).trailers.is_some()
    }

    // Guests.

    /// Gives the filter a context for this stream. False if its VM has failed.
    pub(super) fn create_context(&mut self, filter: usize) -> bool {
        let kind = ContextKind::Http { exchange: self.exchange.clone(), filter };
        self.filters[filter].create_context(&self.chain.plugins()[filter], &self.exchange, kind).is_ok()
    }

    /// Calls a callback of a filter.
    fn call(
        &mut self,
        filter: usize,
        name: &'static str,
        call: impl FnOnce(&mut dyn Instance, i32) -> Result<Option<i32>, VmError>,
    ) -> Outcome {
        match self.filters[filter].call(&self.exchange, name, call) {
            None => Outcome::Answered(None),
            Some(Ok(called)) => {
                // A second answer is dropped, so that it must not hold the first one back.
                let stops = called.ended.stops && !self.filters[filter].replied;
                if stops { Outcome::Replied } else { Outcome::Answered(called.value) }
            }
            Some(Err(_)) => self.vm_failed(filter),
        }
    }

    /// Does what the last callback asked for.
    pub(super) fn settle(&mut self) {
        if self.has_mail() {
            self.handle_wake();
        }
    }

    /// Applies the failure policy to this stream, once.
    fn vm_failed(&mut self, filter: usize) -> Outcome {
        let open = self.chain.plugins()[filter].plugin().spec().failure_policy == FailurePolicy::Open;
        if std::mem::replace(&mut self.filters[filter].dead, true) {
            return if open { Outcome::Bypassed } else { Outcome::Failed };
        }
        if !open {
            self.exchange.borrow_mut().forget_end(filter);
            self.reply(reply::stream_failed());
            return Outcome::Failed;
        }
        // What it had asked for is done, so that failing afterwards lets nobody in whom it has turned away.
        if self.exchange.borrow().is_to_end(filter) { Outcome::Replied } else { Outcome::Bypassed }
    }

    // Actions.

    /// Does something that a plugin asked for.
    pub(super) fn act(&mut self, filter: usize, action: Action) {
        match action {
            Action::Continue(direction) => self.resume(direction, filter),
            Action::Close => self.close(),
            Action::Reply(response) => {
                if !std::mem::replace(&mut self.filters[filter].replied, true) {
                    self.reply(*response);
                }
            }
            Action::VmFailed => {
                // Who waits for a plugin that is no more would wait for ever.
                let waits = |direction| self.stage(direction, filter, |stage| stage.hold.is_some());
                if !waits(Direction::Request) && !waits(Direction::Response) {
                    return;
                }
                if let Outcome::Bypassed = self.vm_failed(filter) {
                    self.resume(Direction::Request, filter);
                    self.resume(Direction::Response, filter);
                }
            }
            // Concerns plugin contexts only, which have no stream.
            Action::Delete => {}
        }
    }

    /// Lets go of what a filter holds in a direction; nothing if it holds nothing.
    fn resume(&mut self, direction: Direction, filter: usize) {
        if *self.half_state(direction) == HalfState::Closed {
            return;
        }
        let Some((released, unseen)) = self.stage(direction, filter, Stage::resume) else { return };
        let position = self.position_of(direction, filter);
        self.pass_on(direction, position + 1, released);
        // What came while everything was held goes to this filter first.
        if let Some((data, end_of_stream)) = unseen.body {
            self.feed(direction, position, Part::Body { data, end_of_stream });
        }
        if unseen.trailers {
            self.feed(direction, position, Part::Trailers);
        }
    }

    /// Resets the stream.
    fn close(&mut self) {
        self.info_mut().response_code_details.get_or_insert_with(|| "wasm_close_stream".to_owned());
        self.reset();
    }

    pub(super) fn reset(&mut self) {
        self.abandon(Direction::Request);
        self.abandon(Direction::Response);
        self.effects.clear();
        self.effects.push_back(Effect::Reset);
    }

    /// Ends a direction: what is held is dropped, what still comes is ignored.
    pub(super) fn abandon(&mut self, direction: Direction) {
        *self.half_state(direction) = HalfState::Closed;
        for filter in 0..self.filters.len() {
            self.stage(direction, filter, Stage::clear);
        }
    }

    fn check_limit(&mut self, direction: Direction, filter: usize) {
        let (held, fails) = self.stage(direction, filter, |stage| stage.held());
        if fails && held > self.buffer_limit() && *self.half_state(direction) != HalfState::Closed {
            self.reply(match direction {
                Direction::Request => reply::request_too_large(),
                Direction::Response => reply::response_too_large(),
            });
        }
    }
}
