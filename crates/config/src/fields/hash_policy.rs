//! `envoy.config.route.v3.RouteAction.HashPolicy`.

use super::{Message, acted, refused};

/// `envoy.config.route.v3.RouteAction.HashPolicy`.
pub(crate) const HASH_POLICY: Message = Message {
    name: "HashPolicy",
    fields: &[
        acted("header"),
        acted("cookie"),
        acted("connection_properties"),
        acted("query_parameter"),
        acted("terminal"),
        refused("filter_state", "use header; a plugin can set one"),
    ],
};

/// `envoy.config.route.v3.RouteAction.HashPolicy.Header`.
pub(crate) const HEADER: Message =
    Message { name: "HashPolicy.Header", fields: &[acted("header_name"), acted("regex_rewrite")] };

/// `envoy.config.route.v3.RouteAction.HashPolicy.Cookie`.
pub(crate) const COOKIE: Message =
    Message { name: "HashPolicy.Cookie", fields: &[acted("name"), acted("ttl"), acted("path"), acted("attributes")] };

/// `envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute`.
pub(crate) const COOKIE_ATTRIBUTE: Message =
    Message { name: "HashPolicy.CookieAttribute", fields: &[acted("name"), acted("value")] };

/// `envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties`.
pub(crate) const CONNECTION_PROPERTIES: Message =
    Message { name: "HashPolicy.ConnectionProperties", fields: &[acted("source_ip")] };

/// `envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter`.
pub(crate) const QUERY_PARAMETER: Message = Message { name: "HashPolicy.QueryParameter", fields: &[acted("name")] };
