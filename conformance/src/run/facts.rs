//! What the host is told about every stream of the suite.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use tollgate_host::fields::HeaderMap;
use tollgate_host::metadata::{Locality, Metadata, MetadataStruct, MetadataValue};
use tollgate_host::plugin::NodeInfo;
use tollgate_host::services::Clock as _;
use tollgate_host::stream::{
    ConnectionInfo, ListenerDirection, ListenerInfo, RouteInfo, Router, StreamInfo, UpstreamInfo,
};
use tollgate_testkit::clock::VirtualClock;

/// Two routes: `/other...` leads elsewhere, and `/none` leads nowhere.
#[derive(Debug)]
pub(super) struct Routes;

impl Router for Routes {
    fn route(&self, request_headers: &HeaderMap) -> Option<RouteInfo> {
        let path = request_headers.value(b":path")?;
        let (name, id) = match path {
            path if path.starts_with(b"/other") => ("other", 1),
            path if path == "/none" => return None,
            _ => ("main", 0),
        };
        Some(RouteInfo {
            name: format!("{name}-route").into(),
            virtual_host: "test-host".into(),
            cluster: format!("{name}-cluster").into(),
            metadata: metadata("route").into(),
            virtual_host_metadata: metadata("host").into(),
            cluster_metadata: metadata("cluster").into(),
            num_endpoints: Some(1),
            id,
        })
    }
}

/// Addresses of the peers.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Of the client.
    pub source: SocketAddr,
    /// That it connects to.
    pub destination: SocketAddr,
    /// Of the upstream.
    pub upstream: SocketAddr,
    /// That the upstream is connected from.
    pub upstream_local: SocketAddr,
    /// Protocol of the client.
    pub protocol: &'static str,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            source: address(1, 40001),
            destination: address(2, 8080),
            upstream: address(3, 9090),
            upstream_local: address(2, 40002),
            protocol: "HTTP/1.1",
        }
    }
}

/// An HTTP stream that begins now.
pub(super) fn of_stream(clock: &VirtualClock, facts: &Facts) -> StreamInfo {
    StreamInfo {
        listener: Rc::new(ListenerInfo {
            direction: ListenerDirection::Inbound,
            filter_chain_name: "test-chain".to_owned(),
            metadata: metadata("listener"),
        }),
        connection: Rc::new(ConnectionInfo {
            id: 7,
            source: Some(facts.source),
            destination: Some(facts.destination),
            ..ConnectionInfo::default()
        }),
        metadata: metadata("dynamic"),
        protocol: facts.protocol,
        start_wall_nanos: clock.wall_nanos(),
        start_monotonic_nanos: clock.monotonic_nanos(),
        ..StreamInfo::default()
    }
}

/// A TCP connection that begins now.
pub(super) fn of_connection(clock: &VirtualClock, facts: &Facts) -> StreamInfo {
    StreamInfo { protocol: "", ..of_stream(clock, facts) }
}

/// The upstream, once it has been asked.
pub(super) fn of_upstream(facts: &Facts) -> UpstreamInfo {
    UpstreamInfo {
        address: Some(facts.upstream),
        local_address: Some(facts.upstream_local),
        num_endpoints: Some(1),
        attempts: 1,
        locality: Some(
            Locality { region: "test-region".to_owned(), zone: "test-zone".to_owned(), sub_zone: String::new() }.into(),
        ),
        metadata: Some(metadata("endpoint").into()),
        pool_ready_nanos: Some(1_500_000),
        ..UpstreamInfo::default()
    }
}

/// Metadata of something, in the namespace `test`.
fn metadata(of: &str) -> Metadata {
    let values = [("of", MetadataValue::String(of.to_owned())), ("number", MetadataValue::Number(1.0))];
    [("test", values.into_iter().collect::<MetadataStruct>())].into_iter().collect()
}

fn address(host: u8, port: u16) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 0, host), port).into()
}

/// The node that the proxy of a case says it is.
pub(super) fn node() -> NodeInfo {
    let values = [
        ("text", MetadataValue::String("str".to_owned())),
        ("number", MetadataValue::Number(2.5)),
        ("flag", MetadataValue::Bool(true)),
        ("list", MetadataValue::List(vec![MetadataValue::Number(1.0), MetadataValue::String("two".to_owned())])),
        ("struct", MetadataValue::Struct([("inner", MetadataValue::Number(3.0))].into_iter().collect())),
        ("null", MetadataValue::Null),
        ("empty", MetadataValue::Struct(MetadataStruct::default())),
    ];
    NodeInfo {
        id: "test-node".to_owned(),
        cluster: "test-nodes".to_owned(),
        metadata: values.into_iter().collect(),
        locality: Locality { region: "test-region".to_owned(), ..Locality::default() },
        user_agent_name: "test".to_owned(),
        ..NodeInfo::default()
    }
}
