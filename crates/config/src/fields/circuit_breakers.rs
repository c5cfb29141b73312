//! `envoy.config.cluster.v3.CircuitBreakers`.

use super::advice::{LIMIT, NO_STATS};
use super::{Message, acted, harmless, refused};

/// `envoy.config.cluster.v3.CircuitBreakers`.
pub(crate) const CIRCUIT_BREAKERS: Message =
    Message { name: "CircuitBreakers", fields: &[acted("thresholds"), refused("per_host_thresholds", LIMIT)] };

/// `envoy.config.cluster.v3.CircuitBreakers.Thresholds`.
pub(crate) const THRESHOLDS: Message = Message {
    name: "Thresholds",
    fields: &[
        acted("priority"),
        acted("max_connections"),
        acted("max_pending_requests"),
        acted("max_requests"),
        acted("max_retries"),
        acted("retry_budget"),
        harmless("track_remaining", NO_STATS),
        refused("max_connection_pools", LIMIT),
    ],
};

/// `envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget`.
pub(crate) const RETRY_BUDGET: Message = Message {
    name: "RetryBudget",
    fields: &[
        acted("budget_percent"),
        acted("min_retry_concurrency"),
        refused("budget_interval", "the budget is a part of the requests under way; remove it"),
    ],
};
