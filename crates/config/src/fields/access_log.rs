//! `envoy.config.accesslog.v3`.

use super::advice::TYPED_CONFIG;
use super::{Message, acted, harmless, only, refused, renamed};

/// `envoy.config.accesslog.v3.AccessLog`.
pub(crate) const ACCESS_LOG: Message = Message {
    name: "AccessLog",
    fields: &[acted("name"), acted("filter"), acted("typed_config"), renamed("config", TYPED_CONFIG)],
};

/// `envoy.extensions.access_loggers.file.v3.FileAccessLog`.
pub(crate) const FILE_ACCESS_LOG: Message = Message {
    name: "FileAccessLog",
    fields: &[acted("path"), acted("log_format"), acted("format"), acted("json_format"), acted("typed_json_format")],
};

/// `envoy.extensions.access_loggers.stream.v3.StdoutAccessLog` and `StderrAccessLog`.
pub(crate) const STREAM_ACCESS_LOG: Message = Message { name: "StdoutAccessLog", fields: &[acted("log_format")] };

/// `envoy.config.core.v3.SubstitutionFormatString`.
pub(crate) const SUBSTITUTION_FORMAT_STRING: Message = Message {
    name: "SubstitutionFormatString",
    fields: &[
        acted("text_format"),
        acted("text_format_source"),
        acted("json_format"),
        only("omit_empty_values", &["false"], "what is not known is - or null; remove it"),
        harmless("content_type", "a log has none"),
        refused("formatters", "there are no operators but those of Envoy's own; remove it"),
        harmless("json_format_options", "names stand in the order of the configuration"),
    ],
};
