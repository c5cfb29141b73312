//! `envoy.config.route.v3` and the matchers in it.

use super::advice::{HEADERS, LIMIT, METADATA, NO_STATS, REMOVE, STATIC};
use super::{Message, acted, harmless, only, refused, renamed};

const MUTATIONS: &str = HEADERS;
const NO_REGEX: &str = "regular expressions are not matched; use a prefix, suffix, exact or contains match";
const NO_RETRY: &str = "requests are sent once; remove it";
const PER_ROUTE: &str = "filters are configured once for all routes; remove it";
const REWRITE: &str = "use prefix_rewrite";
const HOST: &str = "use host_rewrite_literal";
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
        refused("response_headers_to_add", MUTATIONS),
        refused("response_headers_to_remove", MUTATIONS),
        refused("request_headers_to_add", MUTATIONS),
        refused("request_headers_to_remove", MUTATIONS),
        harmless("most_specific_header_mutations_wins", "no header mutations are read"),
        only("validate_clusters", &["true"], "every cluster that a route names must be in the file; remove it"),
        refused("cluster_specifier_plugins", "use cluster"),
        refused("request_mirror_policies", SHADOW),
        only("ignore_port_in_host_matching", &["false"], "hosts are matched as they come; list the port in domains"),
        only("ignore_path_parameters_in_path_matching", &["false"], REMOVE),
        refused("typed_per_filter_config", PER_ROUTE),
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
        refused("request_headers_to_add", MUTATIONS),
        refused("request_headers_to_remove", MUTATIONS),
        refused("response_headers_to_add", MUTATIONS),
        refused("response_headers_to_remove", MUTATIONS),
        refused("cors", "cross-origin requests are not answered; remove it"),
        refused("per_filter_config", PER_ROUTE),
        refused("typed_per_filter_config", PER_ROUTE),
        only("include_request_attempt_count", &["false"], HEADERS),
        only("include_attempt_count_in_response", &["false"], HEADERS),
        refused("retry_policy", NO_RETRY),
        refused("retry_policy_typed_config", NO_RETRY),
        refused("hedge_policy", NO_RETRY),
        only("include_is_timeout_retry_header", &["false"], HEADERS),
        refused("per_request_buffer_limit_bytes", LIMIT),
        refused("request_body_buffer_limit", LIMIT),
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
        refused("redirect", "use direct_response, and set the location header in a plugin"),
        refused("filter_action", "use route or direct_response"),
        refused("non_forwarding_action", "use route or direct_response"),
        acted("metadata"),
        harmless("decorator", "no spans are made"),
        refused("per_filter_config", PER_ROUTE),
        refused("typed_per_filter_config", PER_ROUTE),
        refused("request_headers_to_add", MUTATIONS),
        refused("request_headers_to_remove", MUTATIONS),
        refused("response_headers_to_add", MUTATIONS),
        refused("response_headers_to_remove", MUTATIONS),
        harmless("tracing", "no spans are made"),
        refused("per_request_buffer_limit_bytes", LIMIT),
        refused("request_body_buffer_limit", LIMIT),
        harmless("stat_prefix", NO_STATS),
    ],
};

/// `envoy.config.route.v3.RouteMatch`.
pub(crate) const ROUTE_MATCH: Message = Message {
    name: "RouteMatch",
    fields: &[
        acted("prefix"),
        acted("path"),
        acted("path_separated_prefix"),
        acted("case_sensitive"),
        acted("headers"),
        refused("safe_regex", "regular expressions are not matched; use prefix, path or path_separated_prefix"),
        renamed("regex", "use prefix, path or path_separated_prefix"),
        refused("connect_matcher", "CONNECT is not served; use prefix"),
        refused("path_match_policy", "use prefix, path or path_separated_prefix"),
        refused("runtime_fraction", "a route takes all requests that match; remove it"),
        refused("query_parameters", "match the path or headers"),
        refused("grpc", "match the header content-type with prefix application/grpc"),
        refused("tls_context", "match by filter_chain_match of the listener"),
        refused("dynamic_metadata", "match the path or headers"),
        refused("filter_state", "match the path or headers"),
        refused("cookies", "match the header \"cookie\""),
    ],
};

/// `envoy.config.route.v3.HeaderMatcher`.
pub(crate) const HEADER_MATCHER: Message = Message {
    name: "HeaderMatcher",
    fields: &[
        acted("name"),
        acted("exact_match"),
        acted("prefix_match"),
        acted("suffix_match"),
        acted("contains_match"),
        acted("present_match"),
        acted("range_match"),
        acted("string_match"),
        acted("invert_match"),
        acted("treat_missing_header_as_empty"),
        refused("safe_regex_match", NO_REGEX),
        renamed("regex_match", NO_REGEX),
    ],
};

/// `envoy.type.matcher.v3.StringMatcher`.
pub(crate) const STRING_MATCHER: Message = Message {
    name: "StringMatcher",
    fields: &[
        acted("exact"),
        acted("prefix"),
        acted("suffix"),
        acted("contains"),
        acted("ignore_case"),
        refused("safe_regex", NO_REGEX),
        refused("custom", "use exact, prefix, suffix or contains"),
    ],
};

/// `envoy.type.v3.Int64Range`.
pub(crate) const INT64_RANGE: Message = Message { name: "Int64Range", fields: &[acted("start"), acted("end")] };

/// `envoy.config.route.v3.RouteAction`.
pub(crate) const ROUTE_ACTION: Message = Message {
    name: "RouteAction",
    fields: &[
        acted("cluster"),
        acted("timeout"),
        acted("prefix_rewrite"),
        acted("host_rewrite_literal"),
        refused("cluster_header", "use cluster"),
        refused("weighted_clusters", "use cluster; the endpoints of a cluster can have weights"),
        refused("cluster_specifier_plugin", "use cluster"),
        refused("inline_cluster_specifier_plugin", "use cluster"),
        harmless("cluster_not_found_response_code", "every cluster that a route names is in the file"),
        refused("metadata_match", "endpoints are not chosen by metadata; write a cluster of those meant"),
        refused("regex_rewrite", REWRITE),
        refused("path_rewrite_policy", REWRITE),
        refused("path_rewrite", REWRITE),
        renamed("host_rewrite", "write host_rewrite_literal"),
        only("auto_host_rewrite", &["false"], HOST),
        renamed("auto_host_rewrite_header", HOST),
        refused("host_rewrite_header", HOST),
        refused("host_rewrite_path_regex", HOST),
        only("append_x_forwarded_host", &["false"], HEADERS),
        refused("idle_timeout", "use stream_idle_timeout of the HTTP connection manager"),
        refused("flush_timeout", LIMIT),
        refused("early_data_policy", REMOVE),
        refused("retry_policy", NO_RETRY),
        refused("retry_policy_typed_config", NO_RETRY),
        refused("request_mirror_policy", SHADOW),
        refused("request_mirror_policies", SHADOW),
        only("priority", &["DEFAULT", "0"], REMOVE),
        refused("rate_limits", RATE),
        only("include_vh_rate_limits", &["false"], RATE),
        refused("hash_policy", "endpoints are not chosen by a hash; remove it"),
        refused("cors", "cross-origin requests are not answered; remove it"),
        refused("max_grpc_timeout", "use timeout"),
        refused("grpc_timeout_offset", "use timeout"),
        refused("upgrade_configs", "connections are not upgraded; remove it"),
        refused("internal_redirect_policy", "redirects are passed to the client; remove it"),
        only(
            "internal_redirect_action",
            &["PASS_THROUGH_INTERNAL_REDIRECT", "0"],
            "redirects are passed to the client",
        ),
        refused("max_internal_redirects", "redirects are passed to the client; remove it"),
        refused("hedge_policy", NO_RETRY),
        refused("max_stream_duration", "use timeout"),
    ],
};

/// `envoy.config.route.v3.DirectResponseAction`.
pub(crate) const DIRECT_RESPONSE_ACTION: Message = Message {
    name: "DirectResponseAction",
    fields: &[acted("status"), acted("body"), refused("body_format", "use body")],
};
