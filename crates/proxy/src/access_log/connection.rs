//! What is logged of a connection when it has ended.

use crate::access_log::AccessLog;
use crate::flags;
use crate::format::{Facts, LogType};
use crate::listener::{Asked, Listening, Serving, Slot};
use crate::socket::ByteCounts;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_host::fields::HeaderMap;
use tollgate_host::services::Clock;
use tollgate_host::stream::{ConnectionInfo, ListenerInfo, RouteInfo, StreamInfo, TlsInfo};

/// A connection that its listener logs, or its TCP proxy, when this is dropped. What the logs are is looked up then: a connection
/// may last longer than the files that they are written to.
pub(crate) struct ConnectionLog {
    slot: Rc<Slot>,
    asked: Asked,
    clock: Rc<dyn Clock>,
    info: StreamInfo,
    transport_failure: Option<String>,
    bytes: Arc<ByteCounts>,
    /// The cluster, where the connection has come to a TCP proxy.
    cluster: Option<Arc<str>>,
}

impl ConnectionLog {
    /// For a connection that has just been accepted.
    pub(crate) fn new(
        slot: &Rc<Slot>,
        clock: &Rc<dyn Clock>,
        source: SocketAddr,
        destination: Option<SocketAddr>,
    ) -> Self {
        let connection = ConnectionInfo { source: Some(source), destination, ..ConnectionInfo::default() };
        let info = StreamInfo {
            connection: Rc::new(connection),
            start_wall_nanos: clock.wall_nanos(),
            start_monotonic_nanos: clock.monotonic_nanos(),
            ..StreamInfo::default()
        };
        Self {
            slot: slot.clone(),
            asked: Asked::default(),
            clock: clock.clone(),
            info,
            transport_failure: None,
            bytes: Arc::default(),
            cluster: None,
        }
    }

    /// The client has asked for this.
    pub(crate) fn asked(&mut self, asked: &Asked) {
        self.asked = asked.clone();
        if let Some(name) = asked.server_name() {
            let tls = TlsInfo { requested_server_name: name.to_owned(), ..TlsInfo::default() };
            let known = (*self.info.connection).clone();
            self.info.connection = Rc::new(ConnectionInfo { tls: Some(Arc::new(tls)), ..known });
        }
    }

    /// No filter chain is for such a connection.
    pub(crate) fn is_for_no_chain(&mut self) {
        self.info.response_flags |= flags::NO_ROUTE_FOUND;
        self.info.response_code_details = Some("filter_chain_not_found".to_owned());
    }

    /// TLS was not agreed on.
    pub(crate) fn transport_failed(&mut self, why: String) {
        self.transport_failure = Some(why);
    }

    /// It has come to its filters.
    pub(crate) fn begins(&mut self, connection: &Rc<ConnectionInfo>, chain: &Rc<ListenerInfo>) {
        self.info.connection = connection.clone();
        self.info.listener = chain.clone();
    }

    /// Where its bytes are to be counted.
    pub(crate) fn bytes(&self) -> Arc<ByteCounts> {
        self.bytes.clone()
    }

    /// What HTTP it speaks.
    pub(crate) fn speaks(&mut self, protocol: &'static str) {
        self.info.protocol = protocol;
    }

    /// The client has not kept to the protocol.
    pub(crate) fn is_nonsense(&mut self) {
        self.info.response_flags |= flags::DOWNSTREAM_PROTOCOL_ERROR;
    }

    /// All that is known of a connection that a TCP proxy has carried to its end.
    pub(crate) fn carried(&mut self, info: StreamInfo, cluster: &str) {
        self.info = info;
        self.cluster = Some(cluster.into());
    }

    fn write(&mut self) {
        let Some(listening) = self.slot.current() else { return };
        let took = self.clock.monotonic_nanos().saturating_sub(self.info.start_monotonic_nanos);
        self.info.duration_nanos = Some(took as i64);
        if self.cluster.is_none() {
            (self.info.request_body_bytes, self.info.response_body_bytes) = self.bytes.both();
            if self.info.request_body_bytes == 0 {
                // What the client would have spoken is not known.
                self.info.protocol = "";
            }
        }
        let route = self.cluster.clone().map(|cluster| RouteInfo { cluster, ..RouteInfo::default() });
        let none = HeaderMap::new();
        let facts = Facts {
            route: route.as_ref(),
            transport_failure: self.transport_failure.as_deref(),
            ..Facts::new(&none, &self.info)
        };
        // In Envoy's order.
        listening.logs().iter().for_each(|log| log.write(&facts));
        if route.is_some() {
            let facts = Facts { kind: LogType::TcpConnectionEnd, ..facts };
            proxy_logs(&listening, &self.asked).iter().for_each(|log| log.write(&facts));
        }
    }
}

impl Drop for ConnectionLog {
    fn drop(&mut self) {
        self.write();
    }
}

fn proxy_logs<'a>(listening: &'a Listening, asked: &Asked) -> &'a [AccessLog] {
    match listening.choose(asked).map(|chain| &chain.serving) {
        Some(Serving::Tcp(tcp)) => &tcp.logs,
        Some(Serving::Http(_)) | None => &[],
    }
}
