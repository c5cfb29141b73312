//! `envoy.extensions.filters.network.http_connection_manager.v3` and the router.

use super::advice::{HEADERS, HTTP3, LIMIT, NO_LOGS, NO_STATS, REMOVE, TYPED_CONFIG};
use super::{Message, acted, harmless, only, refused, renamed};

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.
pub(crate) const HTTP_CONNECTION_MANAGER: Message = Message {
    name: "HttpConnectionManager",
    fields: &[
        acted("stat_prefix"),
        acted("route_config"),
        acted("http_filters"),
        acted("server_name"),
        acted("request_timeout"),
        acted("stream_idle_timeout"),
        acted("generate_request_id"),
        acted("codec_type"),
        refused("rds", "Tollgate reads static configuration only; write route_config"),
        refused("scoped_routes", "Tollgate reads static configuration only; write route_config"),
        only("add_user_agent", &["false"], HEADERS),
        refused("tracing", "no spans are made; remove it"),
        acted("common_http_protocol_options"),
        only("http1_safe_max_connection_duration", &["false"], REMOVE),
        acted("http_protocol_options"),
        acted("http2_protocol_options"),
        refused("http3_protocol_options", HTTP3),
        acted("server_header_transformation"),
        acted("scheme_header_transformation"),
        acted("max_request_headers_kb"),
        renamed("idle_timeout", "write common_http_protocol_options: {idle_timeout: ...}"),
        refused("stream_flush_timeout", LIMIT),
        acted("request_headers_timeout"),
        acted("drain_timeout"),
        acted("delayed_close_timeout"),
        acted("access_log"),
        harmless("access_log_flush_interval", ONCE),
        harmless("flush_access_log_on_new_request", ONCE),
        harmless("access_log_options", ONCE),
        acted("use_remote_address"),
        acted("xff_num_trusted_hops"),
        refused("original_ip_detection_extensions", "use use_remote_address and xff_num_trusted_hops"),
        refused("early_header_mutation_extensions", HEADERS),
        acted("internal_address_config"),
        acted("skip_xff_append"),
        acted("via"),
        acted("preserve_external_request_id"),
        acted("always_set_request_id_in_response"),
        acted("forward_client_cert_details"),
        acted("set_current_client_cert_details"),
        refused("forward_client_cert_matcher", XFCC),
        only("proxy_100_continue", &["false"], REMOVE),
        only("represent_ipv4_remote_address_as_ipv4_mapped_ipv6", &["false"], REMOVE),
        acted("upgrade_configs"),
        acted("normalize_path"),
        acted("merge_slashes"),
        acted("path_with_escaped_slashes_action"),
        refused("path_normalization_options", "use normalize_path, merge_slashes and path_with_escaped_slashes_action"),
        refused("request_id_extension", "request ids are UUIDs; remove it"),
        acted("local_reply_config"),
        acted("strip_matching_host_port"),
        acted("strip_any_host_port"),
        acted("strip_trailing_host_dot"),
        only("stream_error_on_invalid_http_message", &["false"], REMOVE),
        refused("proxy_status_config", HEADERS),
        refused("typed_header_validation_config", REMOVE),
        acted("append_x_forwarded_port"),
        only("append_local_overload", &["false"], REMOVE),
        harmless("add_proxy_protocol_connection_state", "the PROXY protocol is not read"),
    ],
};

/// `HttpConnectionManager.InternalAddressConfig`.
/// `envoy...HttpConnectionManager.SetCurrentClientCertDetails`.
pub(crate) const CLIENT_CERT_DETAILS: Message = Message {
    name: "SetCurrentClientCertDetails",
    fields: &[acted("subject"), acted("cert"), acted("chain"), acted("dns"), acted("uri")],
};

/// `envoy.config.core.v3.SchemeHeaderTransformation`.
pub(crate) const SCHEME_HEADER_TRANSFORMATION: Message = Message {
    name: "SchemeHeaderTransformation",
    fields: &[
        acted("scheme_to_overwrite"),
        only("match_upstream", &["false"], "write scheme_to_overwrite: http or https"),
    ],
};

pub(crate) const INTERNAL_ADDRESS_CONFIG: Message = Message {
    name: "InternalAddressConfig",
    fields: &[harmless("unix_sockets", "Unix sockets are not listened on"), acted("cidr_ranges")],
};

/// `HttpConnectionManager.UpgradeConfig`, and that of routes.
pub(crate) const UPGRADE_CONFIG: Message = Message {
    name: "UpgradeConfig",
    fields: &[
        acted("upgrade_type"),
        acted("enabled"),
        refused("filters", "the filters of all requests see what is upgraded; remove it"),
        refused("connect_config", "CONNECT is not served; remove it"),
        harmless("ignore_on_http11_plus", "what may not be upgraded is refused"),
    ],
};

/// `envoy.config.core.v3.HttpProtocolOptions`, of listeners.
pub(crate) const COMMON_HTTP_OPTIONS: Message = Message {
    name: "HttpProtocolOptions",
    fields: &[
        acted("idle_timeout"),
        acted("max_connection_duration"),
        acted("max_headers_count"),
        acted("max_stream_duration"),
        acted("max_requests_per_connection"),
        harmless("max_response_headers_kb", "it is of use to clusters only"),
        acted("headers_with_underscores_action"),
    ],
};

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter`.
pub(crate) const HTTP_FILTER: Message = Message {
    name: "HttpFilter",
    fields: &[
        acted("name"),
        acted("typed_config"),
        acted("is_optional"),
        acted("disabled"),
        refused("config_discovery", "write typed_config"),
        renamed("config", TYPED_CONFIG),
    ],
};

/// `envoy.extensions.filters.http.router.v3.Router`.
pub(crate) const ROUTER: Message = Message {
    name: "Router",
    fields: &[
        acted("suppress_envoy_headers"),
        harmless("dynamic_stats", NO_STATS),
        harmless("start_child_span", "no spans are made"),
        harmless("upstream_log", NO_LOGS),
        harmless("upstream_log_options", NO_LOGS),
        refused("strict_check_headers", HEADERS),
        only("respect_expected_rq_timeout", &["false"], STATIC_TIMEOUT),
        harmless("suppress_grpc_request_failure_code_stats", NO_STATS),
        refused("upstream_http_filters", "write http_filters in the HttpProtocolOptions of each cluster"),
        only("reject_connect_request_early_data", &["false"], REMOVE),
    ],
};

const XFCC: &str = "write forward_client_cert_details, which counts for all requests";
const ONCE: &str = "a plugin logs a request once, when it has ended";
const STATIC_TIMEOUT: &str = "the timeout of a route is the one in the file; remove it";
