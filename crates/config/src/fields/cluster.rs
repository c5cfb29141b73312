//! `envoy.config.cluster.v3` and `envoy.config.endpoint.v3`.

use super::advice::{LIMIT, METADATA, NO_DNS_TUNING, NO_STATS, REMOVE};
use super::{Message, acted, harmless, only, refused, renamed};

const POLICY: &str = "use lb_policy: ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH or MAGLEV";
const TUNED: &str = "flow control and limits on frames are those of the HTTP/2 library";
const SNI: &str = "write sni in the transport_socket";
const RESOLVER: &str = "names are resolved by the system's resolver; remove it";

/// `envoy.config.cluster.v3.Cluster`.
pub(crate) const CLUSTER: Message = Message {
    name: "Cluster",
    fields: &[
        acted("name"),
        acted("type"),
        acted("connect_timeout"),
        acted("lb_policy"),
        acted("load_assignment"),
        acted("transport_socket"),
        acted("typed_extension_protocol_options"),
        refused("transport_socket_matches", "write transport_socket"),
        harmless("alt_stat_name", NO_STATS),
        harmless("observability_name", NO_STATS),
        refused("cluster_type", "use type: STATIC, STRICT_DNS or LOGICAL_DNS"),
        refused("eds_cluster_config", "list the endpoints in load_assignment"),
        acted("per_connection_buffer_limit_bytes"),
        refused("per_connection_buffer_high_watermark_timeout", LIMIT),
        acted("health_checks"),
        acted("max_requests_per_connection"),
        acted("circuit_breakers"),
        refused("upstream_http_protocol_options", SNI),
        acted("common_http_protocol_options"),
        acted("http_protocol_options"),
        acted("http2_protocol_options"),
        refused("extension_protocol_options", "write typed_extension_protocol_options"),
        acted("dns_refresh_rate"),
        harmless("dns_jitter", NO_DNS_TUNING),
        harmless("dns_failure_refresh_rate", NO_DNS_TUNING),
        harmless("respect_dns_ttl", NO_DNS_TUNING),
        acted("dns_lookup_family"),
        refused("dns_resolvers", RESOLVER),
        harmless("use_tcp_for_dns_lookups", NO_DNS_TUNING),
        acted("dns_resolution_config"),
        acted("typed_dns_resolver_config"),
        harmless("wait_for_warm_on_init", "a cluster has nothing to warm"),
        acted("outlier_detection"),
        harmless("cleanup_interval", "it is of use to ORIGINAL_DST clusters only"),
        refused("upstream_bind_config", "the system chooses the source address; remove it"),
        refused("lb_subset_config", POLICY),
        acted("ring_hash_lb_config"),
        acted("maglev_lb_config"),
        refused("original_dst_lb_config", POLICY),
        acted("least_request_lb_config"),
        acted("round_robin_lb_config"),
        acted("common_lb_config"),
        acted("metadata"),
        only("protocol_selection", &["USE_CONFIGURED_PROTOCOL", "USE_DOWNSTREAM_PROTOCOL", "0", "1"], REMOVE),
        acted("upstream_connection_options"),
        harmless("close_connections_on_host_health_failure", "requests under way are left alone"),
        harmless("ignore_health_on_host_removal", "an endpoint is gone when its name no longer has its address"),
        harmless("drain_connections_on_host_removal", "requests under way are left alone"),
        refused("filters", REMOVE),
        refused("load_balancing_policy", POLICY),
        harmless("lrs_server", "there is no server to report to"),
        harmless("lrs_report_endpoint_metrics", "there is no server to report to"),
        harmless("track_timeout_budgets", NO_STATS),
        refused("upstream_config", REMOVE),
        harmless("track_cluster_stats", NO_STATS),
        harmless("preconnect_policy", "connections are opened when needed"),
        harmless("prefetch_policy", "connections are opened when needed"),
        only("connection_pool_per_downstream_connection", &["false"], REMOVE),
        renamed("hosts", "write load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: ...}}]}]}"),
        renamed("tls_context", "write transport_socket"),
    ],
};

/// `envoy.config.cluster.v3.UpstreamConnectionOptions`.
pub(crate) const UPSTREAM_CONNECTION_OPTIONS: Message = Message {
    name: "UpstreamConnectionOptions",
    fields: &[
        acted("tcp_keepalive"),
        harmless("set_local_interface_name_on_upstream_connections", "no plugin can ask for it"),
        harmless("happy_eyeballs_config", "an endpoint has one address"),
    ],
};

/// `envoy.config.core.v3.TcpKeepalive`.
pub(crate) const TCP_KEEPALIVE: Message = Message {
    name: "TcpKeepalive",
    fields: &[acted("keepalive_probes"), acted("keepalive_time"), acted("keepalive_interval")],
};

/// `envoy.config.core.v3.HttpProtocolOptions`, of clusters.
pub(crate) const COMMON_HTTP_OPTIONS: Message = Message {
    name: "HttpProtocolOptions",
    fields: &[
        acted("idle_timeout"),
        acted("max_connection_duration"),
        acted("max_requests_per_connection"),
        refused("max_headers_count", LIMIT),
        refused("max_response_headers_kb", LIMIT),
        refused("max_stream_duration", "write max_stream_duration of the route or of the connection manager"),
        harmless("headers_with_underscores_action", "it is of use to listeners only"),
    ],
};

/// `envoy.extensions.upstreams.http.v3.HttpProtocolOptions`.
pub(crate) const HTTP_PROTOCOL_OPTIONS: Message = Message {
    name: "HttpProtocolOptions",
    fields: &[
        acted("explicit_http_config"),
        acted("common_http_protocol_options"),
        acted("upstream_http_protocol_options"),
        refused("use_downstream_protocol_config", "write explicit_http_config: {http_protocol_options: {}}"),
        acted("auto_config"),
        acted("http_filters"),
        refused("header_validation_config", REMOVE),
        refused("outlier_detection", "write outlier_detection of the cluster"),
    ],
};

/// `envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec`.
pub(crate) const UPSTREAM_CODEC: Message = Message { name: "UpstreamCodec", fields: &[] };

/// `envoy.config.core.v3.UpstreamHttpProtocolOptions`.
pub(crate) const UPSTREAM_HTTP_PROTOCOL_OPTIONS: Message = Message {
    name: "UpstreamHttpProtocolOptions",
    fields: &[
        only("auto_sni", &["false"], SNI),
        only("auto_san_validation", &["false"], "write match_typed_subject_alt_names in the transport_socket"),
        refused("override_auto_sni_header", SNI),
    ],
};

/// `envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig`.
pub(crate) const EXPLICIT_HTTP_CONFIG: Message = Message {
    name: "ExplicitHttpConfig",
    fields: &[
        acted("http_protocol_options"),
        acted("http2_protocol_options"),
        refused("http3_protocol_options", "write http_protocol_options or http2_protocol_options"),
    ],
};

/// `envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig`.
pub(crate) const AUTO_CONFIG: Message = Message {
    name: "AutoHttpConfig",
    fields: &[
        acted("http_protocol_options"),
        acted("http2_protocol_options"),
        refused("http3_protocol_options", "HTTP/3 is not spoken; remove it"),
        refused("alternate_protocols_cache_options", "HTTP/3 is not spoken; remove it"),
    ],
};

/// `envoy.config.core.v3.Http1ProtocolOptions`, of listeners and clusters.
pub(crate) const HTTP1_PROTOCOL_OPTIONS: Message = Message {
    name: "Http1ProtocolOptions",
    fields: &[
        acted("enable_trailers"),
        harmless("accept_http_10", "HTTP/1.0 is always served"),
        harmless("allow_absolute_url", "absolute URLs are always taken"),
        harmless("use_balsa_parser", "there is one parser"),
        harmless("allow_custom_methods", "methods are not restricted"),
        only("allow_chunked_length", &["false"], REMOVE),
        only("override_stream_error_on_invalid_http_message", &["false"], REMOVE),
        only("send_fully_qualified_url", &["false"], REMOVE),
        refused("default_host_for_http_10", REMOVE),
        refused("header_key_format", "names are sent in lower case; remove it"),
        refused("ignore_http_11_upgrade", REMOVE),
    ],
};

/// `envoy.config.core.v3.Http2ProtocolOptions`, of listeners and clusters.
pub(crate) const HTTP2_PROTOCOL_OPTIONS: Message = Message {
    name: "Http2ProtocolOptions",
    fields: &[
        harmless("hpack_table_size", TUNED),
        acted("max_concurrent_streams"),
        acted("initial_stream_window_size"),
        acted("initial_connection_window_size"),
        acted("connection_keepalive"),
        harmless("max_outbound_frames", TUNED),
        harmless("max_outbound_control_frames", TUNED),
        harmless("max_consecutive_inbound_frames_with_empty_payload", TUNED),
        harmless("max_inbound_priority_frames_per_stream", TUNED),
        harmless("max_inbound_window_update_frames_per_data_frame_sent", TUNED),
        harmless("max_metadata_size", "metadata frames are not read"),
        harmless("use_oghttp2_codec", "there is one codec"),
        harmless("enable_huffman_encoding", TUNED),
        acted("allow_connect"),
        only("allow_metadata", &["false"], REMOVE),
        only("stream_error_on_invalid_http_messaging", &["false"], REMOVE),
        only("override_stream_error_on_invalid_http_message", &["false"], REMOVE),
        refused("custom_settings_parameters", REMOVE),
    ],
};

/// `envoy.config.core.v3.KeepaliveSettings`.
pub(crate) const KEEPALIVE_SETTINGS: Message = Message {
    name: "KeepaliveSettings",
    fields: &[
        acted("interval"),
        acted("timeout"),
        harmless("interval_jitter", "pings are sent at the interval"),
        refused("connection_idle_interval", "write interval"),
    ],
};

/// `envoy.config.core.v3.TransportSocket`.
pub(crate) const TRANSPORT_SOCKET: Message = Message {
    name: "TransportSocket",
    fields: &[acted("name"), acted("typed_config"), renamed("config", "write typed_config with an \"@type\"")],
};

/// `envoy.config.endpoint.v3.ClusterLoadAssignment`.
pub(crate) const CLUSTER_LOAD_ASSIGNMENT: Message = Message {
    name: "ClusterLoadAssignment",
    fields: &[
        acted("cluster_name"),
        acted("endpoints"),
        refused("named_endpoints", "write the endpoints where they are used"),
        only("policy", &["{}"], REMOVE),
    ],
};

/// `envoy.config.endpoint.v3.LocalityLbEndpoints`.
pub(crate) const LOCALITY_LB_ENDPOINTS: Message = Message {
    name: "LocalityLbEndpoints",
    fields: &[
        acted("lb_endpoints"),
        acted("locality"),
        harmless("metadata", METADATA),
        refused("load_balancer_endpoints", "use lb_endpoints"),
        refused("leds_cluster_locality_config", "use lb_endpoints"),
        harmless("load_balancing_weight", "endpoints are not chosen by zone; weights of endpoints count"),
        acted("priority"),
        harmless("proximity", "endpoints are not chosen by zone"),
    ],
};

/// `envoy.config.endpoint.v3.LbEndpoint`.
pub(crate) const LB_ENDPOINT: Message = Message {
    name: "LbEndpoint",
    fields: &[
        acted("endpoint"),
        acted("load_balancing_weight"),
        refused("endpoint_name", "write endpoint"),
        acted("health_status"),
        acted("metadata"),
    ],
};

/// `envoy.config.endpoint.v3.Endpoint`.
pub(crate) const ENDPOINT: Message = Message {
    name: "Endpoint",
    fields: &[
        acted("address"),
        acted("health_check_config"),
        acted("hostname"),
        refused("additional_addresses", "write one endpoint for each address"),
    ],
};

/// `envoy.config.endpoint.v3.Endpoint.HealthCheckConfig`.
pub(crate) const HEALTH_CHECK_CONFIG: Message = Message {
    name: "HealthCheckConfig",
    fields: &[
        only("port_value", &["0"], "an endpoint is checked where it serves"),
        refused("hostname", "write host in http_health_check"),
        refused("address", "an endpoint is checked where it serves"),
        acted("disable_active_health_check"),
    ],
};
