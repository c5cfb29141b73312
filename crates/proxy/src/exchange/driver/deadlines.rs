//! How long the parts of an exchange may take.

use super::{Driver, Event, Server};
use crate::exchange::timer::Timer;
use crate::flags;
use crate::grpc_status;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;
use tollgate_host::stream::LocalResponse;

/// Which time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deadline {
    /// Of the whole exchange (`max_stream_duration`).
    Duration,
    /// Nothing has come for too long (`stream_idle_timeout`, `idle_timeout`).
    Idle,
    /// Of one attempt (`per_try_timeout`).
    PerTry,
    /// Of one attempt, in which nothing has come (`per_try_idle_timeout`).
    PerTryIdle,
    /// Of the client's request (`request_timeout`).
    Request,
    /// Of the upstream's response (`timeout`).
    Route,
}

/// When what must have happened.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// When the client's request must be complete.
    pub(super) request: Option<Instant>,
    /// When the response must be complete.
    pub(super) route: Option<Instant>,
    /// When the exchange must be over.
    pub(super) duration: Option<Instant>,
    /// When the attempt that is under way must have been answered.
    pub(super) per_try: Option<Instant>,
    /// When the request is sent again.
    pub(super) retry: Option<Instant>,
    /// How long nothing may happen.
    pub(super) idle: Option<Duration>,
    /// How long nothing may happen in the attempt that is under way.
    pub(super) per_try_idle: Option<Duration>,
}

impl Deadlines {
    pub(super) fn new(idle: Option<Duration>) -> Self {
        Self { request: None, route: None, duration: None, per_try: None, retry: None, idle, per_try_idle: None }
    }

    /// What comes next, and when. `None` stands for the moment to send the request again.
    fn next(&self, waits_for_request: bool, last_activity: Instant) -> Option<(Instant, Option<Deadline>)> {
        let mut next: Option<(Instant, Option<Deadline>)> = None;
        let mut consider = |at: Option<Instant>, what: Option<Deadline>| {
            if let Some(at) = at
                && next.is_none_or(|(soonest, _)| at < soonest)
            {
                next = Some((at, what));
            }
        };
        consider(self.request.filter(|_| waits_for_request), Some(Deadline::Request));
        consider(self.route, Some(Deadline::Route));
        consider(self.duration, Some(Deadline::Duration));
        consider(self.per_try, Some(Deadline::PerTry));
        consider(self.retry, None);
        consider(self.idle.map(|timeout| last_activity + timeout), Some(Deadline::Idle));
        consider(self.per_try_idle.map(|timeout| last_activity + timeout), Some(Deadline::PerTryIdle));
        next
    }
}

impl Driver {
    pub(super) fn poll_timers(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let last_activity = *self.last_activity.get_or_insert_with(Instant::now);
        let Some((at, what)) = self.deadlines.next(self.request_body.is_some(), last_activity) else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| self.connection.timer.take().unwrap_or_else(|| Timer::new(at)));
        ready!(timer.poll(at, cx));
        Poll::Ready(what.map_or(Event::RetryDue, Event::Timeout))
    }

    pub(super) fn handle_timeout(&mut self, deadline: Deadline) {
        // Whose fault it is depends on whether the client has sent its request.
        let late = if self.request_body.is_some() { 408 } else { 504 };
        match deadline {
            Deadline::Route => {
                self.deadlines.route = None;
                if let (Server::Waiting { chosen, .. }, Some(upstream)) = (&self.server, &self.upstream) {
                    chosen.failed();
                    upstream.cluster.stats.upstream_rq_timeout.inc();
                } else if let (Server::Body { .. }, Some(upstream)) = (&self.server, &self.upstream) {
                    upstream.cluster.stats.upstream_rq_timeout.inc();
                }
                self.stream.info_mut().response_flags |= flags::UPSTREAM_REQUEST_TIMEOUT;
                self.fail_late("response_timeout");
            }
            Deadline::PerTry | Deadline::PerTryIdle => self.handle_slow_attempt(deadline),
            Deadline::Request => {
                self.deadlines.request = None;
                self.listener.stats.downstream_rq_timeout.inc();
                self.local(408, "request timeout", "request_overall_timeout");
            }
            Deadline::Duration => {
                self.deadlines.duration = None;
                self.listener.stats.downstream_rq_max_duration_reached.inc();
                self.stream.handle_local_response(LocalResponse {
                    status: late,
                    body: "downstream duration timeout".into(),
                    details: "max_duration_timeout".to_owned(),
                    grpc_status: Some(grpc_status::DEADLINE_EXCEEDED),
                    ..LocalResponse::default()
                });
            }
            Deadline::Idle => {
                self.listener.stats.downstream_rq_idle_timeout.inc();
                self.stream.info_mut().response_flags |= flags::STREAM_IDLE_TIMEOUT;
                self.local(late, "stream timeout", "stream_idle_timeout");
            }
        }
    }
}
