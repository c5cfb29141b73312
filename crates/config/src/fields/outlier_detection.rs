//! `envoy.config.cluster.v3.OutlierDetection`.

use super::advice::REMOVE;
use super::{Message, acted, only, refused};

const RATES: &str =
    "endpoints are ejected for failures in a row, not for rates; remove it, or set its enforcing_ field to 0";

/// `envoy.config.cluster.v3.OutlierDetection`.
pub(crate) const OUTLIER_DETECTION: Message = Message {
    name: "OutlierDetection",
    fields: &[
        acted("consecutive_5xx"),
        acted("interval"),
        acted("base_ejection_time"),
        acted("max_ejection_percent"),
        acted("enforcing_consecutive_5xx"),
        only("enforcing_success_rate", &["0"], RATES),
        refused("success_rate_minimum_hosts", RATES),
        refused("success_rate_request_volume", RATES),
        refused("success_rate_stdev_factor", RATES),
        acted("consecutive_gateway_failure"),
        acted("enforcing_consecutive_gateway_failure"),
        only("split_external_local_origin_errors", &["false"], "failures to connect count as status 503; remove it"),
        refused("consecutive_local_origin_failure", "failures to connect count as status 503; remove it"),
        refused("enforcing_consecutive_local_origin_failure", "failures to connect count as status 503; remove it"),
        only("enforcing_local_origin_success_rate", &["0"], RATES),
        refused("failure_percentage_threshold", RATES),
        only("enforcing_failure_percentage", &["0"], RATES),
        only("enforcing_failure_percentage_local_origin", &["0"], RATES),
        refused("failure_percentage_minimum_hosts", RATES),
        refused("failure_percentage_request_volume", RATES),
        acted("max_ejection_time"),
        only("max_ejection_time_jitter", &["0s"], REMOVE),
        only(
            "successful_active_health_check_uneject_host",
            &["false"],
            "an ejected endpoint waits for its time; remove it",
        ),
        refused("monitors", REMOVE),
        acted("always_eject_one_host"),
        refused("detect_degraded_hosts", REMOVE),
    ],
};
