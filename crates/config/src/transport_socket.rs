//! `envoy.config.core.v3.TransportSocket`: plain TCP, or refused.

use crate::fields::cluster::TRANSPORT_SOCKET;
use crate::reader::{Any, Cursor, Object, TypedMessage};

/// Notes an error unless the socket is Envoy's plain one, which is what there is without it.
pub(crate) fn check(at: &Cursor<'_>) {
    let Some(object) = Object::open(at, &TRANSPORT_SOCKET) else {
        return;
    };
    let name = object.get("name").and_then(|name| name.text()).unwrap_or_default();
    let plain = match object.get("typed_config") {
        Some(config) => Any::open(&config, &RAW_BUFFER).is_some_and(|any| any.is(&RAW_BUFFER)),
        None => matches!(name, "envoy.transport_sockets.raw_buffer" | "raw_buffer"),
    };
    if !plain {
        at.key_error(format!(
            "transport socket \"{name}\" is not supported by Tollgate, which does not speak TLS yet; \
             remove transport_socket, or leave TLS to a proxy in front"
        ));
    }
}

const RAW_BUFFER: TypedMessage = TypedMessage {
    v3: "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
    v2: "envoy.config.transport_socket.raw_buffer.v2.RawBuffer",
};
