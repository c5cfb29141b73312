//! `node.metadata.tollgate.shared_data`, with Envoy's names where Envoy has the like for its Redis proxy.

use super::{Message, acted};

/// Where shared data is kept.
pub(crate) const SHARED_DATA: Message = Message { name: "shared_data", fields: &[acted("redis")] };

/// A Redis.
pub(crate) const REDIS: Message = Message {
    name: "redis",
    fields: &[
        acted("address"),
        acted("transport_socket"),
        acted("auth_username"),
        acted("auth_password"),
        acted("key_prefix"),
        acted("op_timeout"),
        acted("connect_timeout"),
    ],
};
