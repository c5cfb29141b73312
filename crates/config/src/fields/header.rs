//! `envoy.config.core.v3`: headers that are added.

use super::{Message, acted};

/// `envoy.config.core.v3.HeaderValueOption`.
pub(crate) const HEADER_VALUE_OPTION: Message = Message {
    name: "HeaderValueOption",
    fields: &[acted("header"), acted("append"), acted("append_action"), acted("keep_empty_value")],
};

/// `envoy.config.core.v3.HeaderValue`.
pub(crate) const HEADER_VALUE: Message =
    Message { name: "HeaderValue", fields: &[acted("key"), acted("value"), acted("raw_value")] };
