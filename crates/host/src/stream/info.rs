//! What the embedder tells about a stream: the facts behind the properties of the ABI.

use super::action::LocalResponse;
use crate::fields::HeaderMap;
use crate::filter_state::FilterState;
use crate::metadata::{Locality, Metadata};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Direction of the traffic that a listener takes (`traffic_direction` of Envoy's listener).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListenerDirection {
    /// Not said.
    #[default]
    Unspecified,
    /// To this host.
    Inbound,
    /// From this host.
    Outbound,
}

/// Facts that are the same for every stream of a listener.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListenerInfo {
    /// Direction of the listener.
    pub direction: ListenerDirection,
    /// Name of the filter chain.
    pub filter_chain_name: String,
    /// The listener's metadata.
    pub metadata: Metadata,
}

/// Facts about a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Number of the connection, unique in the process.
    pub id: u64,
    /// Address of the client.
    pub source: Option<std::net::SocketAddr>,
    /// Address that the client connected to.
    pub destination: Option<std::net::SocketAddr>,
    /// What TLS has agreed on, if it is spoken.
    pub tls: Option<Arc<TlsInfo>>,
    /// Objects that live as long as the connection, shared by its streams.
    pub filter_state: Rc<RefCell<FilterState>>,
}

/// What TLS has agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The name that the side that began has asked for; empty if it has asked for none.
    pub requested_server_name: String,
    /// Our certificate, if we have shown one.
    pub local: CertificateInfo,
    /// The peer's certificate, if it has shown one.
    pub peer: Option<CertificateInfo>,
    /// The certificates that the peer has shown with its own, as [`CertificateInfo::pem`].
    pub peer_chain: String,
    /// Whether the peer's certificate has been verified.
    pub peer_validated: bool,
}

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Its subject, as RFC 2253 writes it.
    pub subject: String,
    /// Its names of kind DNS.
    pub dns_sans: Vec<String>,
    /// Its names of kind URI.
    pub uri_sans: Vec<String>,
    /// Its SHA-256, in hexadecimal.
    pub sha256_digest: String,
    /// The certificate in PEM, percent-encoded.
    pub pem: String,
}

/// Facts about the upstream of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpstreamInfo {
    /// Address of the endpoint, once one has been chosen.
    pub address: Option<std::net::SocketAddr>,
    /// Our end of the connection to it.
    pub local_address: Option<std::net::SocketAddr>,
    /// What TLS has agreed on with it, if it is spoken.
    pub tls: Option<Arc<TlsInfo>>,
    /// Endpoints of the cluster, where the route does not say it ([`RouteInfo::num_endpoints`]).
    pub num_endpoints: Option<u64>,
    /// Attempts made.
    pub attempts: u64,
    /// Why the connection failed.
    pub transport_failure_reason: Option<String>,
    /// Nanoseconds from the first byte sent to the last byte received; known when the upstream has sent all.
    pub latency_nanos: Option<i64>,
    /// Nanoseconds until there was a connection to the endpoint.
    pub pool_ready_nanos: Option<i64>,
    /// Where the endpoint is, if that is known.
    pub locality: Option<Arc<Locality>>,
    /// The endpoint's metadata, if it has any.
    pub metadata: Option<Arc<Metadata>>,
    /// Metadata of the endpoint's locality, if it has any.
    pub locality_metadata: Option<Arc<Metadata>>,
}

/// What the embedder knows about a stream. The embedder updates it as things happen.
#[derive(Clone, Debug)]
pub struct StreamInfo {
    /// The listener.
    pub listener: Rc<ListenerInfo>,
    /// The connection.
    pub connection: Rc<ConnectionInfo>,
    /// Address of the client where that is not the connection's peer but who a proxy in front says it is; its port is 0 then.
    pub client: Option<std::net::SocketAddr>,
    /// The upstream.
    pub upstream: UpstreamInfo,
    /// `HTTP/1.1` and so on.
    pub protocol: &'static str,
    /// When the request began, in nanoseconds since the Unix epoch.
    pub start_wall_nanos: u64,
    /// The same on the monotonic clock.
    pub start_monotonic_nanos: u64,
    /// How long it took, in nanoseconds; known at the end.
    pub duration_nanos: Option<i64>,
    /// Bytes of request body received.
    pub request_body_bytes: u64,
    /// Bytes of response body sent.
    pub response_body_bytes: u64,
    /// Bytes of the request's header block as received.
    pub request_header_bytes: u64,
    /// Bytes of the response's header block as sent.
    pub response_header_bytes: u64,
    /// Status of the response, once there is one.
    pub response_code: Option<u32>,
    /// Why the response is what it is, in one word of Envoy's.
    pub response_code_details: Option<String>,
    /// Envoy's response flags, as a bit set.
    pub response_flags: u64,
    /// Dynamic metadata: what filters say about the stream. Plugins can read it.
    pub metadata: Metadata,
    /// Objects that live as long as the stream.
    pub filter_state: FilterState,
}

impl Default for StreamInfo {
    fn default() -> Self {
        Self::new(Rc::default(), Rc::default())
    }
}

impl StreamInfo {
    /// A stream of which nothing is known but where it has come in.
    pub fn new(listener: Rc<ListenerInfo>, connection: Rc<ConnectionInfo>) -> Self {
        Self {
            listener,
            connection,
            client: None,
            upstream: UpstreamInfo::default(),
            protocol: "",
            start_wall_nanos: 0,
            start_monotonic_nanos: 0,
            duration_nanos: None,
            request_body_bytes: 0,
            response_body_bytes: 0,
            request_header_bytes: 0,
            response_header_bytes: 0,
            response_code: None,
            response_code_details: None,
            response_flags: 0,
            metadata: Metadata::default(),
            filter_state: FilterState::default(),
        }
    }

    /// Address of the client, as `source.address` tells it: who a proxy in front says, or the connection's peer.
    pub fn source(&self) -> Option<std::net::SocketAddr> {
        self.client.or(self.connection.source)
    }
}

/// The route that a request takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteInfo {
    /// Name of the route.
    pub name: Arc<str>,
    /// Name of its virtual host.
    pub virtual_host: Arc<str>,
    /// Name of the cluster it leads to; empty if it leads to none.
    pub cluster: Arc<str>,
    /// The route's metadata.
    pub metadata: Arc<Metadata>,
    /// Metadata of its virtual host.
    pub virtual_host_metadata: Arc<Metadata>,
    /// Metadata of the cluster it leads to.
    pub cluster_metadata: Arc<Metadata>,
    /// Endpoints of that cluster, if it is known.
    pub num_endpoints: Option<u64>,
    /// The embedder's own number for the route.
    pub id: usize,
}

/// Chooses routes.
pub trait Router {
    /// The route for a request with these headers, if there is one.
    fn route(&self, request_headers: &HeaderMap) -> Option<RouteInfo>;

    /// Gives an answer that does not come from an upstream the form that the embedder wants, before plugins see it. Leaves it
    /// as it is by default.
    fn rewrite_local_response(
        &self,
        _request_headers: Option<&HeaderMap>,
        _info: &StreamInfo,
        _response: &mut LocalResponse,
    ) {
    }
}

/// A router without routes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRoutes;

impl Router for NoRoutes {
    fn route(&self, _request_headers: &HeaderMap) -> Option<RouteInfo> {
        None
    }
}
