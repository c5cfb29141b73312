//! What the configuration says: `xds.*`.

use crate::metadata::{Metadata, in_locality, in_metadata, in_struct, node_to_protobuf};
use crate::plugin::NodeInfo;
use crate::stream::{Exchange, ListenerDirection, RouteInfo};
use std::sync::Arc;
use tollgate_abi::encoding::property::Value;

pub(super) fn lookup(exchange: &mut Exchange, rest: &[&[u8]]) -> Option<Value> {
    let [name, rest @ ..] = rest else { return None };
    let value = match *name {
        b"listener_metadata" => return in_metadata(&exchange.info.listener.metadata, rest),
        b"route_metadata" => return in_metadata(&exchange.route()?.metadata, rest),
        b"virtual_host_metadata" => return in_metadata(&exchange.route()?.virtual_host_metadata, rest),
        b"cluster_metadata" => return in_metadata(&with_cluster(exchange)?.cluster_metadata, rest),
        b"upstream_host_metadata" => return of_host(exchange, exchange.info.upstream.metadata.as_ref(), rest),
        b"upstream_host_locality_metadata" => {
            return of_host(exchange, exchange.info.upstream.locality_metadata.as_ref(), rest);
        }
        b"listener_direction" => Value::Int(match exchange.info.listener.direction {
            ListenerDirection::Unspecified => 0,
            ListenerDirection::Inbound => 1,
            ListenerDirection::Outbound => 2,
        }),
        b"filter_chain_name" => Value::from(&*exchange.info.listener.filter_chain_name),
        b"cluster_name" => Value::from(&*cluster_name(exchange)?),
        b"route_name" => Value::from(&*exchange.route()?.name),
        b"virtual_host_name" => Value::from(&*exchange.route()?.virtual_host),
        _ => return None,
    };
    rest.is_empty().then_some(value)
}

/// The cluster that a connection has, or that of the route.
fn cluster_name(exchange: &mut Exchange) -> Option<Arc<str>> {
    exchange.cluster.clone().or_else(|| Some(with_cluster(exchange)?.cluster.clone()))
}

/// The route, if it leads to a cluster.
fn with_cluster(exchange: &mut Exchange) -> Option<&RouteInfo> {
    exchange.route().filter(|route| !route.cluster.is_empty())
}

/// Metadata of the endpoint: nothing before one has been chosen, null if it has none.
fn of_host(exchange: &Exchange, metadata: Option<&Arc<Metadata>>, rest: &[&[u8]]) -> Option<Value> {
    exchange.info.upstream.address?;
    match metadata {
        Some(metadata) => in_metadata(metadata, rest),
        None => rest.is_empty().then_some(Value::Null),
    }
}

/// `xds.node.*`: the same in every context.
pub(super) fn node(node: &NodeInfo, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [] => Some(Value::Bytes(node_to_protobuf(node))),
        [b"id"] => Some(Value::from(&*node.id)),
        [b"cluster"] => Some(Value::from(&*node.cluster)),
        [b"metadata", rest @ ..] => in_struct(&node.metadata, rest),
        [b"locality", rest @ ..] => in_locality(&node.locality, rest),
        [b"user_agent_name"] => Some(Value::from(&*node.user_agent_name)),
        [b"user_agent_version"] => Some(Value::from(&*node.user_agent_version)),
        _ => None,
    }
}
