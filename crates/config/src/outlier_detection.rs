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
    /// Envoy's `interval` at which endpoints come back; 10 seconds by default.
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
        interval: duration("interval", 10).unwrap_or(Duration::from_secs(10)),
        base_ejection_time: base,
        max_ejection_time: duration("max_ejection_time", 300).unwrap_or(Duration::from_secs(300)).max(base),
        max_ejection_percent: percent("max_ejection_percent", 10),
        always_eject_one_host: object.get("always_eject_one_host").and_then(|at| at.boolean()).unwrap_or(false),
    })
}
