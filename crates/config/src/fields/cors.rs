//! `envoy.extensions.filters.http.cors.v3`, and `envoy.config.route.v3.CorsPolicy`, which has the same fields.

use super::{Message, acted, harmless, renamed};

/// `envoy.extensions.filters.http.cors.v3.Cors`.
pub(crate) const CORS: Message = Message { name: "Cors", fields: &[] };

/// `envoy.extensions.filters.http.cors.v3.CorsPolicy`.
pub(crate) const CORS_POLICY: Message = Message {
    name: "CorsPolicy",
    fields: &[
        acted("allow_origin_string_match"),
        acted("allow_methods"),
        acted("allow_headers"),
        acted("expose_headers"),
        acted("max_age"),
        acted("allow_credentials"),
        acted("filter_enabled"),
        harmless("shadow_enabled", "origins are not counted"),
        acted("allow_private_network_access"),
        acted("forward_not_matching_preflights"),
        renamed("allow_origin", "write allow_origin_string_match: [{exact: ...}]"),
        renamed("allow_origin_regex", "write allow_origin_string_match: [{safe_regex: {regex: ...}}]"),
        renamed("enabled", "write filter_enabled"),
    ],
};
