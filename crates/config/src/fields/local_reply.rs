//! `LocalReplyConfig` of `envoy.extensions.filters.network.http_connection_manager.v3`.

use super::{Message, acted, harmless, only, refused};

/// `envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig`.
pub(crate) const LOCAL_REPLY_CONFIG: Message =
    Message { name: "LocalReplyConfig", fields: &[acted("mappers"), acted("body_format")] };

/// `envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper`.
pub(crate) const RESPONSE_MAPPER: Message = Message {
    name: "ResponseMapper",
    fields: &[
        acted("filter"),
        acted("status_code"),
        acted("body"),
        acted("body_format_override"),
        acted("headers_to_add"),
    ],
};

/// `envoy.config.core.v3.SubstitutionFormatString`, of bodies.
pub(crate) const BODY_FORMAT: Message = Message {
    name: "SubstitutionFormatString",
    fields: &[
        acted("text_format"),
        acted("text_format_source"),
        acted("json_format"),
        acted("content_type"),
        only("omit_empty_values", &["false"], "what is not known is - or null; remove it"),
        refused("formatters", "there are no operators but those of Envoy's own; remove it"),
        harmless("json_format_options", "names stand in the order of the configuration"),
    ],
};
