//! `envoy.config.core.v3.TransportSocket`: plain TCP, or TLS.

use crate::fields::cluster::TRANSPORT_SOCKET;
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::tls::{self, DownstreamTls, UpstreamTls};

/// Decodes the socket of a filter chain. `None` for plain TCP; whatever else is not TLS is noted as an error.
pub(crate) fn decode_downstream(at: &Cursor<'_>) -> Option<DownstreamTls> {
    let any = open(at, &tls::DOWNSTREAM)?;
    tls::decode_downstream(&any, at)
}

/// Decodes the socket of a cluster, likewise.
pub(crate) fn decode_upstream(at: &Cursor<'_>) -> Option<UpstreamTls> {
    let any = open(at, &tls::UPSTREAM)?;
    tls::decode_upstream(&any, at)
}

/// The configuration of a socket that is of the type `tls`.
fn open<'a>(at: &Cursor<'a>, tls: &TypedMessage) -> Option<Any<'a>> {
    let object = Object::open(at, &TRANSPORT_SOCKET)?;
    let name = object.required("name", "such as envoy.transport_sockets.tls")?.nonempty_text()?;
    let Some(config) = object.typed_config() else {
        if !matches!(name, "envoy.transport_sockets.raw_buffer" | "raw_buffer") && !object.was_given("config") {
            at.key_error(format!(
                "transport socket \"{name}\" needs the field \"typed_config\" with \"@type\": type.googleapis.com/{}",
                tls.v3
            ));
        }
        return None;
    };
    let any = Any::open(&config, tls)?;
    if any.is(tls) {
        return Some(any);
    }
    if !any.is(&RAW_BUFFER) {
        at.key_error(format!(
            "transport socket \"{name}\" ({}) is not supported by Tollgate; there is type.googleapis.com/{}, and plain TCP \
             without transport_socket",
            any.type_name, tls.v3
        ));
    }
    None
}

static RAW_BUFFER: TypedMessage = TypedMessage {
    v3: "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
    v2: "envoy.config.transport_socket.raw_buffer.v2.RawBuffer",
};
