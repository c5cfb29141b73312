//! `envoy.config.cluster.v3.OutlierDetection`.

use super::advice::REMOVE;
use super::{Message, acted, harmless, only, refused};

const SPLIT: &str = "Envoy looks at it only with split_external_local_origin_errors";

/// `envoy.config.cluster.v3.OutlierDetection`.
pub(crate) const OUTLIER_DETECTION: Message = Message {
    name: "OutlierDetection",
    fields: &[
        acted("consecutive_5xx"),
        acted("interval"),
        acted("base_ejection_time"),
        acted("max_ejection_percent"),
        acted("enforcing_consecutive_5xx"),
        acted("enforcing_success_rate"),
        acted("success_rate_minimum_hosts"),
        acted("success_rate_request_volume"),
        acted("success_rate_stdev_factor"),
        acted("consecutive_gateway_failure"),
        acted("enforcing_consecutive_gateway_failure"),
        only("split_external_local_origin_errors", &["false"], "failures to connect count as status 503; remove it"),
        harmless("consecutive_local_origin_failure", SPLIT),
        harmless("enforcing_consecutive_local_origin_failure", SPLIT),
        harmless("enforcing_local_origin_success_rate", SPLIT),
        acted("failure_percentage_threshold"),
        acted("enforcing_failure_percentage"),
        harmless("enforcing_failure_percentage_local_origin", SPLIT),
        acted("failure_percentage_minimum_hosts"),
        acted("failure_percentage_request_volume"),
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
