//! How a connection and its bytes move: from filter to filter, into guests, out to the driver.
//!
//! A new connection and the client's bytes meet the filters in configured order, the upstream's bytes in reverse. A filter
//! passes on, or holds: a new connection until it is resumed; bytes until it is resumed or until a later callback, which sees
//! everything held, passes them. What a callback asked for is done after its answer has been applied, so that resuming inside
//! the callback that pauses works, and resuming what is not held does nothing.

use super::super::action::{Action, Direction};
use super::super::stage::{Part, Released, Stage};
use super::super::status::{BodyStatus, HeadersStatus};
use super::{State, TcpEffect, TcpStream};
use crate::buffer::Buffer;
use crate::context::ContextKind;
use crate::plugin::{FailurePolicy, Form};
use crate::vm::{Instance, VmError};
use tollgate_abi::PeerType;

/// What became of a callback.
enum Outcome {
    /// It lets what it saw pass; so does a module without the callback.
    Continue,
    /// It holds what it saw.
    Pause,
    /// Its VM has failed and so has the connection.
    Failed,
}

impl TcpStream {
    /// Runs `f` on a filter's stage of a direction.
    fn stage<T>(&self, direction: Direction, filter: usize, f: impl FnOnce(&mut Stage) -> T) -> T {
        let mut exchange = self.exchange.borrow_mut();
        f(&mut exchange.half_mut(direction).stages[filter])
    }

    fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed | State::Over)
    }

    /// Takes a part through the chain, from the filter at `position` in its direction on.
    pub(super) fn feed(&mut self, direction: Direction, mut position: usize, mut part: Part) {
        let count = self.filters.len();
        while position < count {
            let filter = if direction == Direction::Request { position } else { count - 1 - position };
            position += 1;
            let passed = match part {
                Part::Headers { .. } => self.offer_connection(filter),
                Part::Body { data, end_of_stream } => self.offer_data(direction, filter, data, end_of_stream),
                // Bytes have no trailers.
                Part::Trailers => None,
            };
            // What a callback asked for comes before its part goes on.
            self.settle();
            match passed {
                Some(next) if !self.is_closed() => part = next,
                _ => return,
            }
        }
        self.emit(direction, part);
    }

    fn offer_connection(&mut self, filter: usize) -> Option<Part> {
        let part = Part::Headers { end_of_stream: false };
        let handle = &self.chain.plugins()[filter];
        let exports = handle.plugin().exports;
        let kind = ContextKind::Tcp { exchange: self.exchange.clone(), filter };
        if self.filters[filter].create_context(handle, &self.exchange, kind).is_err() {
            return if self.goes_on_without(filter) { Some(part) } else { None };
        }
        self.stage(Direction::Request, filter, |stage| stage.open_headers(false));
        let outcome = if exports.new_connection {
            self.call(filter, "proxy_on_new_connection", |instance, id| instance.on_new_connection(id))
        } else {
            Outcome::Continue
        };
        let status = match outcome {
            Outcome::Continue => HeadersStatus::Continue,
            Outcome::Pause | Outcome::Failed => HeadersStatus::StopAllIterationAndWatermark,
        };
        self.stage(Direction::Request, filter, |stage| stage.close_headers(status)).then_some(part)
    }

    fn offer_data(&mut self, direction: Direction, filter: usize, data: Buffer, end_of_stream: bool) -> Option<Part> {
        if self.filters[filter].dead || self.filters[filter].live.is_none() {
            return Some(Part::Body { data, end_of_stream });
        }
        let exports = self.chain.plugins()[filter].plugin().exports;
        let size = self.stage(direction, filter, |stage| {
            stage.open_body(data, end_of_stream).then(|| i32::try_from(stage.body.len()).unwrap_or(i32::MAX))
        });
        // Put aside: the filter has not let the connection itself pass.
        let size = size?;
        let end = i32::from(end_of_stream);
        let outcome = match direction {
            Direction::Request if exports.downstream_data => {
                self.call(filter, "proxy_on_downstream_data", |i, id| i.on_downstream_data(id, size, end))
            }
            Direction::Response if exports.upstream_data => {
                self.call(filter, "proxy_on_upstream_data", |i, id| i.on_upstream_data(id, size, end))
            }
            _ => Outcome::Continue,
        };
        // Whether or not it holds the last bytes, it learns that there will be no more.
        if direction == Direction::Response && end_of_stream && !matches!(outcome, Outcome::Failed) {
            self.tell_upstream_close(filter);
        }
        let status = match outcome {
            Outcome::Continue => BodyStatus::Continue,
            Outcome::Pause | Outcome::Failed => BodyStatus::StopIterationAndBuffer,
        };
        self.stage(direction, filter, |stage| stage.close_body(status, false)).and_then(body)
    }

    /// Envoy does not tell who closed the upstream's side, nor does it tell this when the connection is broken off.
    fn tell_upstream_close(&mut self, filter: usize) {
        if self.filters[filter].dead {
            return;
        }
        let peer = PeerType::Unknown.as_i32();
        match self.chain.plugins()[filter].plugin().exports.upstream_close {
            None => {}
            Some(Form::Draft) => {
                self.call(filter, "proxy_on_upstream_close", |instance, id| {
                    instance.on_upstream_close(id, peer).map(|ran| ran.map(|()| 0))
                });
            }
            Some(_) => {
                self.call(filter, "proxy_on_upstream_connection_close", |instance, id| {
                    instance.on_upstream_connection_close(id, peer).map(|ran| ran.map(|()| 0))
                });
            }
        }
    }

    /// Calls a callback of a filter.
    fn call(
        &mut self,
        filter: usize,
        name: &'static str,
        call: impl FnOnce(&mut dyn Instance, i32) -> Result<Option<i32>, VmError>,
    ) -> Outcome {
        match self.filters[filter].call(&self.exchange, name, call) {
            Some(Ok(called)) if called.value.unwrap_or(0) != 0 => Outcome::Pause,
            None | Some(Ok(_)) => Outcome::Continue,
            Some(Err(_)) if self.goes_on_without(filter) => Outcome::Continue,
            Some(Err(_)) => Outcome::Failed,
        }
    }

    /// Applies the failure policy to this connection, once. True if it goes on without the plugin.
    fn goes_on_without(&mut self, filter: usize) -> bool {
        let open = self.chain.plugins()[filter].plugin().spec().failure_policy == FailurePolicy::Open;
        self.filters[filter].dead = true;
        // Nor does it if the plugin had asked for its end before it failed.
        let goes_on = open && !self.exchange.borrow().is_to_end(filter);
        if !goes_on {
            self.close(PeerType::Local);
        }
        goes_on
    }

    /// Does what the last callbacks asked for.
    pub(super) fn settle(&mut self) {
        if self.has_mail() {
            self.handle_wake();
        }
    }

    /// Does something that a plugin asked for.
    pub(super) fn act(&mut self, filter: usize, action: &Action) {
        match action {
            Action::Continue(direction) => self.resume(*direction, filter),
            Action::Close => self.close(PeerType::Local),
            Action::VmFailed => {
                // Who waits for a plugin that is no more would wait for ever.
                let waits = |direction| self.stage(direction, filter, |stage| stage.hold.is_some());
                let waiting = waits(Direction::Request) || waits(Direction::Response);
                if waiting && !self.is_closed() && self.goes_on_without(filter) {
                    self.resume(Direction::Request, filter);
                    self.resume(Direction::Response, filter);
                }
            }
            // An answer is HTTP's, and deletion concerns plugin contexts, which have no stream.
            Action::Reply(_) | Action::Delete => {}
        }
    }

    /// Lets go of what a filter holds in a direction; nothing if it holds nothing.
    fn resume(&mut self, direction: Direction, filter: usize) {
        if self.is_closed() {
            return;
        }
        let Some((released, _)) = self.stage(direction, filter, Stage::resume) else { return };
        let position = if direction == Direction::Request { filter } else { self.filters.len() - 1 - filter };
        // No byte comes before the connection has passed the whole chain, so that it is one or the other.
        if released.headers.is_some() {
            self.feed(direction, position + 1, Part::Headers { end_of_stream: false });
        } else if let Some(part) = body(released) {
            self.feed(direction, position + 1, part);
        }
    }

    /// Ends the connection: what is held is dropped, what has passed is still sent.
    pub(super) fn close(&mut self, peer: PeerType) {
        if self.is_closed() {
            return;
        }
        self.state = State::Closed;
        for filter in 0..self.filters.len() {
            self.stage(Direction::Request, filter, Stage::clear);
            self.stage(Direction::Response, filter, Stage::clear);
        }
        self.effects.push_back(TcpEffect::Close { peer });
    }

    /// Hands a part that has passed the chain to the driver.
    fn emit(&mut self, direction: Direction, part: Part) {
        let (mut data, end_of_stream) = match part {
            Part::Headers { .. } => {
                self.state = State::Connecting;
                return self.effects.push_back(TcpEffect::Connect);
            }
            Part::Body { data, end_of_stream } => (data, end_of_stream),
            Part::Trailers => return,
        };
        loop {
            let piece = data.pop_piece();
            let last = data.is_empty();
            // Everything may have been removed; then there is something to say at the end only.
            let (piece, end_of_stream) = match piece {
                Some(piece) => (piece, end_of_stream && last),
                None if end_of_stream => (bytes::Bytes::new(), true),
                None => return,
            };
            self.effects.push_back(match direction {
                Direction::Request => TcpEffect::SendUpstream { data: piece, end_of_stream },
                Direction::Response => TcpEffect::SendDownstream { data: piece, end_of_stream },
            });
            if last {
                break;
            }
        }
        if end_of_stream {
            match direction {
                Direction::Request => self.upstream_sent = true,
                Direction::Response => self.downstream_sent = true,
            }
            if self.upstream_sent && self.downstream_sent {
                self.close(self.closer);
            }
        }
    }
}

fn body(released: Released) -> Option<Part> {
    let (data, end_of_stream) = released.body?;
    Some(Part::Body { data, end_of_stream })
}
