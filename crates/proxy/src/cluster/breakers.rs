//! How much a cluster may have under way: Envoy's circuit breakers, over all workers.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tollgate_config::{CircuitBreakers, RetryBudget, UpstreamProtocol};

/// What is under way, and how much of it there may be.
#[derive(Debug)]
pub(super) struct Breakers {
    limits: CircuitBreakers,
    requests: Counter,
    pending: Counter,
    retries: Counter,
    /// Connections that can have a request, where one has one at a time.
    connections: Option<Arc<Semaphore>>,
}

/// A number of things under way, each of which takes itself back.
#[derive(Clone, Debug, Default)]
struct Counter(Arc<AtomicU32>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Counted(Arc<AtomicU32>);

impl Counter {
    fn take(&self, limit: u32) -> Option<Counted> {
        let taken =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < limit).then_some(count + 1));
        taken.ok().map(|_| Counted(self.0.clone()))
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    fn is_at(&self, limit: u32) -> bool {
        self.count() >= limit
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request's place among those of its cluster.
#[derive(Debug, Default)]
pub(super) struct Place {
    _request: Option<Counted>,
    connection: Option<Connection>,
}

/// A request's part in the connections: one, or the wait for it.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    all: Arc<Semaphore>,
    permit: Rc<RefCell<Option<OwnedSemaphorePermit>>>,
    waiting: Rc<RefCell<Option<Counted>>>,
}

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Pending,
    Requests,
}

impl Breakers {
    pub(super) fn new(limits: CircuitBreakers, protocol: &UpstreamProtocol) -> Self {
        // A pool always has a connection, or nothing could ever be sent.
        let connections = limits.max_connections.filter(|_| *protocol == UpstreamProtocol::Http1);
        let connections =
            connections.map(|most| Arc::new(Semaphore::new((most.max(1) as usize).min(Semaphore::MAX_PERMITS))));
        Self {
            limits,
            requests: Counter::default(),
            pending: Counter::default(),
            retries: Counter::default(),
            connections,
        }
    }

    /// A place for a request, if there is one.
    pub(super) fn admit(&self) -> Result<Place, Full> {
        let request = match self.limits.max_requests {
            Some(most) => Some(self.requests.take(most).ok_or(Full::Requests)?),
            None => None,
        };
        let connection = match &self.connections {
            Some(all) => {
                let permit = all.clone().try_acquire_owned().ok();
                let waiting = match permit {
                    Some(_) => None,
                    None => Some(
                        self.pending.take(self.limits.max_pending_requests.unwrap_or(u32::MAX)).ok_or(Full::Pending)?,
                    ),
                };
                let (permit, waiting) = (Rc::new(RefCell::new(permit)), Rc::new(RefCell::new(waiting)));
                Some(Connection { all: all.clone(), permit, waiting })
            }
            None => None,
        };
        Ok(Place { _request: request, connection })
    }

    /// Leave to send a request again, for as long as what is returned is kept.
    pub(super) fn retry(&self) -> Option<Counted> {
        self.retries.take(self.max_retries())
    }

    /// How many retries there may be now.
    fn max_retries(&self) -> u32 {
        match self.limits.retry_budget {
            Some(RetryBudget { percent, min_retry_concurrency }) => {
                let part = percent / 100.0 * f64::from(self.requests.count());
                (part as u32).max(min_retry_concurrency)
            }
            None => self.limits.max_retries,
        }
    }

    /// Whether nothing more fits: connections, requests, pending ones, retries.
    pub(super) fn open(&self) -> [bool; 4] {
        let connections = self.connections.as_ref().is_some_and(|all| all.available_permits() == 0);
        let is_at = |counter: &Counter, limit: Option<u32>| limit.is_some_and(|limit| counter.is_at(limit));
        [
            connections,
            is_at(&self.requests, self.limits.max_requests),
            is_at(&self.pending, self.limits.max_pending_requests.filter(|_| self.connections.is_some())),
            is_at(&self.retries, Some(self.max_retries())),
        ]
    }
}

impl Place {
    /// What the request has to wait for before it can be sent.
    pub(super) fn connection(&self) -> Option<Connection> {
        self.connection.clone()
    }
}

impl Connection {
    /// Waits until the request may have a connection.
    pub(super) async fn ready(self) {
        let waiting = self.waiting.take();
        if waiting.is_some() {
            let permit = self.all.clone().acquire_owned().await.ok();
            self.permit.replace(permit);
        }
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::{Breakers, Full};
    use tollgate_config::{CircuitBreakers, RetryBudget, UpstreamProtocol};

    fn limits(connections: u32, pending: u32, requests: u32) -> CircuitBreakers {
        CircuitBreakers {
            max_connections: Some(connections),
            max_pending_requests: Some(pending),
            max_requests: Some(requests),
            max_retries: 1,
            retry_budget: None,
        }
    }

    #[test]
    fn what_does_not_fit_is_told_and_what_has_ended_makes_room() {
        let breakers = Breakers::new(limits(1, 1, 10), &UpstreamProtocol::Http1);
        let first = breakers.admit().unwrap();
        let second = breakers.admit().unwrap();
        assert_eq!(breakers.admit().unwrap_err(), Full::Pending);
        assert_eq!(breakers.open(), [true, false, true, false]);
        drop(first);
        drop(second);
        assert_eq!(breakers.open(), [false; 4]);
        let breakers =
            Breakers::new(limits(1, 0, 1), &UpstreamProtocol::Http2(tollgate_config::Http2Options::default()));
        let _only = breakers.admit().unwrap();
        assert_eq!(breakers.admit().unwrap_err(), Full::Requests);
    }

    #[test]
    fn a_request_that_waits_has_the_connection_of_one_that_has_ended() {
        let breakers = Breakers::new(limits(1, 1, 10), &UpstreamProtocol::Http1);
        let (first, second) = (breakers.admit().unwrap(), breakers.admit().unwrap());
        let waiting = second.connection().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        drop(first);
        runtime.block_on(waiting.ready());
        assert_eq!(breakers.open(), [true, false, false, false]);
        drop(second);
        assert_eq!(breakers.open(), [false; 4]);
    }

    #[test]
    fn a_budget_is_a_part_of_what_is_under_way() {
        let retry_budget = Some(RetryBudget { percent: 25.0, min_retry_concurrency: 1 });
        let limits = CircuitBreakers { retry_budget, max_retries: 9, ..limits(100, 100, 100) };
        let breakers = Breakers::new(limits, &UpstreamProtocol::Http1);
        let only = breakers.retry().unwrap();
        assert!(breakers.retry().is_none(), "one in any case");
        assert!(breakers.open()[3]);
        drop(only);
        let requests: Vec<_> = (0..11).map(|_| breakers.admit().unwrap()).collect();
        let retries: Vec<_> = (0..3).map(|_| breakers.retry()).collect();
        assert_eq!(retries.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false], "a quarter of 11");
        drop(requests);
        assert!(breakers.open()[3]);
    }

    #[test]
    fn retries_are_limited_without_circuit_breakers_too() {
        let breakers = Breakers::new(CircuitBreakers::default(), &UpstreamProtocol::Http1);
        let kept: Vec<_> = (0..3).map(|_| breakers.retry().unwrap()).collect();
        assert!(breakers.retry().is_none());
        drop(kept);
        assert!(breakers.retry().is_some());
    }
}
