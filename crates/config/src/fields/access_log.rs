//! `envoy.config.accesslog.v3`.

use super::advice::TYPED_CONFIG;
use super::{Message, acted, renamed};

/// `envoy.config.accesslog.v3.AccessLog`.
pub(crate) const ACCESS_LOG: Message = Message {
    name: "AccessLog",
    fields: &[acted("name"), acted("filter"), acted("typed_config"), renamed("config", TYPED_CONFIG)],
};
