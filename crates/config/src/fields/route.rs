//! `envoy.config.route.v3` and the matchers in it.

use super::advice::{HEADERS, LIMIT, METADATA, NO_STATS, REMOVE, STATIC};
use super::{Message, acted, harmless, only, refused, renamed};

const NO_RETRY: &str = "use retry_policy";
const PER_ROUTE: &str = "write typed_per_filter_config with an \"@type\"";
const REWRITE: &str = "use prefix_rewrite or regex_rewrite";
const RATE: &str = "rate limits are not applied; remove it";
const SHADOW: &str = "requests are not mirrored; remove it";

/// `envoy.config.route.v3.RouteConfiguration`.
pub(crate) const ROUTE_CONFIGURATION: Message = Message {
    name: "RouteConfiguration",
    fields: &[
        acted("name"),
        acted("virtual_hosts"),
        acted("max_direct_response_body_size_bytes"),
        refused("vhds", STATIC),
        refused("internal_only_headers", HEADERS),
        acted("response_headers_to_add"),
        acted("response_headers_to_remove"),
        acted("request_headers_to_add"),
        acted("request_headers_to_remove"),
        acted("most_specific_header_mutations_wins"),
        only("validate_clusters", &["true"], "every cluster that a route names must be in the file; remove it"),
        refused("cluster_specifier_plugins", "use cluster, cluster_header or weighted_clusters"),
        refused("request_mirror_policies", SHADOW),
        acted("ignore_port_in_host_matching"),
        only("ignore_path_parameters_in_path_matching", &["false"], REMOVE),
        acted("typed_per_filter_config"),
        harmless("metadata", METADATA),
    ],
};

/// `envoy.config.route.v3.VirtualHost`.
pub(crate) const VIRTUAL_HOST: Message = Message {
    name: "VirtualHost",
    fields: &[
        acted("name"),
        acted("domains"),
        acted("routes"),
        refused("matcher", "use routes"),
        only("require_tls", &["NONE", "0"], "redirect in a plugin, or leave HTTP to a listener of its own; remove it"),
        harmless("virtual_clusters", NO_STATS),
        refused("rate_limits", RATE),
        acted("request_headers_to_add"),
        acted("request_headers_to_remove"),
        acted("response_headers_to_add"),
        acted("response_headers_to_remove"),
        acted("cors"),
        renamed("per_filter_config", PER_ROUTE),
        acted("typed_per_filter_config"),
        acted("include_request_attempt_count"),
        acted("include_attempt_count_in_response"),
        acted("retry_policy"),
        refused("retry_policy_typed_config", NO_RETRY),
        refused("hedge_policy", NO_RETRY),
        only("include_is_timeout_retry_header", &["false"], HEADERS),
        acted("per_request_buffer_limit_bytes"),
        acted("request_body_buffer_limit"),
        refused("request_mirror_policies", SHADOW),
        acted("metadata"),
    ],
};

/// `envoy.config.route.v3.Route`.
pub(crate) const ROUTE: Message = Message {
    name: "Route",
    fields: &[
        acted("name"),
        acted("match"),
        acted("route"),
        acted("direct_response"),
        acted("redirect"),
        refused("filter_action", "use route, direct_response or redirect"),
        refused("non_forwarding_action", "use route, direct_response or redirect"),
        acted("metadata"),
        harmless("decorator", "no spans are made"),
        renamed("per_filter_config", PER_ROUTE),
        acted("typed_per_filter_config"),
        acted("request_headers_to_add"),
        acted("request_headers_to_remove"),
        acted("response_headers_to_add"),
        acted("response_headers_to_remove"),
        harmless("tracing", "no spans are made"),
        acted("per_request_buffer_limit_bytes"),
        acted("request_body_buffer_limit"),
        harmless("stat_prefix", NO_STATS),
    ],
};

/// `envoy.config.route.v3.RouteAction`.
pub(crate) const ROUTE_ACTION: Message = Message {
    name: "RouteAction",
    fields: &[
        acted("cluster"),
        acted("timeout"),
        acted("prefix_rewrite"),
        acted("host_rewrite_literal"),
        acted("regex_rewrite"),
        acted("cluster_header"),
        acted("weighted_clusters"),
        refused("cluster_specifier_plugin", "use cluster, cluster_header or weighted_clusters"),
        refused("inline_cluster_specifier_plugin", "use cluster, cluster_header or weighted_clusters"),
        acted("cluster_not_found_response_code"),
        refused("metadata_match", "endpoints are not chosen by metadata; write a cluster of those meant"),
        refused("path_rewrite_policy", REWRITE),
        refused("path_rewrite", REWRITE),
        renamed("host_rewrite", "write host_rewrite_literal"),
        acted("auto_host_rewrite"),
        renamed("auto_host_rewrite_header", "write host_rewrite_header"),
        acted("host_rewrite_header"),
        acted("host_rewrite_path_regex"),
        acted("append_x_forwarded_host"),
        acted("idle_timeout"),
        refused("flush_timeout", LIMIT),
        refused("early_data_policy", REMOVE),
        acted("retry_policy"),
        refused("retry_policy_typed_config", NO_RETRY),
        refused("request_mirror_policy", SHADOW),
        refused("request_mirror_policies", SHADOW),
        only("priority", &["DEFAULT", "0"], REMOVE),
        refused("rate_limits", RATE),
        only("include_vh_rate_limits", &["false"], RATE),
        acted("hash_policy"),
        acted("cors"),
        refused("max_grpc_timeout", "use timeout"),
        refused("grpc_timeout_offset", "use timeout"),
        acted("upgrade_configs"),
        refused("internal_redirect_policy", "redirects are passed to the client; remove it"),
        only(
            "internal_redirect_action",
            &["PASS_THROUGH_INTERNAL_REDIRECT", "0"],
            "redirects are passed to the client",
        ),
        refused("max_internal_redirects", "redirects are passed to the client; remove it"),
        refused("hedge_policy", NO_RETRY),
        acted("max_stream_duration"),
    ],
};

/// `envoy.config.route.v3.WeightedCluster`.
pub(crate) const WEIGHTED_CLUSTER: Message = Message {
    name: "WeightedCluster",
    fields: &[
        acted("clusters"),
        acted("total_weight"),
        refused("runtime_key_prefix", "there is no runtime; weight counts"),
        refused("header_name", "clusters are chosen at random; remove it"),
        refused("use_hash_policy", "clusters are chosen at random; remove it"),
    ],
};

/// `envoy.config.route.v3.WeightedCluster.ClusterWeight`.
pub(crate) const CLUSTER_WEIGHT: Message = Message {
    name: "ClusterWeight",
    fields: &[
        acted("name"),
        acted("weight"),
        acted("request_headers_to_add"),
        acted("request_headers_to_remove"),
        acted("response_headers_to_add"),
        acted("response_headers_to_remove"),
        acted("typed_per_filter_config"),
        acted("host_rewrite_literal"),
        refused("cluster_header", "write name"),
        refused("metadata_match", "endpoints are not chosen by metadata; write a cluster of those meant"),
        renamed("per_filter_config", PER_ROUTE),
    ],
};

/// `envoy.config.route.v3.RouteAction.MaxStreamDuration`.
pub(crate) const MAX_STREAM_DURATION: Message = Message {
    name: "MaxStreamDuration",
    fields: &[
        acted("max_stream_duration"),
        refused("grpc_timeout_header_max", "the header grpc-timeout is not read; use timeout"),
        refused("grpc_timeout_header_offset", "the header grpc-timeout is not read; use timeout"),
    ],
};

/// `envoy.config.route.v3.FilterConfig`.
pub(crate) const FILTER_CONFIG: Message = Message {
    name: "FilterConfig",
    fields: &[
        acted("config"),
        acted("disabled"),
        harmless("is_optional", "what a route says of a filter is understood or refused"),
    ],
};

/// `envoy.config.route.v3.DirectResponseAction`.
pub(crate) const DIRECT_RESPONSE_ACTION: Message = Message {
    name: "DirectResponseAction",
    fields: &[acted("status"), acted("body"), refused("body_format", "use body")],
};
