//! `envoy.extensions.filters.network.tcp_proxy.v3`.

use super::advice::{LIMIT, REMOVE};
use super::{Message, acted, harmless, only, refused, renamed};

const ONCE: &str = "a plugin logs a connection once, when it has ended; remove it";

/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`.
pub(crate) const TCP_PROXY: Message = Message {
    name: "TcpProxy",
    fields: &[
        acted("stat_prefix"),
        acted("cluster"),
        acted("weighted_clusters"),
        acted("idle_timeout"),
        acted("max_connect_attempts"),
        acted("access_log"),
        refused("on_demand", "clusters are those of the file; remove it"),
        refused("metadata_match", "endpoints are not chosen by metadata; write a cluster of those meant"),
        harmless("downstream_idle_timeout", "Envoy does not use it either; idle_timeout counts"),
        harmless("upstream_idle_timeout", "Envoy does not use it either; idle_timeout counts"),
        refused("backoff_options", "attempts to connect follow each other at once; remove it"),
        refused("hash_policy", "endpoints are not chosen by a hash; remove it"),
        refused("tunneling_config", "bytes are sent as they come; remove it"),
        refused("max_downstream_connection_duration", LIMIT),
        refused("max_downstream_connection_duration_jitter_percentage", LIMIT),
        refused("access_log_flush_interval", ONCE),
        only("flush_access_log_on_connected", &["false"], ONCE),
        only("access_log_options", &["{}"], ONCE),
        refused("proxy_protocol_tlvs", "the PROXY protocol is not written; remove it"),
        refused("proxy_protocol_tlv_merge_policy", "the PROXY protocol is not written; remove it"),
        refused("upstream_connect_mode", REMOVE),
        refused("max_early_data_bytes", REMOVE),
        renamed("deprecated_v1", "write cluster"),
    ],
};

/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster`.
pub(crate) const TCP_WEIGHTED_CLUSTER: Message =
    Message { name: "TcpProxy.WeightedCluster", fields: &[acted("clusters")] };

/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight`.
pub(crate) const TCP_CLUSTER_WEIGHT: Message = Message {
    name: "TcpProxy.WeightedCluster.ClusterWeight",
    fields: &[
        acted("name"),
        acted("weight"),
        refused("metadata_match", "endpoints are not chosen by metadata; write a cluster of those meant"),
    ],
};
