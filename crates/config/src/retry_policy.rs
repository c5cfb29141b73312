//! `envoy.config.route.v3.RetryPolicy`: when a request is sent again.

use std::time::Duration;

use crate::fields::retry_policy::{RETRY_BACK_OFF, RETRY_HOST_PREDICATE, RETRY_POLICY};
use crate::reader::{Cursor, Object};
use crate::route_match::{HeaderMatch, decode_header};

/// When a request is sent again, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Envoy's `retry_on`; none by default.
    pub retry_on: RetryOn,
    /// Envoy's `num_retries`; 1 by default.
    pub num_retries: u32,
    /// Envoy's `per_try_timeout`, until one attempt is answered; none by default.
    pub per_try_timeout: Option<Duration>,
    /// Envoy's `per_try_idle_timeout`; none by default.
    pub per_try_idle_timeout: Option<Duration>,
    /// Envoy's `retriable_status_codes`, for the condition of that name.
    pub retriable_status_codes: Vec<u16>,
    /// Envoy's `retriable_headers`, for the condition of that name: one of them must match the response.
    pub retriable_headers: Vec<HeaderMatch>,
    /// Envoy's `retriable_request_headers`: if there are any, one of them must match the request.
    pub retriable_request_headers: Vec<HeaderMatch>,
    /// Envoy's `retry_back_off.base_interval`; 25 ms by default.
    pub base_interval: Duration,
    /// Envoy's `retry_back_off.max_interval`; ten times the base by default.
    pub max_interval: Duration,
    /// Envoy's `retry_host_predicate` with `previous_hosts`: choose an endpoint that has not been tried.
    pub avoid_previous_hosts: bool,
    /// Envoy's `host_selection_retry_max_attempts`: how often another choice is asked for; 1 by default.
    pub host_selection_retry_max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let base_interval = Duration::from_millis(25);
        Self {
            retry_on: RetryOn::default(),
            num_retries: 1,
            per_try_timeout: None,
            per_try_idle_timeout: None,
            retriable_status_codes: Vec::new(),
            retriable_headers: Vec::new(),
            retriable_request_headers: Vec::new(),
            base_interval,
            max_interval: base_interval * 10,
            avoid_previous_hosts: false,
            host_selection_retry_max_attempts: 1,
        }
    }
}

/// Conditions under which a request is sent again, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryOn(u32);

macro_rules! conditions {
    ($($(#[$meta:meta])* $constant:ident = $name:literal),+ $(,)?) => {
        impl RetryOn {
            $($(#[$meta])* pub const $constant: Self = Self(1 << Bit::$constant as u32);)+

            const NAMES: &[(&str, Self)] = &[$(($name, Self::$constant)),+];
        }

        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "they number the constants of the same names")]
        enum Bit { $($constant),+ }
    };
}

conditions! {
    /// A status of 500 or more, or no response.
    FIVE_XX = "5xx",
    /// A status of 502, 503 or 504, or no response.
    GATEWAY_ERROR = "gateway-error",
    /// No response, whatever the reason.
    RESET = "reset",
    /// No response, and nothing of the request had been sent.
    RESET_BEFORE_REQUEST = "reset-before-request",
    /// No connection could be made.
    CONNECT_FAILURE = "connect-failure",
    /// The upstream has rate-limited the request and says so (`x-envoy-ratelimited`).
    ENVOY_RATELIMITED = "envoy-ratelimited",
    /// The upstream has reset the stream with REFUSED_STREAM.
    REFUSED_STREAM = "refused-stream",
    /// Status 409.
    RETRIABLE_4XX = "retriable-4xx",
    /// A status that the policy or the request names.
    RETRIABLE_STATUS_CODES = "retriable-status-codes",
    /// A header that the policy or the request names.
    RETRIABLE_HEADERS = "retriable-headers",
    /// gRPC status 1.
    CANCELLED = "cancelled",
    /// gRPC status 4.
    DEADLINE_EXCEEDED = "deadline-exceeded",
    /// gRPC status 13.
    INTERNAL = "internal",
    /// gRPC status 8.
    RESOURCE_EXHAUSTED = "resource-exhausted",
    /// gRPC status 14.
    UNAVAILABLE = "unavailable",
}

// === impl RetryOn ===

impl RetryOn {
    /// Whether one of `conditions` is in the set.
    pub fn has(self, conditions: Self) -> bool {
        self.0 & conditions.0 != 0
    }

    /// Whether the set has no condition.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads names that are separated by commas, as in `retry_on` and in `x-envoy-retry-on`. Tells the first that is
    /// unknown; the others are in the set all the same.
    pub fn parse(text: &str) -> (Self, Option<&str>) {
        let mut set = Self::default();
        let mut unknown = None;
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match Self::NAMES.iter().find(|(known, _)| *known == name) {
                Some((_, condition)) => set = set.with(*condition),
                None => unknown = unknown.or(Some(name)),
            }
        }
        (set, unknown)
    }
}

/// Decodes a `RetryPolicy`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<RetryPolicy> {
    let object = Object::open(at, &RETRY_POLICY)?;
    let default = RetryPolicy::default();
    let retry_on = object.get("retry_on").and_then(|at| {
        let (set, unknown) = RetryOn::parse(at.text()?);
        if let Some(name) = unknown {
            let names: Vec<_> = RetryOn::NAMES.iter().map(|(name, _)| *name).collect();
            at.error(format!("unknown condition \"{name}\"; there are {}", names.join(", ")));
        }
        Some(set)
    });
    let duration = |name| object.get(name).and_then(|at| at.duration_or_off()).flatten();
    let number = |name| object.get(name).and_then(|at| at.unsigned(0));
    let codes = object.get("retriable_status_codes").map(|at| at.items()).unwrap_or_default();
    let codes =
        codes.iter().filter_map(|at| at.integer(100, 599)).filter_map(|code| u16::try_from(code).ok()).collect();
    let headers = |name| -> Vec<_> {
        let items = object.get(name).map(|at| at.items()).unwrap_or_default();
        items.iter().filter_map(decode_header).collect()
    };
    let (base_interval, max_interval) = match object.get("retry_back_off") {
        Some(at) => decode_back_off(&at)?,
        None => (default.base_interval, default.max_interval),
    };
    let predicates = object.get("retry_host_predicate").map(|at| at.items()).unwrap_or_default();
    Some(RetryPolicy {
        retry_on: retry_on.unwrap_or_default(),
        num_retries: number("num_retries").unwrap_or(default.num_retries),
        per_try_timeout: duration("per_try_timeout"),
        per_try_idle_timeout: duration("per_try_idle_timeout"),
        retriable_status_codes: codes,
        retriable_headers: headers("retriable_headers"),
        retriable_request_headers: headers("retriable_request_headers"),
        base_interval,
        max_interval,
        avoid_previous_hosts: predicates.iter().filter_map(decode_predicate).count() > 0,
        host_selection_retry_max_attempts: object
            .get("host_selection_retry_max_attempts")
            .and_then(|at| at.integer(0, 1000))
            .and_then(|attempts| u32::try_from(attempts).ok())
            .unwrap_or(default.host_selection_retry_max_attempts),
    })
}

fn decode_back_off(at: &Cursor<'_>) -> Option<(Duration, Duration)> {
    let object = Object::open(at, &RETRY_BACK_OFF)?;
    let at = object.required("base_interval", "such as 0.025s")?;
    let base = at.duration()?;
    if base < Duration::from_millis(1) {
        at.error("base_interval must be at least 0.001s");
        return None;
    }
    let max = match object.get("max_interval") {
        Some(at) => {
            let max = at.duration()?;
            if max < base {
                at.error("max_interval must not be less than base_interval");
                return None;
            }
            max
        }
        None => base.saturating_mul(10),
    };
    Some((base, max))
}

/// The one predicate that there is.
fn decode_predicate(at: &Cursor<'_>) -> Option<()> {
    let object = Object::open(at, &RETRY_HOST_PREDICATE)?;
    let at = object.required("name", "envoy.retry_host_predicates.previous_hosts")?;
    if at.nonempty_text()? == "envoy.retry_host_predicates.previous_hosts" {
        return Some(());
    }
    at.error("this predicate is not supported by Tollgate; there is envoy.retry_host_predicates.previous_hosts");
    None
}

#[cfg(test)]
mod tests {
    use super::RetryOn;

    #[test]
    fn names_become_a_set() {
        let (set, unknown) = RetryOn::parse("5xx, connect-failure,,nope");
        assert_eq!(unknown, Some("nope"));
        assert!(set.has(RetryOn::FIVE_XX) && set.has(RetryOn::CONNECT_FAILURE.with(RetryOn::RESET)));
        assert!(!set.has(RetryOn::RESET) && !set.is_empty());
        assert!(RetryOn::parse(" ").0.is_empty());
        let all: Vec<_> = RetryOn::NAMES.iter().map(|(_, bit)| bit.0).collect();
        assert!(all.iter().all(|bit| all.iter().filter(|other| *other == bit).count() == 1));
    }
}
