//! `envoy.config.route.v3.RouteMatch` and the matchers in it.

use super::{Message, acted, refused, renamed};

/// `envoy.config.route.v3.RouteMatch`.
pub(crate) const ROUTE_MATCH: Message = Message {
    name: "RouteMatch",
    fields: &[
        acted("prefix"),
        acted("path"),
        acted("path_separated_prefix"),
        acted("safe_regex"),
        acted("case_sensitive"),
        acted("headers"),
        acted("query_parameters"),
        acted("grpc"),
        acted("runtime_fraction"),
        renamed("regex", "write safe_regex: {regex: ...}"),
        refused("connect_matcher", "CONNECT is not served; use prefix"),
        refused("path_match_policy", "use prefix, path, path_separated_prefix or safe_regex"),
        refused("tls_context", "routes are not chosen by certificates; match the path or headers"),
        refused("dynamic_metadata", "match the path or headers; a plugin can set a header"),
        refused("filter_state", "match the path or headers; a plugin can set a header"),
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
        acted("safe_regex_match"),
        acted("present_match"),
        acted("range_match"),
        acted("string_match"),
        acted("invert_match"),
        acted("treat_missing_header_as_empty"),
        renamed("regex_match", "write string_match: {safe_regex: {regex: ...}}"),
    ],
};

/// `envoy.config.route.v3.QueryParameterMatcher`.
pub(crate) const QUERY_PARAMETER_MATCHER: Message = Message {
    name: "QueryParameterMatcher",
    fields: &[
        acted("name"),
        acted("string_match"),
        acted("present_match"),
        renamed("value", "write string_match: {exact: ...}"),
        renamed("regex", "write string_match: {safe_regex: {regex: ...}}"),
    ],
};

/// `envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions`.
pub(crate) const GRPC_ROUTE_MATCH_OPTIONS: Message = Message { name: "GrpcRouteMatchOptions", fields: &[] };
