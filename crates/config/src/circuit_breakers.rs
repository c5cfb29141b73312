//! `envoy.config.cluster.v3.CircuitBreakers`: how much a cluster may have under way.

use crate::fields::circuit_breakers::{CIRCUIT_BREAKERS, RETRY_BUDGET, THRESHOLDS};
use crate::fields::load_balancing::PERCENT;
use crate::reader::{Cursor, Object};

/// How much a cluster may have under way, over all workers. `None` stands for no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitBreakers {
    /// Envoy's `max_connections` that have a request, for HTTP/1.1; 1024 by default.
    pub max_connections: Option<u32>,
    /// Envoy's `max_pending_requests` that wait for a connection; 1024 by default.
    pub max_pending_requests: Option<u32>,
    /// Envoy's `max_requests`; 1024 by default.
    pub max_requests: Option<u32>,
    /// Envoy's `max_retries`; 3 by default, also where there are no circuit breakers.
    pub max_retries: u32,
    /// Envoy's `retry_budget`, which counts in the place of `max_retries`.
    pub retry_budget: Option<RetryBudget>,
}

/// Retries as a part of what is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    /// Envoy's `budget_percent` of the requests under way; 20 by default.
    pub percent: f64,
    /// Envoy's `min_retry_concurrency`: that many are let through in any case; 3 by default.
    pub min_retry_concurrency: u32,
}

impl Default for CircuitBreakers {
    /// Those of a cluster for which none are configured: only retries are limited.
    fn default() -> Self {
        Self {
            max_connections: None,
            max_pending_requests: None,
            max_requests: None,
            max_retries: 3,
            retry_budget: None,
        }
    }
}

/// Decodes `circuit_breakers`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<CircuitBreakers> {
    let object = Object::open(at, &CIRCUIT_BREAKERS)?;
    let mut breakers = CircuitBreakers::default();
    for at in object.get("thresholds").map(|at| at.items()).unwrap_or_default() {
        let thresholds = Object::open(&at, &THRESHOLDS)?;
        let is_default = thresholds
            .get("priority")
            .map_or(Some(true), |at| at.choice(&[("DEFAULT", 0, true), ("HIGH", 1, false)]))?;
        let number = |name| thresholds.get(name).and_then(|at| at.unsigned(0));
        let limits = CircuitBreakers {
            max_connections: Some(number("max_connections").unwrap_or(1024)),
            max_pending_requests: Some(number("max_pending_requests").unwrap_or(1024)),
            max_requests: Some(number("max_requests").unwrap_or(1024)),
            max_retries: number("max_retries").unwrap_or(3),
            retry_budget: thresholds.get("retry_budget").and_then(|at| decode_budget(&at)),
        };
        // No route has the other priority.
        if is_default {
            breakers = limits;
        }
    }
    Some(breakers)
}

fn decode_budget(at: &Cursor<'_>) -> Option<RetryBudget> {
    let object = Object::open(at, &RETRY_BUDGET)?;
    let percent = match object.get("budget_percent") {
        None => Some(20.0),
        Some(at) => Object::open(&at, &PERCENT)?.get("value").map_or(Some(0.0), |at| at.number(0.0, 100.0)),
    };
    let minimum = object.get("min_retry_concurrency").map_or(Some(3), |at| at.unsigned(0));
    Some(RetryBudget { percent: percent?, min_retry_concurrency: minimum? })
}
