//! What the host is told about every stream of the suite.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use tollgate_host::fields::HeaderMap;
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
            id,
        })
    }
}

/// A stream that begins now.
pub(super) fn of_stream(clock: &VirtualClock) -> StreamInfo {
    StreamInfo {
        listener: Rc::new(ListenerInfo {
            direction: ListenerDirection::Inbound,
            filter_chain_name: "test-chain".to_owned(),
        }),
        connection: Rc::new(ConnectionInfo {
            id: 7,
            source: Some(address(1, 40001)),
            destination: Some(address(2, 8080)),
        }),
        protocol: "HTTP/1.1",
        start_wall_nanos: clock.wall_nanos(),
        start_monotonic_nanos: clock.monotonic_nanos(),
        ..StreamInfo::default()
    }
}

/// The upstream, once it has been asked.
pub(super) fn of_upstream() -> UpstreamInfo {
    UpstreamInfo {
        address: Some(address(3, 9090)),
        local_address: Some(address(2, 40002)),
        num_endpoints: Some(1),
        attempts: 1,
        ..UpstreamInfo::default()
    }
}

fn address(host: u8, port: u16) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 0, host), port).into()
}

/// The node that the proxy of a case says it is.
pub(super) fn node() -> NodeInfo {
    NodeInfo { id: "test-node".to_owned(), cluster: "test-nodes".to_owned() }
}
