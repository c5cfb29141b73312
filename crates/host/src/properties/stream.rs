//! Connections, upstreams, routes: `source.*`, `destination.*`, `connection.*`, `upstream.*`, `xds.*`, `filter_state.*`.

use crate::plugin::NodeInfo;
use crate::stream::{Exchange, ListenerDirection};
use std::net::SocketAddr;
use tollgate_abi::encoding::property::Value;

/// Prefix under which Envoy keeps what plugins store in filter state.
const STORED: &[u8] = b"wasm.";

pub(super) fn address(address: Option<SocketAddr>, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"address"] => Some(Value::from(&*address?.to_string())),
        [b"port"] => Some(Value::Int(i64::from(address?.port()))),
        _ => None,
    }
}

pub(super) fn connection(exchange: &Exchange, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [b"id"] => Some(Value::Uint(exchange.info.connection.id)),
        // Without TLS there is no peer certificate.
        [b"mtls" | b"peer_certificate_valid"] => Some(Value::Bool(false)),
        _ => None,
    }
}

pub(super) fn upstream(exchange: &Exchange, rest: &[&[u8]]) -> Option<Value> {
    let upstream = &exchange.info.upstream;
    match rest {
        [b"address"] => address(upstream.address, &[b"address"]),
        [b"port"] => address(upstream.address, &[b"port"]),
        [b"local_address"] => address(upstream.local_address, &[b"address"]),
        [b"local_port"] => address(upstream.local_address, &[b"port"]),
        [b"num_endpoints"] => upstream.num_endpoints.map(Value::Uint),
        [b"request_attempt_count"] => Some(Value::Uint(upstream.attempts)),
        [b"transport_failure_reason"] => upstream.transport_failure_reason.as_deref().map(Value::from),
        _ => None,
    }
}

pub(super) fn xds(exchange: &mut Exchange, rest: &[&[u8]]) -> Option<Value> {
    let listener = exchange.info.listener.clone();
    match rest {
        [b"listener_direction"] => Some(Value::Int(match listener.direction {
            ListenerDirection::Unspecified => 0,
            ListenerDirection::Inbound => 1,
            ListenerDirection::Outbound => 2,
        })),
        [b"filter_chain_name"] => Some(Value::from(&*listener.filter_chain_name)),
        [b"cluster_name"] => {
            let cluster = &exchange.route()?.cluster;
            (!cluster.is_empty()).then(|| Value::from(&**cluster))
        }
        [b"route_name"] => exchange.route().map(|route| Value::from(&*route.name)),
        [b"virtual_host_name"] => exchange.route().map(|route| Value::from(&*route.virtual_host)),
        _ => None,
    }
}

/// `xds.node.*`: the same in every context.
pub(super) fn node(node: &NodeInfo, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [] => Some(Value::Bytes(node_message(node))),
        [b"id"] => Some(Value::from(&*node.id)),
        [b"cluster"] => Some(Value::from(&*node.cluster)),
        _ => None,
    }
}

/// The node as a protobuf message (`envoy.config.core.v3.Node`): id is field 1, cluster field 2.
fn node_message(node: &NodeInfo) -> Vec<u8> {
    let mut message = Vec::new();
    for (field, text) in [(1_u8, &node.id), (2, &node.cluster)] {
        if !text.is_empty() {
            message.push(field << 3 | 2);
            let mut length = text.len();
            while length >= 0x80 {
                message.push(length as u8 | 0x80);
                length >>= 7;
            }
            message.push(length as u8);
            message.extend_from_slice(text.as_bytes());
        }
    }
    message
}

pub(super) fn filter_state(exchange: &Exchange, rest: &[&[u8]]) -> Option<Value> {
    let [key] = rest else { return None };
    let name = key.strip_prefix(STORED)?;
    exchange.properties.iter().find(|(stored, _)| **stored == *name).map(|(_, value)| Value::from(&value[..]))
}

#[cfg(test)]
mod tests {
    use super::node_message;
    use crate::plugin::NodeInfo;

    fn message(id: &str, cluster: &str) -> Vec<u8> {
        node_message(&NodeInfo { id: id.to_owned(), cluster: cluster.to_owned() })
    }

    #[test]
    fn the_node_is_its_protobuf_message() {
        assert_eq!(message("a", "bc"), [0x0a, 1, b'a', 0x12, 2, b'b', b'c']);
        assert_eq!(message("", ""), []);
        assert_eq!(message(&"x".repeat(200), "")[..3], [0x0a, 0xc8, 0x01]);
    }
}
