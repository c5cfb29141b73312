//! `envoy.config.cluster.v3.Cluster` and its endpoints.

use std::time::Duration;

use crate::address::{self, Address};
use crate::bootstrap::check_unique;
use crate::diagnostics::Location;
use crate::fields::cluster::{
    AUTO_CONFIG, CLUSTER, CLUSTER_LOAD_ASSIGNMENT, ENDPOINT, EXPLICIT_HTTP_CONFIG, HTTP_PROTOCOL_OPTIONS, LB_ENDPOINT,
    LOCALITY_LB_ENDPOINTS,
};
use crate::http_protocol::{Http2Options, decode_http2, enables_trailers};
use crate::metadata::{self, Locality, Metadata};
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::tls::UpstreamTls;
use crate::transport_socket;

/// A group of endpoints that are as good as each other.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Envoy's `name`, unique in the file.
    pub name: String,
    /// Envoy's `type`.
    pub discovery: Discovery,
    /// Envoy's `connect_timeout`; 5 seconds by default.
    pub connect_timeout: Duration,
    /// Envoy's `http_protocol_options.enable_trailers`, there or under `typed_extension_protocol_options`: responses may
    /// have trailers, and requests are sent with theirs. Off by default; trailers are dropped then. HTTP/2 always has them.
    pub enable_trailers: bool,
    /// Which HTTP the endpoints are spoken to: Envoy's `http2_protocol_options`, or `explicit_http_config` under
    /// `typed_extension_protocol_options`.
    pub protocol: UpstreamProtocol,
    /// Envoy's `transport_socket`, if it is TLS.
    pub tls: Option<UpstreamTls>,
    /// Envoy's `metadata`.
    pub metadata: Metadata,
    /// Envoy's `lb_policy`.
    pub lb_policy: LbPolicy,
    /// The endpoints of all localities in Envoy's `load_assignment`.
    pub endpoints: Vec<Endpoint>,
    /// Where the cluster stands in the file.
    pub location: Location,
}

/// A version of HTTP. It matters for HTTP only: bytes of a TCP proxy are sent as they come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UpstreamProtocol {
    /// HTTP/1.1, the default.
    #[default]
    Http1,
    /// HTTP/2, without asking first.
    Http2(Http2Options),
    /// Envoy's `auto_config`: what TLS agrees on.
    Negotiated(Http2Options),
}

/// How the addresses of a cluster are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// Envoy's `LOGICAL_DNS`: one name, of which each new connection takes an address.
    LogicalDns,
    /// Envoy's `STATIC`, the default: IP addresses.
    Static,
    /// Envoy's `STRICT_DNS`: names, of which every address is an endpoint.
    StrictDns,
}

/// How an endpoint is chosen for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LbPolicy {
    /// Envoy's `LEAST_REQUEST`: of two, the one with fewer requests under way.
    LeastRequest,
    /// Envoy's `RANDOM`.
    Random,
    /// Envoy's `ROUND_ROBIN`, the default.
    RoundRobin,
}

/// One address of a cluster.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Envoy's `endpoint.address`.
    pub address: Address,
    /// Envoy's `endpoint.hostname`; empty by default.
    pub hostname: String,
    /// Envoy's `load_balancing_weight`, at least 1, which is the default.
    pub weight: u32,
    /// Envoy's `locality` of the group that the endpoint stands in.
    pub locality: Option<Locality>,
    /// Envoy's `metadata` of the `lb_endpoints` entry.
    pub metadata: Metadata,
}

/// Decodes `static_resources.clusters`.
pub(crate) fn decode_all(at: &Cursor<'_>) -> Vec<Cluster> {
    let items = at.items();
    let clusters: Vec<_> = items.iter().filter_map(|item| decode(item).map(|cluster| (cluster, item))).collect();
    check_unique("a cluster of the name", clusters.iter().map(|(cluster, at)| (cluster.name.clone(), *at)));
    clusters.into_iter().map(|(cluster, _)| cluster).collect()
}

fn decode(at: &Cursor<'_>) -> Option<Cluster> {
    let object = Object::open(at, &CLUSTER)?;
    let name = object.required("name", "the name that routes use").and_then(|at| at.nonempty_text());
    let discovery = object.get("type").map_or(Some(Discovery::Static), |at| decode_discovery(&at));
    let connect_timeout = object.get("connect_timeout").and_then(|at| {
        let timeout = at.duration()?;
        if timeout.is_zero() {
            at.error("connect_timeout must be more than 0s");
        }
        Some(timeout)
    });
    let lb_policy = object.get("lb_policy").and_then(|at| decode_policy(&at));
    let tls = object.get("transport_socket").and_then(|at| transport_socket::decode_upstream(&at));
    let legacy = match object.get("http2_protocol_options") {
        Some(at) => (UpstreamProtocol::Http2(decode_http2(&at)), true),
        None => {
            let options = object.get("http_protocol_options");
            (UpstreamProtocol::Http1, options.is_some_and(|at| enables_trailers(&at)))
        }
    };
    // The extension's word counts, as in Envoy.
    let extension = object.get("typed_extension_protocol_options").and_then(|at| decode_protocol(&at));
    let (protocol, enable_trailers) = extension.unwrap_or(legacy);
    if let (UpstreamProtocol::Negotiated(_), None) = (&protocol, &tls)
        && !object.was_given("transport_socket")
    {
        at.error(
            "auto_config needs TLS, which agrees on the version; write a transport_socket, or explicit_http_config",
        );
    }
    let endpoints = match object.get("load_assignment") {
        Some(at) => decode_assignment(&at),
        None => Vec::new(),
    };
    if let (Some(discovery), false) = (discovery, object.was_given("hosts") || object.was_given("cluster_type")) {
        check_endpoints(&object, discovery, &endpoints);
    }
    Some(Cluster {
        name: name?.to_owned(),
        discovery: discovery?,
        connect_timeout: connect_timeout.unwrap_or(Duration::from_secs(5)),
        enable_trailers,
        protocol,
        tls,
        metadata: metadata::of(&object),
        lb_policy: lb_policy.unwrap_or(LbPolicy::RoundRobin),
        endpoints,
        location: at.location(),
    })
}

fn decode_discovery(at: &Cursor<'_>) -> Option<Discovery> {
    let found = at.choice(&[
        ("STATIC", 0, Ok(Discovery::Static)),
        ("STRICT_DNS", 1, Ok(Discovery::StrictDns)),
        ("LOGICAL_DNS", 2, Ok(Discovery::LogicalDns)),
        ("EDS", 3, Err("EDS")),
        ("ORIGINAL_DST", 4, Err("ORIGINAL_DST")),
    ])?;
    found
        .map_err(|name| {
            at.error(format!(
                "cluster type {name} is not supported by Tollgate; write STATIC, STRICT_DNS or LOGICAL_DNS and list \
                 the endpoints in load_assignment"
            ));
        })
        .ok()
}

fn decode_policy(at: &Cursor<'_>) -> Option<LbPolicy> {
    let found = at.choice(&[
        ("ROUND_ROBIN", 0, Ok(LbPolicy::RoundRobin)),
        ("LEAST_REQUEST", 1, Ok(LbPolicy::LeastRequest)),
        ("RING_HASH", 2, Err("RING_HASH")),
        ("RANDOM", 3, Ok(LbPolicy::Random)),
        ("MAGLEV", 5, Err("MAGLEV")),
        ("CLUSTER_PROVIDED", 6, Err("CLUSTER_PROVIDED")),
        ("LOAD_BALANCING_POLICY_CONFIG", 7, Err("LOAD_BALANCING_POLICY_CONFIG")),
    ])?;
    found
        .map_err(|name| {
            at.error(format!(
                "lb_policy {name} is not supported by Tollgate; write ROUND_ROBIN, LEAST_REQUEST or RANDOM"
            ));
        })
        .ok()
}

fn decode_assignment(at: &Cursor<'_>) -> Vec<Endpoint> {
    let Some(object) = Object::open(at, &CLUSTER_LOAD_ASSIGNMENT) else {
        return Vec::new();
    };
    if let Some(name) = object.get("cluster_name") {
        // Without effect in Envoy, too, outside of EDS.
        name.text();
    }
    let localities = object.get("endpoints").map(|at| at.items()).unwrap_or_default();
    let objects: Vec<_> = localities.iter().filter_map(|at| Object::open(at, &LOCALITY_LB_ENDPOINTS)).collect();
    let mut endpoints = Vec::new();
    for group in &objects {
        let locality = group.get("locality").and_then(|at| metadata::decode_locality(&at));
        let items = group.get("lb_endpoints").map(|at| at.items()).unwrap_or_default();
        endpoints.extend(items.iter().filter_map(|at| decode_endpoint(at, locality.as_ref())));
    }
    endpoints
}

fn decode_endpoint(at: &Cursor<'_>, locality: Option<&Locality>) -> Option<Endpoint> {
    let object = Object::open(at, &LB_ENDPOINT)?;
    let weight = object.get("load_balancing_weight").and_then(|at| at.unsigned(1));
    let endpoint = match object.get("endpoint") {
        Some(endpoint) => Object::open(&endpoint, &ENDPOINT)?,
        None => {
            if object.get("endpoint_name").is_none() {
                object.required("endpoint", "{address: {socket_address: {address: 127.0.0.1, port_value: 80}}}");
            }
            return None;
        }
    };
    let at = endpoint.required("address", "{socket_address: {address: 127.0.0.1, port_value: 80}}")?;
    let address = address::decode(&at)?;
    if address.port == 0 {
        at.cx.error(address.location.diagnostic("port_value 0 cannot be connected to; give the port of the endpoint"));
    }
    let metadata = metadata::of(&object);
    let hostname = endpoint.get("hostname").and_then(|at| at.text()).unwrap_or_default().to_owned();
    Some(Endpoint { address, hostname, weight: weight.unwrap_or(1), locality: locality.cloned(), metadata })
}

/// What Envoy asks of the endpoints, by type.
fn check_endpoints(cluster: &Object<'_>, discovery: Discovery, endpoints: &[Endpoint]) {
    match discovery {
        Discovery::Static => {
            for endpoint in endpoints.iter().filter(|endpoint| endpoint.address.ip().is_none()) {
                cluster.at.cx.error(endpoint.address.location.diagnostic(format!(
                    "malformed IP address: {}; a cluster of type STATIC takes IP addresses only, so set the type to \
                     STRICT_DNS or LOGICAL_DNS for names",
                    endpoint.address.address
                )));
            }
        }
        Discovery::LogicalDns if endpoints.len() > 1 => {
            cluster.at.error(
                "a cluster of type LOGICAL_DNS must have a single endpoint; set the type to STRICT_DNS for several",
            );
        }
        Discovery::LogicalDns | Discovery::StrictDns => {}
    }
    if endpoints.is_empty() {
        cluster.at.warn_once(
            format!("no endpoints at {}", cluster.at.path),
            "the cluster has no endpoints in load_assignment: every request to it is answered with 503",
        );
    }
}

/// What `typed_extension_protocol_options` asks for, if it asks for a protocol: which one, and whether with trailers.
fn decode_protocol(at: &Cursor<'_>) -> Option<(UpstreamProtocol, bool)> {
    let mut found = None;
    for (name, options) in at.entries() {
        if name != "envoy.extensions.upstreams.http.v3.HttpProtocolOptions" {
            options.key_error(format!("protocol options \"{name}\" are not supported by Tollgate; remove them"));
            continue;
        }
        let Some(any) = Any::open(&options, &PROTOCOL_OPTIONS) else {
            continue;
        };
        if !any.is(&PROTOCOL_OPTIONS) {
            any.type_at
                .error(format!("unknown type {}; write type.googleapis.com/{}", any.type_name, PROTOCOL_OPTIONS.v3));
            continue;
        }
        let Some(options) = any.object(&HTTP_PROTOCOL_OPTIONS) else {
            continue;
        };
        if let Some(at) = options.get("auto_config") {
            if options.was_given("explicit_http_config") {
                at.key_error("\"auto_config\" excludes \"explicit_http_config\"; keep one of them");
            }
            found = Object::open(&at, &AUTO_CONFIG).map(|auto| {
                let http2 = auto.get("http2_protocol_options").map(|at| decode_http2(&at)).unwrap_or_default();
                let trailers = auto.get("http_protocol_options").is_some_and(|at| enables_trailers(&at));
                (UpstreamProtocol::Negotiated(http2), trailers)
            });
            continue;
        }
        let Some(explicit) =
            options.get("explicit_http_config").and_then(|at| Object::open(&at, &EXPLICIT_HTTP_CONFIG))
        else {
            continue;
        };
        found = match explicit.one_of(&["http_protocol_options", "http2_protocol_options"]) {
            Some(("http2_protocol_options", at)) => Some((UpstreamProtocol::Http2(decode_http2(&at)), true)),
            Some((_, at)) => Some((UpstreamProtocol::Http1, enables_trailers(&at))),
            None => None,
        };
    }
    found
}

const PROTOCOL_OPTIONS: TypedMessage =
    TypedMessage { v3: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", v2: "" };
