//! How long a connection to an upstream is used again.

use std::cell::Cell;
use std::rc::Weak;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tollgate_config::UpstreamConnections;

/// What a connection has been used for.
#[derive(Debug)]
pub(crate) struct Usage {
    made: Instant,
    /// When its last request was over.
    idle_since: Cell<Instant>,
    requests: Cell<u32>,
}

impl Usage {
    /// Of a new connection.
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { made: now, idle_since: Cell::new(now), requests: Cell::new(0) }
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        self.requests.set(self.requests.get().saturating_add(1));
    }

    /// Its last request is over.
    pub(crate) fn rest(&self) {
        self.idle_since.set(Instant::now());
    }

    /// Whether it takes no further request.
    pub(crate) fn is_spent(&self, limits: &UpstreamConnections) -> bool {
        limits.max_requests_per_connection.is_some_and(|most| self.requests.get() >= most)
            || limits.max_connection_duration.is_some_and(|most| self.made.elapsed() >= most)
    }

    /// When it is closed, if no request comes until then. `None` if it is not for that.
    pub(crate) fn end(&self, limits: &UpstreamConnections) -> Option<Instant> {
        let idle = limits.idle_timeout.map(|timeout| self.idle_since.get() + timeout);
        let old = limits.max_connection_duration.map(|most| self.made + most);
        [idle, old].into_iter().flatten().min()
    }
}

/// The longest that a pool may wait before it looks for connections to close.
pub(crate) fn period(limits: &UpstreamConnections) -> Option<Duration> {
    [limits.idle_timeout, limits.max_connection_duration].into_iter().flatten().min()
}

/// Has connections of a pool dropped when they have rested for too long, or are too old, for as long as there is a pool.
/// `drop_old` answers with when the next one ends; one that is made meanwhile ends no sooner than a period later.
pub(crate) async fn sweep<P>(pool: Weak<P>, period: Duration, drop_old: impl Fn(&P, Instant) -> Option<Instant>) {
    let mut next = Instant::now() + period;
    loop {
        sleep_until(next).await;
        let Some(pool) = pool.upgrade() else { return };
        let now = Instant::now();
        next = drop_old(&pool, now).unwrap_or(now + period).min(now + period);
    }
}

#[cfg(test)]
mod tests {
    use super::Usage;
    use std::cell::Cell;
    use std::time::Duration;
    use tokio::time::Instant;
    use tollgate_config::UpstreamConnections;

    #[test]
    fn a_connection_is_used_as_often_and_as_long_as_it_may() {
        let limits = UpstreamConnections {
            max_requests_per_connection: Some(2),
            max_connection_duration: Some(Duration::from_secs(60)),
            ..UpstreamConnections::default()
        };
        let usage = Usage::new();
        usage.begin();
        assert!(!usage.is_spent(&limits));
        assert_eq!(usage.end(&limits), Some(usage.made + Duration::from_secs(60)));
        usage.begin();
        assert!(usage.is_spent(&limits));
        let old = Usage { made: Instant::now() - Duration::from_secs(60), ..Usage::new() };
        assert!(old.is_spent(&limits));
    }

    #[test]
    fn rest_is_counted_from_the_last_request() {
        let long_ago = Instant::now() - Duration::from_secs(10);
        let (limits, usage) =
            (UpstreamConnections::default(), Usage { idle_since: Cell::new(long_ago), ..Usage::new() });
        assert_eq!(usage.end(&limits), Some(long_ago + Duration::from_secs(3600)));
        usage.rest();
        assert!(usage.end(&limits) >= Some(long_ago + Duration::from_secs(3610)));
        assert_eq!(usage.end(&UpstreamConnections { idle_timeout: None, ..limits }), None);
    }
}
