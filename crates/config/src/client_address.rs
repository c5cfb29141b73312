//! Who a request comes from, as the HTTP connection manager sees it: `x-forwarded-for`, and which addresses are inside.

use crate::fields::address::CIDR_RANGE;
use crate::fields::http_connection_manager::INTERNAL_ADDRESS_CONFIG;
use crate::reader::{Cursor, Object};
use ipnet::IpNet;
use std::net::IpAddr;

/// Where the address of a request's client is taken from, and what is told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientAddress {
    /// Envoy's `use_remote_address`: the client is who is connected, and is written into `x-forwarded-for`. Off by
    /// default; the client is then who `x-forwarded-for` says.
    pub use_remote_address: bool,
    /// Envoy's `xff_num_trusted_hops`: how many proxies in front are believed. 0 by default.
    pub xff_num_trusted_hops: u32,
    /// Envoy's `skip_xff_append`: with [`use_remote_address`](Self::use_remote_address), leave `x-forwarded-for` as it
    /// came. Off by default.
    pub skip_xff_append: bool,
    /// Envoy's `append_x_forwarded_port`: tell the listener's port in `x-forwarded-port`. Off by default.
    pub append_x_forwarded_port: bool,
    /// Envoy's `internal_address_config.cidr_ranges`: whose requests are internal. None by default; those of private
    /// networks and this machine where `internal_address_config` names none.
    pub internal: Vec<IpNet>,
}

impl ClientAddress {
    /// Whether an address counts as internal.
    pub fn is_internal(&self, address: IpAddr) -> bool {
        self.internal.iter().any(|range| range.contains(&address.to_canonical()))
    }
}

/// Private networks (RFC 1918, RFC 4193) and loopback.
const PRIVATE: &[&str] = &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fd00::/8", "::1/128"];

/// Decodes what an HTTP connection manager says of it.
pub(crate) fn decode(manager: &Object<'_>) -> ClientAddress {
    let flag = |name| manager.get(name).and_then(|at| at.boolean()).unwrap_or(false);
    let internal = manager.get("internal_address_config").and_then(|at| Object::open(&at, &INTERNAL_ADDRESS_CONFIG));
    let ranges = internal.as_ref().and_then(|config| config.get("cidr_ranges")).map(|at| at.items());
    ClientAddress {
        use_remote_address: flag("use_remote_address"),
        xff_num_trusted_hops: manager.get("xff_num_trusted_hops").and_then(|at| at.unsigned(0)).unwrap_or(0),
        skip_xff_append: flag("skip_xff_append"),
        append_x_forwarded_port: flag("append_x_forwarded_port"),
        internal: match ranges {
            Some(ranges) if !ranges.is_empty() => ranges.iter().filter_map(decode_range).collect(),
            _ if internal.is_some() => PRIVATE.iter().filter_map(|range| range.parse().ok()).collect(),
            _ => Vec::new(),
        },
    }
}

/// Decodes `envoy.config.core.v3.CidrRange`.
fn decode_range(at: &Cursor<'_>) -> Option<IpNet> {
    let object = Object::open(at, &CIDR_RANGE)?;
    let prefix = object.required("address_prefix", "an IP address such as 10.0.0.0")?;
    let length = object.get("prefix_len").map_or(Some(0), |at| at.integer(0, 128));
    let text = prefix.text()?;
    let Ok(address) = text.parse::<IpAddr>() else {
        prefix.error(format!("\"{text}\" is no IP address; give one such as 10.0.0.0 or \"fd00::\""));
        return None;
    };
    let length = length?;
    match u8::try_from(length).ok().and_then(|length| IpNet::new(address, length).ok()) {
        Some(range) => Some(range.trunc()),
        None => {
            let most = if address.is_ipv4() { 32 } else { 128 };
            at.error(format!("prefix_len {length} is longer than {address} has bits; it is at most {most}"));
            None
        }
    }
}
