//! `envoy.config.listener.v3`.

use super::advice::{BALANCING, LIMIT, METADATA, NO_STATS, REMOVE, TYPED_CONFIG};
use super::{Message, acted, harmless, only, refused, renamed};

/// `envoy.config.listener.v3.Listener`.
pub(crate) const LISTENER: Message = Message {
    name: "Listener",
    fields: &[
        acted("name"),
        acted("address"),
        acted("filter_chains"),
        acted("default_filter_chain"),
        acted("listener_filters"),
        acted("per_connection_buffer_limit_bytes"),
        refused("additional_addresses", "write one listener for each address"),
        harmless("stat_prefix", NO_STATS),
        refused("filter_chain_matcher", MATCH),
        only("use_original_dst", &["false"], REMOVE),
        refused("per_connection_buffer_high_watermark_timeout", LIMIT),
        acted("metadata"),
        refused("deprecated_v1", REMOVE),
        harmless("drain_type", "connections are drained only when the process stops"),
        harmless("listener_filters_timeout", "no listener filter waits for data"),
        harmless("continue_on_listener_filters_timeout", "no listener filter waits for data"),
        only("transparent", &["false"], REMOVE),
        only("freebind", &["false"], REMOVE),
        refused("socket_options", REMOVE),
        harmless("tcp_fast_open_queue_length", "TCP Fast Open is left to the kernel's default"),
        acted("traffic_direction"),
        refused("udp_listener_config", "listeners are TCP only"),
        refused("api_listener", REMOVE),
        harmless("connection_balance_config", BALANCING),
        harmless("reuse_port", BALANCING),
        harmless("enable_reuse_port", BALANCING),
        acted("access_log"),
        harmless("tcp_backlog_size", "the backlog is left to the system's default"),
        harmless("max_connections_to_accept_per_socket_event", BALANCING),
        only("bind_to_port", &["true"], REMOVE),
        refused("internal_listener", REMOVE),
        only("enable_mptcp", &["false"], REMOVE),
        acted("ignore_global_conn_limit"),
        acted("bypass_overload_manager"),
        refused("fcds_config", "write the filter chain in the listener"),
    ],
};

/// `envoy.config.listener.v3.ListenerFilter`.
pub(crate) const LISTENER_FILTER: Message = Message {
    name: "ListenerFilter",
    fields: &[
        acted("name"),
        acted("typed_config"),
        refused("config_discovery", "write typed_config"),
        refused("filter_disabled", REMOVE),
        renamed("config", TYPED_CONFIG),
    ],
};

/// `envoy.config.listener.v3.FilterChain`.
pub(crate) const FILTER_CHAIN: Message = Message {
    name: "FilterChain",
    fields: &[
        acted("filters"),
        acted("transport_socket"),
        acted("name"),
        acted("filter_chain_match"),
        only("use_proxy_proto", &["false"], "the PROXY protocol is not read"),
        harmless("metadata", METADATA),
        acted("transport_socket_connect_timeout"),
        refused("on_demand_configuration", REMOVE),
        renamed("tls_context", "write transport_socket"),
    ],
};

/// `envoy.config.listener.v3.FilterChainMatch`.
pub(crate) const FILTER_CHAIN_MATCH: Message = Message {
    name: "FilterChainMatch",
    fields: &[
        acted("server_names"),
        acted("transport_protocol"),
        refused("destination_port", MATCH),
        refused("prefix_ranges", MATCH),
        refused("address_suffix", MATCH),
        refused("suffix_len", MATCH),
        refused("direct_source_prefix_ranges", MATCH),
        refused("source_type", MATCH),
        refused("source_prefix_ranges", MATCH),
        refused("source_ports", MATCH),
        refused("application_protocols", MATCH),
    ],
};

/// `envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit`.
pub(crate) const CONNECTION_LIMIT: Message = Message {
    name: "ConnectionLimit",
    fields: &[
        acted("stat_prefix"),
        acted("max_connections"),
        acted("delay"),
        only("runtime_enabled", &["{}"], "the limit is always on; remove it"),
    ],
};

/// `envoy.config.listener.v3.Filter`.
pub(crate) const FILTER: Message = Message {
    name: "Filter",
    fields: &[
        acted("name"),
        acted("typed_config"),
        refused("config_discovery", "write typed_config"),
        renamed("config", TYPED_CONFIG),
    ],
};

const MATCH: &str = "chains are chosen by server_names and transport_protocol; write a listener of its own";
