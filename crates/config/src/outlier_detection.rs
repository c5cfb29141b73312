//! `envoy.config.cluster.v3.OutlierDetection`: leaving out endpoints that fail.

use std::time::Duration;

use crate::fields::outlier_detection::OUTLIER_DETECTION;
use crate::reader::{Cursor, Object};

/// When an endpoint is ejected, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutlierDetection {
    /// Envoy's `consecutive_5xx`: so many statuses of 500 or more, or failures, in a row; 5 by default.
    pub consecutive_5xx: u32,
    /// Envoy's `enforcing_consecutive_5xx`, in percent; 100 by default.
    pub enforcing_consecutive_5xx: u32,
    /// Envoy's `consecutive_gateway_failure`: so many statuses 502, 503 or 504, or failures, in a row; 5 by default.
    pub consecutive_gateway_failure: u32,
    /// Envoy's `enforcing_consecutive_gateway_failure`, in percent; 0 by default.
    pub enforcing_consecutive_gateway_failure: u32,
    /// Envoy's `success_rate_` fields.
    pub success_rate: SuccessRate,
    /// Envoy's `failure_percentage_` fields.
    pub failure_percentage: FailurePercentage,
    /// Envoy's `interval` at which endpoints come back and rates are compared; 10 seconds by default.
    pub interval: Duration,
    /// Envoy's `base_ejection_time`, which counts as often as an endpoint has been ejected; 30 seconds by default.
    pub base_ejection_time: Duration,
    /// Envoy's `max_ejection_time`; 300 seconds, or the base if that is more, by default.
    pub max_ejection_time: Duration,
    /// Envoy's `max_ejection_percent` of the endpoints that may be ejected at a time; 10 by default.
    pub max_ejection_percent: u32,
    /// Envoy's `always_eject_one_host`: whatever the percentage is. Off by default.
    pub always_eject_one_host: bool,
}

/// When an endpoint is ejected for succeeding less often than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuccessRate {
    /// Envoy's `enforcing_success_rate`, in percent; 100 by default.
    pub enforcing: u32,
    /// Envoy's `success_rate_minimum_hosts` that have had enough requests; 5 by default.
    pub minimum_hosts: u32,
    /// Envoy's `success_rate_request_volume` of an interval that is enough; 100 by default.
    pub request_volume: u32,
    /// Envoy's `success_rate_stdev_factor`: how many standard deviations below the mean are too low, in thousandths; 1900 by
    /// default.
    pub stdev_factor: u32,
}

/// When an endpoint is ejected for failing too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailurePercentage {
    /// Envoy's `enforcing_failure_percentage`, in percent; 0 by default.
    pub enforcing: u32,
    /// Envoy's `failure_percentage_minimum_hosts` that have had enough requests; 5 by default.
    pub minimum_hosts: u32,
    /// Envoy's `failure_percentage_request_volume` of an interval that is enough; 50 by default.
    pub request_volume: u32,
    /// Envoy's `failure_percentage_threshold` from which on it is too often, in percent; 85 by default.
    pub threshold: u32,
}

/// Decodes `outlier_detection`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<OutlierDetection> {
    let object = Object::open(at, &OUTLIER_DETECTION)?;
    let number = |name, default| object.get(name).and_then(|at| at.unsigned(0)).unwrap_or(default);
    let percent = |name, default: u32| {
        object.get(name).and_then(|at| at.integer(0, 100)).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    };
    let duration = |name, default| {
        let at = object.get(name)?;
        let duration = at.duration()?;
        if duration.is_zero() {
            at.error(format!("{name} must be more than 0s; {default}s is the default"));
        }
        Some(duration)
    };
    let base = duration("base_ejection_time", 30).unwrap_or(Duration::from_secs(30));
    Some(OutlierDetection {
        consecutive_5xx: number("consecutive_5xx", 5),
        enforcing_consecutive_5xx: percent("enforcing_consecutive_5xx", 100),
        consecutive_gateway_failure: number("consecutive_gateway_failure", 5),
        enforcing_consecutive_gateway_failure: percent("enforcing_consecutive_gateway_failure", 0),
        success_rate: SuccessRate {
            enforcing: percent("enforcing_success_rate", 100),
            minimum_hosts: number("success_rate_minimum_hosts", 5),
            request_volume: number("success_rate_request_volume", 100),
            stdev_factor: number("success_rate_stdev_factor", 1900),
        },
        failure_percentage: FailurePercentage {
            enforcing: percent("enforcing_failure_percentage", 0),
            minimum_hosts: number("failure_percentage_minimum_hosts", 5),
            request_volume: number("failure_percentage_request_volume", 50),
            threshold: percent("failure_percentage_threshold", 85),
        },
        interval: duration("interval", 10).unwrap_or(Duration::from_secs(10)),
        base_ejection_time: base,
        max_ejection_time: duration("max_ejection_time", 300).unwrap_or(Duration::from_secs(300)).max(base),
        max_ejection_percent: percent("max_ejection_percent", 10),
        always_eject_one_host: object.get("always_eject_one_host").and_then(|at| at.boolean()).unwrap_or(false),
    })
}
