//! `envoy.config.core.v3`: addresses.

use super::{Message, acted, only, refused};

/// `envoy.config.core.v3.Address`.
pub(crate) const ADDRESS: Message = Message {
    name: "Address",
    fields: &[
        acted("socket_address"),
        refused("pipe", "Unix sockets are not served or connected to; use socket_address"),
        refused("envoy_internal_address", "use socket_address"),
    ],
};

/// `envoy.config.core.v3.CidrRange`.
pub(crate) const CIDR_RANGE: Message =
    Message { name: "CidrRange", fields: &[acted("address_prefix"), acted("prefix_len")] };

/// `envoy.config.core.v3.SocketAddress`.
pub(crate) const SOCKET_ADDRESS: Message = Message {
    name: "SocketAddress",
    fields: &[
        acted("protocol"),
        acted("address"),
        acted("port_value"),
        refused("named_port", "use port_value"),
        refused("resolver_name", "use a cluster of type STRICT_DNS for names"),
        only("ipv4_compat", &["false"], "listen on 0.0.0.0 for IPv4"),
        refused("network_namespace_filepath", "start Tollgate inside the network namespace"),
    ],
};
