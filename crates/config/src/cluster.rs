//! `envoy.config.cluster.v3.Cluster` and its endpoints.

use std::time::Duration;

use crate::address::{self, Address};
use crate::bootstrap::check_unique;
use crate::circuit_breakers::{self, CircuitBreakers};
use crate::diagnostics::Location;
use crate::dns;
use crate::fields::cluster::{
    AUTO_CONFIG, CLUSTER, CLUSTER_LOAD_ASSIGNMENT, ENDPOINT, EXPLICIT_HTTP_CONFIG, HEALTH_CHECK_CONFIG,
    HTTP_PROTOCOL_OPTIONS, LB_ENDPOINT, LOCALITY_LB_ENDPOINTS, UPSTREAM_HTTP_PROTOCOL_OPTIONS,
};
use crate::health_check::{self, HealthCheck};
use crate::http_filter::WasmFilter;
use crate::http_protocol::{Http2Options, decode_http2, enables_trailers};
use crate::load_balancing::{self, LbPolicy};
use crate::metadata::{self, Locality, Metadata};
use crate::outlier_detection::{self, OutlierDetection};
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::tcp_keepalive::{self, TcpKeepalive};
use crate::tls::UpstreamTls;
use crate::transport_socket;
use crate::upstream_connections::{self, UpstreamConnections};
use crate::upstream_filters;

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
    /// Envoy's `http_filters` under `typed_extension_protocol_options`, without the codec, which ends them: plugins that each
    /// attempt to send a request to the cluster passes. None by default.
    pub http_filters: Vec<WasmFilter>,
    /// How connections are kept.
    pub connections: UpstreamConnections,
    /// Envoy's `upstream_connection_options.tcp_keepalive`; none by default.
    pub tcp_keepalive: Option<TcpKeepalive>,
    /// Envoy's `transport_socket`, if it is TLS.
    pub tls: Option<UpstreamTls>,
    /// Envoy's `metadata`.
    pub metadata: Metadata,
    /// Envoy's `lb_policy`.
    pub lb_policy: LbPolicy,
    /// Envoy's `common_lb_config.healthy_panic_threshold`, in percent; 50 by default. If fewer endpoints are healthy, all are
    /// used.
    pub panic_threshold: f64,
    /// Envoy's `circuit_breakers`.
    pub circuit_breakers: CircuitBreakers,
    /// Envoy's `outlier_detection`; none by default.
    pub outlier_detection: Option<OutlierDetection>,
    /// Envoy's `health_checks`, of which there can be one.
    pub health_check: Option<HealthCheck>,
    /// Envoy's `dns_refresh_rate`: how often names are resolved; 5 seconds by default.
    pub dns_refresh_rate: Duration,
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

/// One address of a cluster.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Envoy's `endpoint.address`.
    pub address: Address,
    /// Envoy's `hostname` of the endpoint, for `auto_host_rewrite` and TLS.
    pub hostname: Option<String>,
    /// Envoy's `load_balancing_weight`, at least 1, which is the default.
    pub weight: u32,
    /// Envoy's `priority` of the group that the endpoint stands in: those of 0 are used as long as enough of them are healthy.
    pub priority: u32,
    /// Whether Envoy's `health_status` lets it be used.
    pub is_usable: bool,
    /// Envoy's `endpoint.health_check_config.disable_active_health_check`: it is not asked how it is. Off by default.
    pub is_unchecked: bool,
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
    dns::check(&object);
    if let Some(at) = object.get("dns_lookup_family") {
        check_family(&at);
    }
    let lb_policy = load_balancing::decode(&object);
    let tls = object.get("transport_socket").and_then(|at| transport_socket::decode_upstream(&at));
    let circuit_breakers = object.get("circuit_breakers").and_then(|at| circuit_breakers::decode(&at));
    let dns_refresh_rate = object.get("dns_refresh_rate").and_then(|at| {
        let rate = at.duration()?;
        if rate < Duration::from_millis(1) {
            at.error("dns_refresh_rate must be more than 0.001s");
        }
        Some(rate)
    });
    let legacy = match object.get("http2_protocol_options") {
        Some(at) => (UpstreamProtocol::Http2(decode_http2(&at)), true),
        None => {
            let options = object.get("http_protocol_options");
            (UpstreamProtocol::Http1, options.is_some_and(|at| enables_trailers(&at)))
        }
    };
    // The extension's word counts, as in Envoy.
    let extension = object.get("typed_extension_protocol_options").map(|at| decode_protocol(&at)).unwrap_or_default();
    let (protocol, enable_trailers) = extension.protocol.unwrap_or(legacy);
    let connections = upstream_connections::decode(&object, extension.common.as_ref());
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
        http_filters: extension.http_filters,
        connections,
        tcp_keepalive: object.get("upstream_connection_options").and_then(|at| tcp_keepalive::decode(&at)),
        tls,
        metadata: metadata::of(&object),
        lb_policy,
        panic_threshold: load_balancing::decode_panic_threshold(&object),
        circuit_breakers: circuit_breakers.unwrap_or_default(),
        outlier_detection: object.get("outlier_detection").and_then(|at| outlier_detection::decode(&at)),
        health_check: object.get("health_checks").and_then(|at| health_check::decode_one(&at)),
        dns_refresh_rate: dns_refresh_rate.unwrap_or(Duration::from_secs(5)),
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

/// All addresses that the system's resolver knows are used, in its order.
fn check_family(at: &Cursor<'_>) {
    let families = ["AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"];
    let numbered: Vec<_> = families.into_iter().zip(0..).map(|(name, number)| (name, number, ())).collect();
    if at.choice(&numbered).is_some() {
        at.warn_once(
            "Cluster.dns_lookup_family",
            "field \"dns_lookup_family\" has no effect in Tollgate: both families are used, in the order of the system's resolver",
        );
    }
}

fn decode_assignment(at: &Cursor<'_>) -> Vec<Endpoint> {
    let Some(object) = Object::open(at, &CLUSTER_LOAD_ASSIGNMENT) else {
        return Vec::new();
    };
    // Without effect in Envoy, too, outside of EDS.
    if let Some(name) = object.required("cluster_name", "any text, such as the cluster's name") {
        name.nonempty_text();
    }
    let localities = object.get("endpoints").map(|at| at.items()).unwrap_or_default();
    let objects: Vec<_> = localities.iter().filter_map(|at| Object::open(at, &LOCALITY_LB_ENDPOINTS)).collect();
    let mut endpoints = Vec::new();
    for group in &objects {
        let locality = group.get("locality").and_then(|at| metadata::decode_locality(&at));
        let priority = group.get("priority").and_then(|at| at.integer(0, 128)).and_then(|n| u32::try_from(n).ok());
        let items = group.get("lb_endpoints").map(|at| at.items()).unwrap_or_default();
        let decoded = items.iter().filter_map(|at| decode_endpoint(at, locality.as_ref()));
        endpoints.extend(decoded.map(|endpoint| Endpoint { priority: priority.unwrap_or(0), ..endpoint }));
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
    let is_usable = object.get("health_status").map_or(Some(true), |at| {
        at.choice(&[
            ("UNKNOWN", 0, true),
            ("HEALTHY", 1, true),
            ("UNHEALTHY", 2, false),
            ("DRAINING", 3, false),
            ("TIMEOUT", 4, false),
            // There is nothing between usable and not.
            ("DEGRADED", 5, true),
        ])
    });
    let checks = endpoint.get("health_check_config").and_then(|at| Object::open(&at, &HEALTH_CHECK_CONFIG));
    let is_unchecked = checks.and_then(|checks| checks.get("disable_active_health_check")?.boolean());
    let hostname = endpoint.get("hostname").and_then(|at| at.text()).filter(|name| !name.is_empty());
    Some(Endpoint {
        address,
        hostname: hostname.map(str::to_owned),
        weight: weight.unwrap_or(1),
        priority: 0,
        is_usable: is_usable?,
        is_unchecked: is_unchecked.unwrap_or(false),
        locality: locality.cloned(),
        metadata: metadata::of(&object),
    })
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
        Discovery::LogicalDns if endpoints.len() != 1 && !cluster.at.cx.has_errors() => {
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

/// What `typed_extension_protocol_options` asks for.
#[derive(Default)]
struct Extension<'a> {
    /// Which protocol, and whether with trailers.
    protocol: Option<(UpstreamProtocol, bool)>,
    /// `common_http_protocol_options`.
    common: Option<Cursor<'a>>,
    http_filters: Vec<WasmFilter>,
}

fn decode_protocol<'a>(at: &Cursor<'a>) -> Extension<'a> {
    let mut found = Extension::default();
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
        found.common = options.get("common_http_protocol_options").or(found.common);
        if let Some(at) = options.get("http_filters") {
            found.http_filters = upstream_filters::decode(&at);
        }
        if let Some(at) = options.get("upstream_http_protocol_options") {
            let _ = Object::open(&at, &UPSTREAM_HTTP_PROTOCOL_OPTIONS);
        }
        if let Some(at) = options.get("auto_config") {
            if options.was_given("explicit_http_config") {
                at.key_error("\"auto_config\" excludes \"explicit_http_config\"; keep one of them");
            }
            found.protocol = Object::open(&at, &AUTO_CONFIG).map(|auto| {
                let http2 = auto.get("http2_protocol_options").map(|at| decode_http2(&at)).unwrap_or_default();
                let trailers = auto.get("http_protocol_options").is_some_and(|at| enables_trailers(&at));
                (UpstreamProtocol::Negotiated(http2), trailers)
            });
            continue;
        }
        if !["explicit_http_config", "use_downstream_protocol_config"].iter().any(|field| options.was_given(field)) {
            options.at.error(
                "HttpProtocolOptions needs one of explicit_http_config and auto_config, as in Envoy; write \
                 explicit_http_config: {http_protocol_options: {}}",
            );
        }
        let Some(explicit) =
            options.get("explicit_http_config").and_then(|at| Object::open(&at, &EXPLICIT_HTTP_CONFIG))
        else {
            continue;
        };
        found.protocol = match explicit.one_of(&["http_protocol_options", "http2_protocol_options"]) {
            Some(("http2_protocol_options", at)) => Some((UpstreamProtocol::Http2(decode_http2(&at)), true)),
            Some((_, at)) => Some((UpstreamProtocol::Http1, enables_trailers(&at))),
            None => None,
        };
    }
    found
}

const PROTOCOL_OPTIONS: TypedMessage =
    TypedMessage { v3: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", v2: "" };
