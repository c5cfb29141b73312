//! What an HTTP connection manager makes of a client's request before anything else sees it: one form of its path, who
//! it comes from, and no field by which a client would speak for the proxy.

mod certificate;
mod client;
mod path;

use crate::downstream::Downstream;
use crate::exchange::convert;
use crate::listener::ListenerState;
use crate::request_id;
use crate::route;
use bytes::Bytes;
use hyper::http::request;
use hyper::{Method, Version};
use path::Path;
use std::net::SocketAddr;
use tollgate_config::{HeadersWithUnderscores, HttpConnectionManager, StripHost};
use tollgate_host::fields::{Field, FieldName, HeaderMap};
use tollgate_host::stream::is_grpc;

/// A request as plugins see it.
#[derive(Debug)]
pub(crate) struct Ingress {
    pub(crate) fields: HeaderMap,
    /// Who it comes from, where that is not the connection's peer.
    pub(crate) client: Option<SocketAddr>,
}

/// Envoy's response code details of requests that are turned away while the process is short of something.
pub(crate) const OVERLOAD: &str = "overload";

/// An answer to a request that no plugin is to see.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) status: u32,
    pub(crate) body: &'static str,
    /// Envoy's response code details.
    pub(crate) details: &'static str,
    /// Where the client is to go instead.
    pub(crate) location: Option<Bytes>,
    /// What the request says, if it could be read.
    pub(crate) fields: Option<Box<HeaderMap>>,
}

impl Refusal {
    /// Of what is not HTTP as it should be.
    fn malformed(details: &'static str) -> Self {
        Self { status: 400, body: "Bad Request", details, ..Self::default() }
    }

    /// Whether the client has not kept to the protocol.
    pub(crate) fn is_protocol_error(&self) -> bool {
        self.details.starts_with("http1.")
    }
}

/// The request of a client as plugins see it.
///
/// # Errors
///
/// The answer to a request that says in no way, or in two, which host it is for, or that the configuration refuses.
pub(crate) fn request(
    listener: &ListenerState,
    connection: &Downstream,
    head: &request::Parts,
) -> Result<Ingress, Refusal> {
    let http = &listener.http;
    if !is_target(head) || !convert::has_one_length(&head.headers) {
        return Err(Refusal::malformed("http1.codec_error"));
    }
    let fields = convert::request_fields(&head.method, &head.uri, &head.headers, connection.scheme);
    let mut fields = fields.ok_or(Refusal { status: 400, details: "missing_host_header", ..Refusal::default() })?;
    if listener.overload.as_ref().is_some_and(|overload| overload.stops_requests()) {
        listener.stats.downstream_rq_overload_close.inc();
        let fields = Some(Box::new(fields));
        return Err(Refusal { status: 503, body: "overloaded", details: OVERLOAD, fields, ..Refusal::default() });
    }
    if http.headers_with_underscores != HeadersWithUnderscores::Allow {
        fields = without_underscores(http.headers_with_underscores, fields)?;
    }
    if http.path != tollgate_config::PathNormalization::default() {
        fields = normalize(http, fields)?;
    }
    if http.strip_host != StripHost::default() {
        let local_port = connection.info.destination.map(|address| address.port());
        route::strip_host(http.strip_host, &mut fields, local_port);
    }
    let origin = client::origin(&http.client, &connection.info, &fields);
    if !origin.is_internal && fields.iter().any(|field| field.name.as_bytes().starts_with(b"x-envoy-")) {
        client::remove_control(origin.is_edge, &mut fields);
    }
    fields.remove(b"x-envoy-upstream-stream-duration-ms");
    client::tell(&http.client, &origin, &mut fields);
    tell_protocol(http, connection, head.uri.scheme().is_none(), &mut fields);
    certificate::tell(http.forward_client_cert, connection.info.tls.as_deref(), &mut fields);
    if let Some(name) = &http.via {
        let value = via(fields.values(b"via").map(|value| &value[..]), name);
        fields.replace(const { FieldName::from_static("via") }, value.into());
    }
    let replaces_id = origin.is_edge && !http.preserve_external_request_id;
    if http.generate_request_id && (replaces_id || fields.value(b"x-request-id").is_none()) {
        fields.replace(const { FieldName::from_static("x-request-id") }, request_id::new());
    }
    Ok(Ingress { fields, client: origin.client })
}

/// Whether the target has the form that the method asks for (RFC 9112, 3.2). What else there is could be read as a host.
fn is_target(head: &request::Parts) -> bool {
    let (uri, is_connect) = (&head.uri, head.method == Method::CONNECT);
    let is_authority = uri.scheme().is_none() && uri.authority().is_some();
    let is_asterisk = uri.path() == "*";
    let is_http =
        uri.scheme_str().is_none_or(|scheme| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
    // A name and password before the host have no place over HTTP/2 (RFC 9113, 8.3.1).
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    let is_host = head.version != Version::HTTP_2 || !has_user;
    is_http && is_host && is_authority == is_connect && (!is_asterisk || head.method == Method::OPTIONS)
}

fn without_underscores(action: HeadersWithUnderscores, mut fields: HeaderMap) -> Result<HeaderMap, Refusal> {
    let has_one = |field: &&Field| field.name.as_bytes().contains(&b'_');
    while let Some(found) = fields.iter().find(has_one).map(|field| field.name.clone()) {
        if action == HeadersWithUnderscores::Reject {
            return Err(Refusal {
                fields: Some(Box::new(fields)),
                ..Refusal::malformed("http1.unexpected_underscore")
            });
        }
        fields.remove(found.as_bytes());
    }
    Ok(fields)
}

fn normalize(http: &HttpConnectionManager, mut fields: HeaderMap) -> Result<HeaderMap, Refusal> {
    let Some(before) = fields.value(b":path") else { return Ok(fields) };
    let (status, location) = match path::normalize(http.path, before) {
        Path::AsItIs => return Ok(fields),
        Path::Changed(path) => {
            fields.replace(const { FieldName::from_static(":path") }, path.into());
            return Ok(fields);
        }
        // A call has no use for a redirection.
        Path::Redirect(path) if !is_grpc(&fields) => (307, Some(path.into())),
        Path::Redirect(_) | Path::Bad => (400, None),
    };
    Err(Refusal { status, body: "", details: "path_normalization_failed", location, fields: Some(Box::new(fields)) })
}

/// Says which protocol the client speaks, and takes the word of a proxy in front for it.
fn tell_protocol(http: &HttpConnectionManager, connection: &Downstream, is_relative: bool, fields: &mut HeaderMap) {
    const NAME: &[u8] = b"x-forwarded-proto";
    let (client, scheme) = (&http.client, connection.scheme);
    let is_trusted = !client.use_remote_address || client.xff_num_trusted_hops > 0;
    if let Some(scheme) = http.scheme {
        for name in [NAME, b":scheme"] {
            fields.replace(FieldName::from_bytes(name), Bytes::from_static(scheme.as_bytes()));
        }
    } else if !is_trusted || fields.value(NAME).is_none() {
        fields.replace(const { FieldName::from_static("x-forwarded-proto") }, Bytes::from_static(scheme.as_bytes()));
    } else if is_relative && let Some(said) = fields.value(NAME) {
        let told = ["http", "https"].into_iter().find(|known| said.eq_ignore_ascii_case(known.as_bytes()));
        if let Some(told) = told.filter(|told| *told != scheme) {
            fields.replace(const { FieldName::from_static(":scheme") }, Bytes::from_static(told.as_bytes()));
        }
    }
    if client.append_x_forwarded_port
        && (!is_trusted || fields.value(b"x-forwarded-port").is_none())
        && let Some(local) = connection.info.destination
    {
        fields.replace(const { FieldName::from_static("x-forwarded-port") }, local.port().to_string().into());
    }
}

/// The value of `via` with this proxy behind those that a message has passed (RFC 9110, 7.6.3).
pub(crate) fn via<'a>(before: impl IntoIterator<Item = &'a [u8]>, name: &'a str) -> Vec<u8> {
    let before = before.into_iter().filter(|value| !value.is_empty());
    before.chain([name.as_bytes()]).collect::<Vec<_>>().join(&b", "[..])
}
