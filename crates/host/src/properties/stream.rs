//! Connections and upstreams: `source.*`, `destination.*`, `connection.*`, `upstream.*`.

use crate::metadata::{self, Locality};
use crate::stream::{Exchange, StreamInfo, UpstreamInfo};
use std::net::SocketAddr;
use tollgate_abi::encoding::property::Value;

pub(super) fn address(address: Option<SocketAddr>, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"address"] => Some(Value::from(&*address?.to_string())),
        [b"port"] => Some(Value::Int(i64::from(address?.port()))),
        _ => None,
    }
}

/// `connection.*`. Without TLS there are no certificates, and no name was asked for.
pub(super) fn connection(info: &StreamInfo, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"id"] => Some(Value::Uint(info.connection.id)),
        [b"mtls" | b"peer_certificate_valid"] => Some(Value::Bool(false)),
        [b"requested_server_name"] => Some(Value::from("")),
        _ => None,
    }
}

/// `upstream.*`. Most of it is there once an endpoint has been chosen.
pub(super) fn upstream(upstream: &UpstreamInfo, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"address"] => address(upstream.address, &[b"address"]),
        [b"port"] => address(upstream.address, &[b"port"]),
        [b"local_address"] => address(upstream.local_address, &[b"address"]),
        [b"local_port"] => address(upstream.local_address, &[b"port"]),
        [b"request_attempt_count"] => Some(Value::Uint(upstream.attempts)),
        [b"cx_pool_ready_duration"] => upstream.pool_ready_nanos.map(Value::Duration),
        [b"locality", rest @ ..] if upstream.address.is_some() => match &upstream.locality {
            Some(locality) => metadata::in_locality(locality, rest),
            None => metadata::in_locality(&Locality::default(), rest),
        },
        [b"transport_failure_reason"] => match (&upstream.transport_failure_reason, upstream.address) {
            (None, None) => None,
            (reason, _) => Some(Value::from(reason.as_deref().unwrap_or_default())),
        },
        _ => None,
    }
}

/// `upstream.num_endpoints`: known with the route, before an endpoint is chosen.
pub(super) fn num_endpoints(exchange: &mut Exchange) -> Option<Value> {
    let known = exchange.info.upstream.num_endpoints;
    known.or_else(|| exchange.route()?.num_endpoints).map(Value::Uint)
}
