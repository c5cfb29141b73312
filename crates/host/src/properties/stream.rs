//! Connections and upstreams: `source.*`, `destination.*`, `connection.*`, `upstream.*`.

use crate::metadata::{self, Locality};
use crate::stream::{Exchange, StreamInfo, TlsInfo, UpstreamInfo};
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
        [b"mtls"] => Some(Value::Bool(info.connection.tls.as_ref().is_some_and(|tls| tls.peer.is_some()))),
        [b"peer_certificate_valid"] => {
            Some(Value::Bool(info.connection.tls.as_ref().is_some_and(|tls| tls.peer_validated)))
        }
        [b"requested_server_name"] => {
            Some(Value::from(info.connection.tls.as_ref().map_or("", |tls| &*tls.requested_server_name)))
        }
        [b"peer_certificate"] => Some(Value::from(&*info.connection.tls.as_ref()?.peer.as_ref()?.pem)),
        _ => tls(info.connection.tls.as_deref()?, rest),
    }
}

/// What is known of TLS, under the names that connections and upstreams share.
fn tls(tls: &TlsInfo, rest: &[&[u8]]) -> Option<Value> {
    let [name] = rest else { return None };
    let peer = tls.peer.as_ref();
    let text: &str = match *name {
        b"tls_version" => tls.version,
        b"subject_local_certificate" => &tls.local.subject,
        b"subject_peer_certificate" => peer.map_or("", |peer| &peer.subject),
        b"dns_san_local_certificate" => tls.local.dns_sans.first()?,
        b"dns_san_peer_certificate" => peer?.dns_sans.first()?,
        b"uri_san_local_certificate" => tls.local.uri_sans.first()?,
        b"uri_san_peer_certificate" => peer?.uri_sans.first()?,
        b"sha256_peer_certificate_digest" => &peer?.sha256_digest,
        _ => return None,
    };
    Some(Value::from(text))
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
        [b"server_name"] => Some(Value::from(&*upstream.tls.as_ref()?.requested_server_name)),
        _ => tls(upstream.tls.as_deref()?, rest),
    }
}

/// `upstream.num_endpoints`: known with the route, before an endpoint is chosen.
pub(super) fn num_endpoints(exchange: &mut Exchange) -> Option<Value> {
    let known = exchange.info.upstream.num_endpoints;
    known.or_else(|| exchange.route()?.num_endpoints).map(Value::Uint)
}
