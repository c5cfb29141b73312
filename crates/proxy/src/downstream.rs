//! A client's connection: what is known of it, and whether it is in use.

use crate::exchange::SpareTimer;
use crate::listener::{Asked, ListenerState, Slot};
use crate::stats::HttpStats;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tollgate_config::HttpConnectionManager;
use tollgate_host::stream::ConnectionInfo;

/// How long a request's head may take: the time for heads, and that for whole requests, which includes it.
pub(crate) fn head_timeout(http: &HttpConnectionManager) -> Option<Duration> {
    [http.request_headers_timeout, http.request_timeout].into_iter().flatten().min()
}

/// When the first byte since the last request has come. The socket and the connection's task share it; the HTTP library wants
/// sockets that could go to other threads.
#[derive(Debug, Default)]
pub(crate) struct HeadClock {
    begun: Mutex<Option<Instant>>,
    changed: Notify,
}

impl HeadClock {
    /// Bytes have come.
    pub(crate) fn note(&self) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.is_none() {
            *begun = Some(Instant::now());
            self.changed.notify_one();
        }
    }

    fn begun(&self) -> Option<Instant> {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reset(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

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
    made: Instant,
    is_tunnel: Cell<bool>,
    /// No request is to follow those under way.
    is_draining: Cell<bool>,
    /// The client may still send the rest of a request that is over.
    is_cut: Cell<bool>,
    /// Told when the last request has ended, where somebody waits for that.
    rested: Notify,
    under_way: Cell<usize>,
    /// Requests so far.
    requests: Cell<u32>,
    max_requests: Option<u32>,
    has_had_last: Cell<bool>,
    /// Told when the last request that the connection may have has begun.
    is_last: Notify,
    /// When the head of the next request has begun to come, where somebody wants to know.
    head: Option<Arc<HeadClock>>,
    /// When the last request was complete, or the connection was made.
    idle_since: Cell<Instant>,
}

impl Downstream {
    pub(crate) fn new(
        slot: Rc<Slot>,
        asked: Asked,
        info: Rc<ConnectionInfo>,
        http: &HttpConnectionManager,
    ) -> Rc<Self> {
        Rc::new(Self {
            slot,
            asked,
            made: Instant::now(),
            is_tunnel: Cell::new(false),
            is_draining: Cell::new(false),
            is_cut: Cell::new(false),
            rested: Notify::new(),
            requests: Cell::new(0),
            max_requests: http.max_requests_per_connection,
            has_had_last: Cell::new(false),
            is_last: Notify::new(),
            head: head_timeout(http).map(|_| Arc::default()),
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

    /// A request begins. Returns whether the connection may have no other: since it has had as many as it may, or because of
    /// what the process is short of.
    pub(crate) fn begin(&self, stats: &HttpStats, is_unwanted: bool) -> bool {
        // There is another one, so what came before it has been read.
        self.is_cut.set(false);
        self.under_way.set(self.under_way.get() + 1);
        self.requests.set(self.requests.get().saturating_add(1));
        if let Some(head) = &self.head {
            head.reset();
        }
        let is_used = self.max_requests.is_some_and(|most| self.requests.get() >= most);
        if !is_used && !is_unwanted {
            return false;
        }
        // Over HTTP/2, others may have come before the client knew.
        if !self.has_had_last.replace(true) {
            let why = if is_used {
                &stats.downstream_cx_max_requests_reached
            } else {
                &stats.downstream_cx_overload_disable_keepalive
            };
            why.inc();
            self.is_last.notify_one();
        }
        true
    }

    /// What the connection's socket tells the time of first bytes to.
    pub(crate) fn head_clock(&self) -> Option<Arc<HeadClock>> {
        self.head.clone()
    }

    /// A request has taken the connection over.
    pub(crate) fn becomes_tunnel(&self) {
        self.is_tunnel.set(true);
    }

    /// Waits until the request that has taken the connection over is complete, if one has.
    pub(crate) async fn tunnelled(&self) {
        if self.is_tunnel.get() {
            self.at_rest().await;
        }
    }

    /// Waits until no request is under way.
    pub(crate) async fn at_rest(&self) {
        while self.under_way.get() > 0 {
            self.rested.notified().await;
        }
    }

    /// No request is to follow those under way.
    pub(crate) fn drain(&self) {
        self.is_draining.set(true);
    }

    /// Whether clients are to be told that no request is to follow.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.get()
    }

    /// A request ends before the client has sent all of it.
    pub(crate) fn cut(&self) {
        self.is_cut.set(true);
    }

    /// Whether the client may still send the rest of a request that is over.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// Waits until the connection has lasted for `max_duration`.
    pub(crate) async fn old(&self, max_duration: Option<Duration>) {
        match max_duration {
            Some(duration) => sleep_until(self.made + duration).await,
            None => std::future::pending().await,
        }
    }

    /// Waits until the last request that the connection may have has begun.
    pub(crate) async fn used(&self) {
        self.is_last.notified().await;
    }

    /// Waits until the head of a request has begun to come and is not complete after `timeout`.
    pub(crate) async fn head_is_late(&self, timeout: Option<Duration>) {
        let (Some(clock), Some(timeout)) = (&self.head, timeout) else { return std::future::pending().await };
        loop {
            let Some(begun) = clock.begun().filter(|_| self.under_way.get() == 0) else {
                clock.changed.notified().await;
                continue;
            };
            sleep_until(begun + timeout).await;
            if self.under_way.get() == 0 && clock.begun() == Some(begun) {
                return;
            }
        }
    }

    /// A request is complete, or given up.
    pub(crate) fn end(&self) {
        self.under_way.set(self.under_way.get().saturating_sub(1));
        self.idle_since.set(Instant::now());
        if self.is_tunnel.get() || self.is_draining.get() {
            self.rested.notify_one();
        }
        if let Some(head) = &self.head {
            head.reset();
        }
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
    use crate::stats::HttpStats;
    use std::rc::Rc;
    use std::time::Duration;
    use tokio::time::Instant;
    use tollgate_host::stream::ConnectionInfo;

    /// A connection manager with nothing but defaults.
    fn manager() -> tollgate_config::HttpConnectionManager {
        let text = r#"{"static_resources": {"listeners": [{"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
            "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "test", "http_filters": [{"name": "envoy.filters.http.router"}], "route_config": {}}}]}]}]}}"#;
        let parsed = tollgate_config::parse("test.json", text).unwrap_or_else(|errors| panic!("{errors}"));
        parsed.bootstrap.listeners[0].filter_chains[0].http().expect("HTTP").clone()
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_connection_is_idle_from_the_end_of_its_last_request() {
        let info = ConnectionInfo::default().into();
        let connection = Downstream::new(Rc::default(), Asked::default(), info, &manager());
        let stats = HttpStats::default();
        let made = connection.idle_until(HOUR).unwrap();
        connection.begin(&stats, false);
        connection.begin(&stats, false);
        connection.end();
        assert_eq!(connection.idle_until(HOUR), None);
        let before = Instant::now();
        connection.end();
        let end = connection.idle_until(HOUR).unwrap();
        assert!(end >= made && end >= before + HOUR && end <= Instant::now() + HOUR);
    }
}
