//! Counters under Envoy's names. One set per process; workers add to it without locks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_config::{ConnectionLimit, FilterChain, Listener, ListenerKind};
use tollgate_host::stream::TlsInfo;

/// A number that only grows, or a gauge.
#[derive(Debug, Default)]
pub(crate) struct Number(AtomicU64);

impl Number {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Adds one, unless there are `most` already.
    pub(crate) fn inc_below(&self, most: u64) -> bool {
        let more = |now: u64| (now < most).then_some(now + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    pub(crate) fn inc(&self) {
        self.add(1);
    }

    pub(crate) fn dec(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! stats {
    ($(#[$meta:meta])* $name:ident { $($field:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name { $(pub(crate) $field: Number),+ }

        impl $name {
            /// Adds every number to `out` under `prefix`.
            pub(crate) fn collect(&self, prefix: &str, out: &mut BTreeMap<String, u64>) {
                $(out.insert(format!("{prefix}.{}", stringify!($field)), self.$field.get());)+
            }
        }
    };
}

stats! {
    /// `http.<stat_prefix>.*` of an HTTP connection manager.
    HttpStats {
        downstream_cx_total,
        downstream_cx_active,
        downstream_cx_delayed_close_timeout,
        downstream_cx_drain_close,
        downstream_cx_idle_timeout,
        downstream_cx_max_duration_reached,
        downstream_cx_max_requests_reached,
        downstream_cx_overload_disable_keepalive,
        downstream_rq_total,
        downstream_rq_active,
        downstream_rq_completed,
        downstream_rq_rx_reset,
        downstream_rq_tx_reset,
        downstream_rq_header_timeout,
        downstream_rq_idle_timeout,
        downstream_rq_max_duration_reached,
        downstream_rq_overload_close,
        downstream_rq_timeout,
        downstream_rq_2xx,
        downstream_rq_3xx,
        downstream_rq_4xx,
        downstream_rq_5xx,
        no_cluster,
        no_route,
        rq_direct_response,
        rq_redirect,
    }
}

impl HttpStats {
    /// Counts a response by the class of its status.
    pub(crate) fn response(&self, status: u16) {
        match status / 100 {
            2 => self.downstream_rq_2xx.inc(),
            3 => self.downstream_rq_3xx.inc(),
            4 => self.downstream_rq_4xx.inc(),
            5 => self.downstream_rq_5xx.inc(),
            _ => {}
        }
    }
}

stats! {
    /// `tcp.<stat_prefix>.*` of a TCP proxy.
    TcpStats {
        downstream_cx_total,
        downstream_cx_rx_bytes_total,
        downstream_cx_tx_bytes_total,
        downstream_flow_control_paused_reading_total,
        downstream_flow_control_resumed_reading_total,
        idle_timeout,
    }
}

stats! {
    /// `listener.<name>.*`.
    ListenerStats {
        downstream_cx_active,
        downstream_cx_overflow,
        downstream_cx_overload_reject,
        downstream_cx_total,
        downstream_global_cx_overflow,
        downstream_cx_transport_socket_connect_timeout,
        no_filter_chain_match,
    }
}

stats! {
    /// `listener.<name>.ssl.*` and `cluster.<name>.ssl.*`.
    TlsStats {
        connection_error,
        fail_verify_error,
        fail_verify_no_cert,
        fail_verify_san,
        handshake,
        no_certificate,
    }
}

impl TlsStats {
    /// Counts a handshake that has come to its end.
    pub(crate) fn agreed(&self, tls: &TlsInfo) {
        self.handshake.inc();
        if tls.peer.is_none() {
            self.no_certificate.inc();
        }
    }
}

stats! {
    /// `connection_limit.<stat_prefix>.*`.
    LimitStats {
        active_connections,
        limited_connections,
    }
}

/// The numbers of a listener.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListenerNumbers {
    pub(crate) own: Arc<ListenerStats>,
    pub(crate) tls: Arc<TlsStats>,
    /// One for each filter chain.
    pub(crate) chains: Vec<ChainNumbers>,
}

/// The numbers of a filter chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainNumbers {
    pub(crate) kind: ChainStats,
    /// One for each connection limit.
    pub(crate) limits: Vec<Arc<LimitStats>>,
}

impl ListenerNumbers {
    /// The numbers of a listener; they go on from those of the one before, where its filter chains and their limits have the
    /// same prefixes.
    pub(crate) fn new(listener: &Listener, before: Option<(&Listener, &Self)>) -> Self {
        let known = before.into_iter().flat_map(|(before, numbers)| before.filter_chains.iter().zip(&numbers.chains));
        let known: Vec<_> = known.collect();
        let limits = known.iter().flat_map(|(before, numbers)| before.connection_limits.iter().zip(&numbers.limits));
        let limits: Vec<_> = limits.collect();
        let limit = |limit: &ConnectionLimit| {
            let same = limits.iter().find(|(before, _)| before.stat_prefix == limit.stat_prefix);
            same.map(|(_, numbers)| Arc::clone(numbers)).unwrap_or_default()
        };
        let chain = |chain: &FilterChain| {
            let same = known.iter().find(|(before, _)| before.kind.stat_prefix() == chain.kind.stat_prefix());
            let kind = match (&chain.kind, same.map(|(_, numbers)| &numbers.kind)) {
                (ListenerKind::Http(_), Some(kind @ ChainStats::Http(_)))
                | (ListenerKind::Tcp(_), Some(kind @ ChainStats::Tcp(_))) => kind.clone(),
                (ListenerKind::Http(_), _) => ChainStats::Http(Arc::default()),
                (ListenerKind::Tcp(_), _) => ChainStats::Tcp(Arc::default()),
            };
            ChainNumbers { kind, limits: chain.connection_limits.iter().map(limit).collect() }
        };
        Self {
            own: before.map(|(_, numbers)| numbers.own.clone()).unwrap_or_default(),
            tls: before.map(|(_, numbers)| numbers.tls.clone()).unwrap_or_default(),
            chains: listener.filter_chains.iter().map(chain).collect(),
        }
    }
}

/// The numbers of a filter chain, by what it serves.
#[derive(Clone, Debug)]
pub(crate) enum ChainStats {
    Http(Arc<HttpStats>),
    Tcp(Arc<TcpStats>),
}

stats! {
    /// What `cluster.<name>.*` has of its connections.
    ConnectionStats {
        upstream_cx_total,
        upstream_cx_active,
        upstream_cx_destroy,
        upstream_cx_connect_timeout,
        upstream_cx_connect_attempts_exceeded,
        upstream_cx_rx_bytes_total,
        upstream_cx_tx_bytes_total,
    }
}

stats! {
    /// `cluster.<name>.*`.
    ClusterStats {
        upstream_rq_total,
        upstream_rq_active,
        upstream_rq_completed,
        upstream_rq_pending_overflow,
        upstream_rq_per_try_idle_timeout,
        upstream_rq_per_try_timeout,
        upstream_rq_retry,
        upstream_rq_retry_backoff_exponential,
        upstream_rq_retry_limit_exceeded,
        upstream_rq_retry_overflow,
        upstream_rq_retry_success,
        upstream_rq_timeout,
        upstream_rq_2xx,
        upstream_rq_3xx,
        upstream_rq_4xx,
        upstream_rq_5xx,
        upstream_cx_connect_fail,
        upstream_cx_none_healthy,
        upstream_cx_overflow,
        lb_healthy_panic,
        membership_change,
        membership_healthy,
        membership_total,
    }
}

stats! {
    /// `cluster.<name>.outlier_detection.*`, where that is configured.
    OutlierStats {
        ejections_active,
        ejections_detected_consecutive_5xx,
        ejections_detected_consecutive_gateway_failure,
        ejections_detected_failure_percentage,
        ejections_detected_success_rate,
        ejections_enforced_consecutive_5xx,
        ejections_enforced_consecutive_gateway_failure,
        ejections_enforced_failure_percentage,
        ejections_enforced_success_rate,
        ejections_enforced_total,
        ejections_overflow,
    }
}

stats! {
    /// `cluster.<name>.health_check.*`, where that is configured.
    HealthCheckStats {
        attempt,
        failure,
        healthy,
        network_failure,
        success,
    }
}

stats! {
    /// `cluster.<name>.circuit_breakers.default.*`.
    CircuitBreakerStats {
        cx_open,
        rq_open,
        rq_pending_open,
        rq_retry_open,
    }
}

/// How often each status was answered: `cluster.<name>.upstream_rq_<status>`.
#[derive(Debug)]
pub(crate) struct StatusCodes(Box<[Number]>);

impl StatusCodes {
    /// From the lowest status to the highest that there is.
    const ALL: std::ops::Range<u16> = 100..600;

    pub(crate) fn inc(&self, status: u16) {
        let at = status.checked_sub(Self::ALL.start);
        if let Some(number) = at.and_then(|at| self.0.get(usize::from(at))) {
            number.inc();
        }
    }

    /// Adds those that there were to `out`, as Envoy does.
    pub(crate) fn collect(&self, prefix: &str, out: &mut BTreeMap<String, u64>) {
        let counted = Self::ALL.zip(&self.0).map(|(status, number)| (status, number.get()));
        out.extend(
            counted.filter(|(_, count)| *count > 0).map(|(status, count)| (format!("{prefix}_{status}"), count)),
        );
    }
}

impl Default for StatusCodes {
    fn default() -> Self {
        Self(Self::ALL.map(|_| Number::default()).collect())
    }
}

impl ClusterStats {
    /// Counts what has become of a request, by the class of its status.
    pub(crate) fn response(&self, status: u16) {
        self.upstream_rq_completed.inc();
        match status / 100 {
            2 => self.upstream_rq_2xx.inc(),
            3 => self.upstream_rq_3xx.inc(),
            4 => self.upstream_rq_4xx.inc(),
            5 => self.upstream_rq_5xx.inc(),
            _ => {}
        }
    }
}
