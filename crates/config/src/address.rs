//! Addresses to listen on and to connect to.

use std::net::IpAddr;

use crate::diagnostics::Location;
use crate::fields::address::{ADDRESS, SOCKET_ADDRESS};
use crate::reader::{Cursor, Object};

/// Where to listen or connect: `envoy.config.core.v3.SocketAddress` over TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Envoy's `address`: an IP address or, for endpoints of DNS clusters, a name.
    pub address: String,
    /// Envoy's `port_value`. For listeners, 0 is a port chosen by the system.
    pub port: u16,
    /// Where the address stands in the file.
    pub location: Location,
}

impl Address {
    /// The address as an IP address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }
}

/// Decodes `envoy.config.core.v3.Address`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<Address> {
    let object = Object::open(at, &ADDRESS)?;
    let Some(socket) = object.get("socket_address") else {
        if !["pipe", "envoy_internal_address"].iter().any(|other| object.was_given(other)) {
            object.required("socket_address", "{address: 127.0.0.1, port_value: 8080}");
        }
        return None;
    };
    let object = Object::open(&socket, &SOCKET_ADDRESS)?;
    if let Some(protocol) = object.get("protocol")
        && protocol.choice(&[("TCP", 0, true), ("UDP", 1, false)]) == Some(false)
    {
        protocol.error("protocol UDP is not supported by Tollgate; write TCP, or leave it out");
    }
    let address =
        object.required("address", "an IP address or a name").and_then(|at| at.nonempty_text().map(str::to_owned));
    let port = match object.get("port_value") {
        Some(port) => port.integer(0, 65535).and_then(|port| u16::try_from(port).ok()),
        None => {
            if object.get("named_port").is_none() {
                object.required("port_value", "a port from 0 to 65535");
            }
            None
        }
    };
    Some(Address { address: address?, port: port?, location: socket.location() })
}

/// Decodes the address of a listener, which must be an IP address.
pub(crate) fn decode_ip(at: &Cursor<'_>) -> Option<Address> {
    let address = decode(at)?;
    if address.ip().is_none() {
        at.cx.error(address.location.diagnostic(format!(
            "malformed IP address: {}; to listen give an address such as 127.0.0.1, 0.0.0.0 or \"::\"",
            address.address
        )));
        return None;
    }
    Some(address)
}
