//! `envoy.config.cluster.v3`: what tunes the choice of endpoints.

use super::advice::REMOVE;
use super::{Message, acted, harmless, only, refused};

/// `envoy.config.cluster.v3.Cluster.LeastRequestLbConfig`.
pub(crate) const LEAST_REQUEST_LB_CONFIG: Message = Message {
    name: "LeastRequestLbConfig",
    fields: &[
        acted("choice_count"),
        refused("active_request_bias", "endpoints are compared by requests under way and weight; remove it"),
        refused("slow_start_config", "new endpoints have their full share at once; remove it"),
    ],
};

/// `envoy.config.cluster.v3.Cluster.RoundRobinLbConfig`.
pub(crate) const ROUND_ROBIN_LB_CONFIG: Message = Message {
    name: "RoundRobinLbConfig",
    fields: &[refused("slow_start_config", "new endpoints have their full share at once; remove it")],
};

/// `envoy.config.cluster.v3.Cluster.RingHashLbConfig`.
pub(crate) const RING_HASH_LB_CONFIG: Message = Message {
    name: "RingHashLbConfig",
    fields: &[
        acted("minimum_ring_size"),
        acted("maximum_ring_size"),
        only("hash_function", &["XX_HASH", "0"], "the hash is XX_HASH; remove it"),
    ],
};

/// `envoy.config.cluster.v3.Cluster.MaglevLbConfig`.
pub(crate) const MAGLEV_LB_CONFIG: Message = Message { name: "MaglevLbConfig", fields: &[acted("table_size")] };

/// `envoy.config.cluster.v3.Cluster.CommonLbConfig`.
pub(crate) const COMMON_LB_CONFIG: Message = Message {
    name: "CommonLbConfig",
    fields: &[
        acted("healthy_panic_threshold"),
        refused("zone_aware_lb_config", "endpoints are not chosen by zone; remove it"),
        refused("locality_weighted_lb_config", "endpoints are not chosen by locality; remove it"),
        harmless("update_merge_window", "endpoints change with DNS only"),
        harmless("ignore_new_hosts_until_first_hc", "an endpoint is used once its first check has succeeded"),
        harmless("close_connections_on_host_set_change", "connections to endpoints that are gone are not used"),
        refused("consistent_hashing_lb_config", "endpoints are hashed by their addresses; remove it"),
        refused("override_host_status", REMOVE),
    ],
};

/// `envoy.type.v3.Percent`.
pub(crate) const PERCENT: Message = Message { name: "Percent", fields: &[acted("value")] };
