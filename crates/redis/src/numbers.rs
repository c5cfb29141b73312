//! What is counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts, under the names that Envoy has for the like.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// 1 while Redis is reachable, 0 while calls fail at once.
    pub(crate) reachable: AtomicU64,
    pub(crate) cx_total: AtomicU64,
    pub(crate) cx_connect_fail: AtomicU64,
    pub(crate) rq_total: AtomicU64,
    pub(crate) rq_success: AtomicU64,
    /// The connection failed, or what came was no answer.
    pub(crate) rq_failure: AtomicU64,
    /// Redis has refused.
    pub(crate) rq_error: AtomicU64,
    pub(crate) rq_timeout: AtomicU64,
    /// Not even asked, for Redis was away.
    pub(crate) rq_rejected: AtomicU64,
}

impl Numbers {
    pub(crate) fn add(number: &AtomicU64) {
        number.fetch_add(1, Ordering::Relaxed);
    }

    /// Each with its name.
    pub(crate) fn all(&self) -> Vec<(&'static str, u64)> {
        [
            ("redis.membership_healthy", &self.reachable),
            ("redis.upstream_cx_connect_fail", &self.cx_connect_fail),
            ("redis.upstream_cx_total", &self.cx_total),
            ("redis.upstream_rq_error", &self.rq_error),
            ("redis.upstream_rq_failure", &self.rq_failure),
            ("redis.upstream_rq_rejected", &self.rq_rejected),
            ("redis.upstream_rq_success", &self.rq_success),
            ("redis.upstream_rq_timeout", &self.rq_timeout),
            ("redis.upstream_rq_total", &self.rq_total),
        ]
        .map(|(name, number)| (name, number.load(Ordering::Relaxed)))
        .to_vec()
    }
}
