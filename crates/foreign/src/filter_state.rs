//! `set_envoy_filter_state`: objects that Envoy's own filters know by name.

use crate::messages::{SetEnvoyFilterStateArguments, decode};
use bytes::Bytes;
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use tollgate_abi::{LogLevel, Status};
use tollgate_host::foreign::Caller;

/// What an object's text must be.
#[derive(Clone, Copy)]
enum Kind {
    /// Anything.
    Text,
    /// A number without sign.
    Number,
    /// An IP address and a port.
    SocketAddress,
    /// An IP address.
    IpAddress,
}

/// The objects that Envoy has by name.
const OBJECTS: &[(&str, Kind)] = &[
    ("envoy.filters.listener.original_dst.local_ip", Kind::SocketAddress),
    ("envoy.filters.listener.original_dst.remote_ip", Kind::SocketAddress),
    ("envoy.hashable_string", Kind::Text),
    ("envoy.network.application_protocols", Kind::Text),
    ("envoy.network.ip", Kind::IpAddress),
    ("envoy.network.network_namespace", Kind::Text),
    ("envoy.network.transport_socket.original_dst_address", Kind::SocketAddress),
    ("envoy.network.upstream_server_name", Kind::Text),
    ("envoy.network.upstream_subject_alt_names", Kind::Text),
    ("envoy.ratelimit.hits_addend", Kind::Number),
    ("envoy.string", Kind::Text),
    ("envoy.tcp_proxy.cluster", Kind::Text),
    ("envoy.tcp_proxy.disable_tunneling", Kind::Text),
    ("envoy.tcp_proxy.per_connection_idle_timeout_ms", Kind::Number),
    ("envoy.upstream.dynamic_host", Kind::Text),
    ("envoy.upstream.dynamic_port", Kind::Number),
];

/// Names that only hold a value, so that nothing is missing if nobody acts on them.
const INERT: &[&str] = &["envoy.string", "envoy.hashable_string", "envoy.network.ip"];

/// Of which objects a plugin has been told that nobody acts on them.
#[derive(Default)]
struct Told(RefCell<Vec<&'static str>>);

/// Sets an object: `NOT_FOUND` for a name that Envoy does not know, and outside of a stream; `BAD_ARGUMENT` for a text
/// that is no such object.
pub(crate) fn set_envoy_filter_state(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let arguments: SetEnvoyFilterStateArguments = decode(arguments)?;
    let known = OBJECTS.iter().find(|(name, _)| *name == arguments.path);
    let (name, kind) = *known.ok_or(Status::NotFound)?;
    if !kind.accepts(&arguments.value) {
        return Err(Status::BadArgument);
    }
    let span = arguments.span().into();
    match caller.set_filter_state(name.as_bytes(), arguments.value.into(), span) {
        Status::Ok => {
            tell(caller, name);
            Ok(Bytes::new())
        }
        status => Err(status),
    }
}

impl Kind {
    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Number => text.parse::<u64>().is_ok(),
            Self::SocketAddress => text.parse::<SocketAddr>().is_ok(),
            Self::IpAddress => text.parse::<IpAddr>().is_ok(),
        }
    }
}

/// Says once per plugin and name that the object is kept and nothing more.
fn tell(caller: &Caller<'_>, name: &'static str) {
    if INERT.contains(&name) {
        return;
    }
    let Some(told) = caller.plugin_data::<Told>() else { return };
    if !told.0.borrow().contains(&name) {
        told.0.borrow_mut().push(name);
        caller.log(LogLevel::Warn, &format!("set_envoy_filter_state: {name} can be read, but nothing here acts on it"));
    }
}
