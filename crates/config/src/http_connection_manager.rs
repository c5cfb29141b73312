//! `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.

use std::time::Duration;

use crate::access_log::{self, AccessLogger};
use crate::client_address::{self, ClientAddress};
use crate::client_certificate::{self, ForwardClientCert};
use crate::cors::CorsFilter;
use crate::diagnostics::Location;
use crate::fields::http_connection_manager::{
    COMMON_HTTP_OPTIONS, HTTP_CONNECTION_MANAGER, SCHEME_HEADER_TRANSFORMATION,
};
use crate::http_filter::{self, Chain, HttpFilter};
use crate::http_protocol::{self, CodecType, Http2Options};
use crate::local_reply::{self, LocalReplies};
use crate::path_normalization::{self, PathNormalization};
use crate::per_filter::{FilterChange, PerFilterConfig};
use crate::reader::{Any, Cursor, Object};
use crate::route::{self, RouteConfiguration};
use crate::upgrade::{self, UpgradeConfig};
use crate::written_log::WrittenLog;

/// How HTTP is served on a listener: routes, and the filters in front of the router.
#[derive(Clone, Debug)]
pub struct HttpConnectionManager {
    /// Envoy's `stat_prefix`.
    pub stat_prefix: String,
    /// Envoy's `server_name`, the value of the `server` header; Envoy's default is `envoy`.
    pub server_name: Option<String>,
    /// Envoy's `server_header_transformation`.
    pub server_header: ServerHeader,
    /// Envoy's `scheme_header_transformation.scheme_to_overwrite`: the scheme of every request, whatever it comes over.
    pub scheme: Option<&'static str>,
    /// Envoy's `route_config`.
    pub routes: RouteConfiguration,
    /// What is taken off the host that a request is for, before plugins see it.
    pub strip_host: StripHost,
    /// Envoy's `http_filters` in the order of requests, without the router, which ends the chain.
    pub filters: Vec<HttpFilter>,
    /// The cors filter among `http_filters`.
    pub cors: Option<CorsFilter>,
    /// Envoy's `access_log`: the plugins among them.
    pub access_logs: Vec<AccessLogger>,
    /// Envoy's `access_log`: those that are written.
    pub written_logs: Vec<WrittenLog>,
    /// Envoy's `suppress_envoy_headers` of the router: send no `x-envoy-` headers of our own. Off by default.
    pub suppress_envoy_headers: bool,
    /// Envoy's `request_timeout`, for the whole request to arrive; none by default.
    pub request_timeout: Option<Duration>,
    /// Envoy's `stream_idle_timeout`; 5 minutes by default, none when written as `0s`.
    pub stream_idle_timeout: Option<Duration>,
    /// Envoy's `http_protocol_options.enable_trailers`: requests may have trailers, and responses are sent with theirs.
    /// Off by default; trailers are dropped then.
    pub enable_trailers: bool,
    /// Envoy's `max_request_headers_kb`, in KiB; 60 by default.
    pub max_request_headers_kb: u32,
    /// Envoy's `common_http_protocol_options.max_headers_count`; 100 by default.
    pub max_headers_count: u32,
    /// Envoy's `common_http_protocol_options.idle_timeout`: how long a connection may be without a request. 1 hour by
    /// default, none when written as `0s`.
    pub idle_timeout: Option<Duration>,
    /// Envoy's `common_http_protocol_options.max_connection_duration`; none by default.
    pub max_connection_duration: Option<Duration>,
    /// Envoy's `common_http_protocol_options.max_stream_duration`; none by default.
    pub max_stream_duration: Option<Duration>,
    /// Envoy's `common_http_protocol_options.max_requests_per_connection`; any number by default.
    pub max_requests_per_connection: Option<u32>,
    /// Envoy's `request_headers_timeout`: how long a request's head may take from its first byte; none by default.
    pub request_headers_timeout: Option<Duration>,
    /// Envoy's `drain_timeout`: how long a connection that is to end still takes requests, which a client may have sent before
    /// it could know; 5 seconds by default.
    pub drain_timeout: Duration,
    /// Envoy's `delayed_close_timeout`: how long a connection that is closed while the client still sends waits for it to close
    /// its half; 1 second by default, none when written as `0s`.
    pub delayed_close_timeout: Option<Duration>,
    /// Envoy's `upgrade_configs`.
    pub upgrades: Vec<UpgradeConfig>,
    /// Envoy's `codec_type`.
    pub codec_type: CodecType,
    /// Envoy's `http2_protocol_options`.
    pub http2: Http2Options,
    /// Envoy's `generate_request_id`: set `x-request-id` where it is absent. On by default.
    pub generate_request_id: bool,
    /// Envoy's `preserve_external_request_id`: keep the id of a client from outside, where
    /// [`use_remote_address`](ClientAddress::use_remote_address) tells who is. Off by default.
    pub preserve_external_request_id: bool,
    /// Envoy's `always_set_request_id_in_response`. Off by default.
    pub always_set_request_id_in_response: bool,
    /// Who a request comes from.
    pub client: ClientAddress,
    /// Envoy's `forward_client_cert_details`.
    pub forward_client_cert: ForwardClientCert,
    /// Envoy's `via`: what is added to the field of this name of requests and responses.
    pub via: Option<String>,
    /// Envoy's `local_reply_config`.
    pub local_replies: LocalReplies,
    /// How paths are brought into one form.
    pub path: PathNormalization,
    /// Envoy's `common_http_protocol_options.headers_with_underscores_action`.
    pub headers_with_underscores: HeadersWithUnderscores,
    /// Where the configuration stands in the file.
    pub location: Location,
}

impl HttpConnectionManager {
    /// [`max_request_headers_kb`](Self::max_request_headers_kb) in bytes.
    pub fn max_request_headers_bytes(&self) -> usize {
        self.max_request_headers_kb as usize * 1024
    }
}

/// What is taken off the host that a request is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StripHost {
    /// Envoy's `strip_any_host_port` or `strip_matching_host_port`.
    pub port: StripPort,
    /// Envoy's `strip_trailing_host_dot`: a dot at the end of the name. Off by default.
    pub trailing_dot: bool,
}

/// What becomes of the field `server` of an upstream's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerHeader {
    /// `OVERWRITE`, the default: it names this proxy.
    #[default]
    Overwrite,
    /// `APPEND_IF_ABSENT`: it names this proxy where it would name nobody.
    IfAbsent,
    /// `PASS_THROUGH`: it stays as it is.
    PassThrough,
}

/// What becomes of a request with an underscore in a field's name, which some upstreams take for a dash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadersWithUnderscores {
    /// `ALLOW`, the default.
    #[default]
    Allow,
    /// `REJECT_REQUEST`: it is answered with 400.
    Reject,
    /// `DROP_HEADER`: it goes on without the field.
    Drop,
}

/// Which port is taken off a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StripPort {
    /// Envoy's `strip_any_host_port`: any.
    Any,
    /// Envoy's `strip_matching_host_port`: that of the listener.
    Matching,
    /// None, the default.
    #[default]
    None,
}

/// Decodes an HTTP connection manager; `filter` is the network filter that holds it.
pub(crate) fn decode(config: &Any<'_>, filter: &Cursor<'_>) -> Option<HttpConnectionManager> {
    let object = config.object(&HTTP_CONNECTION_MANAGER)?;
    let stat_prefix =
        object.required("stat_prefix", "any text, such as ingress_http").and_then(|at| at.nonempty_text());
    let routes = match object.get("route_config") {
        Some(at) => route::decode_configuration(&at),
        None => {
            // The other sources of routes are refused by the table.
            if object.get("rds").is_none() && object.get("scoped_routes").is_none() {
                object.required("route_config", "with virtual_hosts");
            }
            None
        }
    };
    let chain = http_filter::decode_chain(&object);
    let access_logs = object.get("access_log").map(|at| access_log::decode_all(&at)).unwrap_or_default();
    let duration = |name| object.get(name).and_then(|at| at.duration_or_off());
    let request_timeout = duration("request_timeout").flatten();
    let stream_idle_timeout = duration("stream_idle_timeout").unwrap_or(Some(Duration::from_secs(300)));
    let server_name = object.get("server_name").and_then(|at| at.text());
    let enable_trailers = object.get("http_protocol_options").is_some_and(|at| http_protocol::enables_trailers(&at));
    let generate_request_id = object.get("generate_request_id").and_then(|at| at.boolean());
    let request_headers_timeout = duration("request_headers_timeout").flatten();
    let drain_timeout = duration("drain_timeout").map(Option::unwrap_or_default);
    let delayed_close_timeout = duration("delayed_close_timeout").unwrap_or(Some(Duration::from_secs(1)));
    let max_request_headers_kb = object.get("max_request_headers_kb").and_then(|at| at.integer(1, 8192));
    let common = object.get("common_http_protocol_options").and_then(|at| Object::open(&at, &COMMON_HTTP_OPTIONS));
    let common = |name| common.as_ref().and_then(|options| options.get(name));
    let max_headers_count = common("max_headers_count").and_then(|at| at.integer(1, 32_768));
    let max_requests = common("max_requests_per_connection").and_then(|at| at.unsigned(0)).filter(|count| *count > 0);
    let limit = |name| common(name).and_then(|at| at.duration_or_off());
    let idle_timeout = limit("idle_timeout").unwrap_or(Some(Duration::from_secs(3600)));
    let max_connection_duration = limit("max_connection_duration").flatten();
    let max_stream_duration = limit("max_stream_duration").flatten();
    let upgrades = object.get("upgrade_configs").map(|at| upgrade::decode_all(&at)).unwrap_or_default();
    let codec_type = object.get("codec_type").map_or(Some(CodecType::Auto), |at| decode_codec(&at));
    let http2 = object.get("http2_protocol_options").map(|at| http_protocol::decode_http2(&at)).unwrap_or_default();
    let flag = |name| object.get(name).and_then(|at| at.boolean()).unwrap_or(false);
    let port = match object.one_of(&["strip_any_host_port", "strip_matching_host_port"]) {
        Some(("strip_any_host_port", at)) if at.boolean() == Some(true) => StripPort::Any,
        Some(("strip_matching_host_port", at)) if at.boolean() == Some(true) => StripPort::Matching,
        _ => StripPort::None,
    };
    let strip_host = StripHost { port, trailing_dot: flag("strip_trailing_host_dot") };
    let via = object.get("via").and_then(|at| at.text()).filter(|via| !via.is_empty());
    if let (Some(text), Some(at)) = (via, object.get("via"))
        && !text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
    {
        at.error("a header cannot have this value; write a name such as 1.1 edge");
    }
    let underscores = common("headers_with_underscores_action").and_then(|at| {
        at.choice(&[
            ("ALLOW", 0, HeadersWithUnderscores::Allow),
            ("REJECT_REQUEST", 1, HeadersWithUnderscores::Reject),
            ("DROP_HEADER", 2, HeadersWithUnderscores::Drop),
        ])
    });
    let server_header = object.get("server_header_transformation").and_then(|at| {
        at.choice(&[
            ("OVERWRITE", 0, ServerHeader::Overwrite),
            ("APPEND_IF_ABSENT", 1, ServerHeader::IfAbsent),
            ("PASS_THROUGH", 2, ServerHeader::PassThrough),
        ])
    });
    let scheme = object.get("scheme_header_transformation").and_then(|at| decode_scheme(&at));
    let local_replies = object.get("local_reply_config").map(|at| local_reply::decode(&at)).unwrap_or_default();
    let (client, path) = (client_address::decode(&object), path_normalization::decode(&object));
    let (routes, chain) = (routes?, chain?);
    check_filter_names(&routes, &chain, filter);
    Some(HttpConnectionManager {
        stat_prefix: stat_prefix?.to_owned(),
        server_name: server_name.filter(|name| !name.is_empty()).map(str::to_owned),
        server_header: server_header.unwrap_or_default(),
        scheme,
        routes,
        strip_host,
        filters: chain.filters,
        cors: chain.cors,
        access_logs: access_logs.plugins,
        written_logs: access_logs.written,
        suppress_envoy_headers: chain.suppress_envoy_headers,
        request_timeout,
        stream_idle_timeout,
        enable_trailers,
        max_request_headers_kb: in_u32(max_request_headers_kb).unwrap_or(60),
        max_headers_count: in_u32(max_headers_count).unwrap_or(100),
        idle_timeout,
        max_connection_duration,
        max_stream_duration,
        max_requests_per_connection: max_requests,
        request_headers_timeout,
        drain_timeout: drain_timeout.unwrap_or(Duration::from_secs(5)),
        delayed_close_timeout,
        upgrades,
        codec_type: codec_type?,
        http2,
        generate_request_id: generate_request_id.unwrap_or(true),
        preserve_external_request_id: flag("preserve_external_request_id"),
        always_set_request_id_in_response: flag("always_set_request_id_in_response"),
        client,
        forward_client_cert: client_certificate::decode(&object),
        via: via.map(str::to_owned),
        local_replies,
        path,
        headers_with_underscores: underscores.unwrap_or_default(),
        location: filter.location(),
    })
}

fn decode_codec(at: &Cursor<'_>) -> Option<CodecType> {
    let found = at.choice(&[
        ("AUTO", 0, Some(CodecType::Auto)),
        ("HTTP1", 1, Some(CodecType::Http1)),
        ("HTTP2", 2, Some(CodecType::Http2)),
        ("HTTP3", 3, None),
    ])?;
    if found.is_none() {
        at.error("codec_type HTTP3 is not supported by Tollgate; write AUTO, HTTP1 or HTTP2");
    }
    found
}

/// Decodes `scheme_header_transformation`.
fn decode_scheme(at: &Cursor<'_>) -> Option<&'static str> {
    let scheme = Object::open(at, &SCHEME_HEADER_TRANSFORMATION)?.get("scheme_to_overwrite")?;
    match scheme.text()? {
        "http" => Some("http"),
        "https" => Some("https"),
        _ => {
            scheme.error("scheme_to_overwrite must be http or https");
            None
        }
    }
}

fn in_u32(number: Option<i64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

/// Routes can only change what the chain has.
fn check_filter_names(routes: &RouteConfiguration, chain: &Chain, filter: &Cursor<'_>) {
    for said in routes.per_filter_configs().flat_map(PerFilterConfig::iter) {
        let is_cors = chain.cors.as_ref().is_some_and(|cors| cors.filter_name == said.filter_name);
        let fits = match &said.change {
            FilterChange::Cors(_) => is_cors,
            FilterChange::Plugin(_) => !is_cors,
            FilterChange::Disabled | FilterChange::Enabled => true,
        };
        if !fits && chain.names.contains(&said.filter_name) {
            let message = format!("the filter \"{}\" is of another type", said.filter_name);
            filter.cx.error(said.location.diagnostic(message));
        }
        if !chain.names.contains(&said.filter_name) && filter.cx.knows_upstream_filter(&said.filter_name) {
            if let FilterChange::Cors(_) | FilterChange::Plugin(_) = said.change {
                let message = format!(
                    "the filter \"{}\" is one of a cluster, which a route can only switch off and on, with FilterConfig",
                    said.filter_name
                );
                filter.cx.error(said.location.diagnostic(message));
            }
        } else if !chain.names.contains(&said.filter_name) {
            filter.cx.error(said.location.diagnostic(format!(
                "http_filters has no filter of the name \"{}\"; there are {}",
                said.filter_name,
                chain.names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
            )));
        }
    }
}
