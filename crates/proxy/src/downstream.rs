//! A client's connection: what is known of it, and whether it is in use.

use crate::exchange::SpareTimer;
use crate::listener::{Asked, ListenerState, Slot};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tollgate_host::stream::ConnectionInfo;

/// A client's connection.
pub(crate) struct Downstream {
    /// The listener that it came to.
    slot: Rc<Slot>,
    asked: Asked,
    /// What plugins are told about it.
    pub(crate) info: Rc<ConnectionInfo>,
    /// The scheme of requests that name none, and what is told as `x-forwarded-proto`.
    pub(crate) scheme: &'static str,
    pub(crate) timer: SpareTimer,
    under_way: Cell<usize>,
    /// When the last request was complete, or the connection was made.
    idle_since: Cell<Instant>,
}

impl Downstream {
    pub(crate) fn new(slot: Rc<Slot>, asked: Asked, info: Rc<ConnectionInfo>) -> Rc<Self> {
        Rc::new(Self {
            slot,
            asked,
            scheme: if info.tls.is_some() { "https" } else { "http" },
            info,
            timer: SpareTimer::default(),
            under_way: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
        })
    }

    /// How its requests are served now; `None` if they no longer are.
    pub(crate) fn http(&self) -> Option<Rc<ListenerState>> {
        self.slot.http(&self.asked)
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        self.under_way.set(self.under_way.get() + 1);
    }

    /// A request is complete, or given up.
    pub(crate) fn end(&self) {
        self.under_way.set(self.under_way.get().saturating_sub(1));
        self.idle_since.set(Instant::now());
    }

    /// As [`idle_for`](Self::idle_for), for ever if there is no such time.
    pub(crate) async fn idle(&self, timeout: Option<Duration>) {
        match timeout {
            Some(timeout) => self.idle_for(timeout).await,
            None => std::future::pending().await,
        }
    }

    /// Waits until no request has been under way for `timeout`. The time that a client takes for a request's head counts.
    async fn idle_for(&self, timeout: Duration) {
        loop {
            match self.idle_until(timeout) {
                Some(end) if end <= Instant::now() => return,
                Some(end) => sleep_until(end).await,
                // It ends at some time from now on.
                None => sleep_until(Instant::now() + timeout).await,
            }
        }
    }

    /// When it will have been idle for `timeout`. `None` while a request is under way.
    fn idle_until(&self, timeout: Duration) -> Option<Instant> {
        (self.under_way.get() == 0).then(|| self.idle_since.get() + timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::Downstream;
    use crate::listener::Asked;
    use std::rc::Rc;
    use std::time::Duration;
    use tokio::time::Instant;
    use tollgate_host::stream::ConnectionInfo;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_connection_is_idle_from_the_end_of_its_last_request() {
        let connection = Downstream::new(Rc::default(), Asked::default(), ConnectionInfo::default().into());
        let made = connection.idle_until(HOUR).unwrap();
        connection.begin();
        connection.begin();
        connection.end();
        assert_eq!(connection.idle_until(HOUR), None);
        let before = Instant::now();
        connection.end();
        let end = connection.idle_until(HOUR).unwrap();
        assert!(end >= made && end >= before + HOUR && end <= Instant::now() + HOUR);
    }
}
