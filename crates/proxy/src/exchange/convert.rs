//! Between the HTTP library's messages and the host's fields.

use bytes::{Bytes, BytesMut};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{HeaderMap, Method, StatusCode, Uri};
use std::fmt;
use tollgate_host::fields::{FieldName, HeaderMap as Fields};
use tollgate_host::stream::status_value;

/// A field that a plugin has made and that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadMessage {
    /// A field that must be there is not.
    Missing(&'static str),
    /// A field whose value has no meaning.
    Invalid(&'static str),
    /// A name or value with characters that HTTP does not allow.
    Field(String),
    /// A success that is none, for it does not agree to the upgrade that was asked for.
    NoUpgrade,
    /// More fields than the HTTP library can hold.
    TooMany,
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "missing required header: {name}"),
            Self::Invalid(name) => write!(f, "invalid value of header: {name}"),
            Self::Field(name) => write!(f, "invalid header: {name:?}"),
            Self::NoUpgrade => f.write_str("it does not agree to the upgrade"),
            Self::TooMany => f.write_str("too many headers"),
        }
    }
}

/// Whether a field concerns one connection only (RFC 9110, 7.6.1) and so is not forwarded. `te` does too, but for
/// `te: trailers`: servers of gRPC refuse calls without it.
fn is_hop_by_hop(name: &HeaderName, value: &[u8]) -> bool {
    match *name {
        header::CONNECTION | header::TRANSFER_ENCODING | header::UPGRADE => true,
        header::TE => value != b"trailers",
        _ => matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

/// What is passed on of a sender's `te`: that trailers are welcome.
fn of_te(value: &[u8]) -> &[u8] {
    let names = |option: &[u8]| option.split(|&byte| byte == b';').next().map(<[u8]>::trim_ascii) == Some(b"trailers");
    if value.split(|&byte| byte == b',').any(names) { b"trailers" } else { b"" }
}

/// The names that a message's `connection` field declares to be hop-by-hop as well.
fn connection_options(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|option| HeaderName::try_from(option.trim()).ok())
        // What frames or addresses the message is not the sender's to remove. For `te`, its value decides.
        .filter(|name| !matches!(*name, header::CONTENT_LENGTH | header::HOST | header::TE))
        .collect()
}

/// A name that occurs more than once and whose values make one list becomes one field, as in Envoy: a plugin that reads
/// the value by its name reads all of it.
fn append(fields: &mut Fields, values: &mut Values, headers: &HeaderMap, skip: impl Fn(&HeaderName) -> bool) {
    let repeats = headers.keys_len() != headers.len();
    let options = if headers.contains_key(header::CONNECTION) { connection_options(headers) } else { Vec::new() };
    for (name, value) in headers {
        let value = if *name == header::TE { of_te(value.as_bytes()) } else { value.as_bytes() };
        if !is_hop_by_hop(name, value) && !options.contains(name) && !skip(name) {
            let (name, value) = (name.clone().into(), values.copy(value));
            if repeats { fields.add(name, value) } else { fields.append(name, value) }
        }
    }
}

/// Copies of the values of a message, in one piece of memory. Each can be shared without another allocation, which a value
/// in memory of its own would need when it is sent on. The piece lives as long as any of them.
struct Values(BytesMut);

impl Values {
    /// Room for the values of `headers` and `more` bytes.
    fn with_room_for(headers: &HeaderMap, more: usize) -> Self {
        Self(BytesMut::with_capacity(headers.values().map(HeaderValue::len).sum::<usize>() + more))
    }

    fn copy(&mut self, value: &[u8]) -> Bytes {
        self.0.extend_from_slice(value);
        self.0.split().freeze()
    }
}

/// Whether a message's body is framed by length or in chunks, and not encoded in a way that would be lost with the header.
pub(crate) fn is_plainly_framed(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    encodings.next().is_none_or(is_chunked) && encodings.next().is_none()
}

/// Whether a body could not be read because its chunks are not what they should be (RFC 9112, 7.1), and not because the
/// sender has gone.
pub(crate) fn is_malformed(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause
        .is_some_and(|cause| matches!(cause.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput))
}

/// Whether a message says at most once how long it is. Two lengths, even equal ones, or a length beside chunks, can be read in
/// two ways.
pub(crate) fn has_one_length(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (None, _) => true,
        (Some(length), None) => !length.is_empty() && length.as_bytes().iter().all(u8::is_ascii_digit),
        (Some(_), Some(_)) => false,
    }
}

/// Whether it is plain where a response ends. Of one that names a length and chunks, some would read the one and some the
/// other; of an encoding below the chunks, the name would be lost.
pub(crate) fn is_well_framed(headers: &HeaderMap) -> bool {
    let both = headers.contains_key(header::TRANSFER_ENCODING) && headers.contains_key(header::CONTENT_LENGTH);
    !both && has_one_length(headers) && is_plainly_framed(headers)
}

/// The host that a request's headers name: once, and in the form of one.
fn host(headers: &HeaderMap) -> Option<&[u8]> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, None) = (hosts.next()?, hosts.next()) else { return None };
    let is_host = host.is_empty() || Authority::try_from(host.as_bytes()).is_ok();
    is_host.then(|| host.as_bytes())
}

/// The fields of a request, pseudo-headers first. `None` if it does not say which one host it is for.
/// A target that names no scheme has the connection's.
pub(crate) fn request_fields(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    connection_scheme: &'static str,
) -> Option<Fields> {
    let mut fields = Fields::with_room_for(headers.len() + 4);
    let scheme = match uri.scheme_str() {
        None => Bytes::from_static(connection_scheme.as_bytes()),
        Some("http") => Bytes::from_static(b"http"),
        Some("https") => Bytes::from_static(b"https"),
        Some(other) => other.to_ascii_lowercase().into(),
    };
    let authority = match uri.authority() {
        Some(authority) => authority.as_str().as_bytes(),
        None => host(headers)?,
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut values = Values::with_room_for(headers, authority.len() + path.len() + method.as_str().len());
    fields.append(const { FieldName::from_static(":authority") }, values.copy(authority));
    fields.append(const { FieldName::from_static(":path") }, values.copy(path.as_bytes()));
    fields.append(const { FieldName::from_static(":method") }, values.copy(method.as_str().as_bytes()));
    fields.append(const { FieldName::from_static(":scheme") }, scheme);
    // The proxy itself answers `expect: 100-continue`. Other expectations are the upstream's.
    let continues = headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(CONTINUE));
    let crumbs = cookies(headers);
    append(&mut fields, &mut values, headers, |name| match *name {
        header::HOST => true,
        header::EXPECT => continues,
        header::COOKIE => crumbs.is_some(),
        _ => false,
    });
    if let Some(cookies) = crumbs {
        fields.append(header::COOKIE.into(), cookies);
    }
    Some(fields)
}

const CONTINUE: &[u8] = b"100-continue";

/// The cookies in one, if they came in several fields, as HTTP/2 allows (RFC 9113, 8.2.3).
fn cookies(headers: &HeaderMap) -> Option<Bytes> {
    let mut crumbs = headers.get_all(header::COOKIE).iter();
    let (first, second) = (crumbs.next()?, crumbs.next()?);
    let mut joined = BytesMut::from(first.as_bytes());
    for crumb in std::iter::once(second).chain(crumbs) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(crumb.as_bytes());
    }
    Some(joined.freeze())
}

/// The fields of a response, `:status` first.
pub(crate) fn response_fields(status: StatusCode, headers: &HeaderMap) -> Fields {
    let mut fields = Fields::with_room_for(headers.len() + 1);
    fields.append(const { FieldName::from_static(":status") }, status_value(status.as_u16().into()));
    append(&mut fields, &mut Values::with_room_for(headers, 0), headers, |_| false);
    fields
}

/// Names the trailers that a response may have: those that are known, and those of gRPC. hyper sends no others over
/// HTTP/1.1. A response that names its own is left alone.
pub(crate) fn announce_trailers(headers: &mut HeaderMap, known: Option<&Fields>) {
    const GRPC: &str = "grpc-status, grpc-message, grpc-status-details-bin";
    if headers.contains_key(header::TRAILER) {
        return;
    }
    let is_grpc =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let known = known.into_iter().flat_map(Fields::iter).map(|field| field.name.as_bytes());
    let names: Vec<&[u8]> = is_grpc.then_some(GRPC.as_bytes()).into_iter().chain(known).collect();
    if names.is_empty() {
        return;
    }
    // A name that cannot stand in a header cannot be a trailer's either.
    if let Ok(value) = HeaderValue::from_bytes(&names.join(&b", "[..])) {
        headers.insert(header::TRAILER, value);
    }
}

/// Trailers as fields.
pub(crate) fn trailer_fields(trailers: &HeaderMap) -> Fields {
    let mut fields = Fields::with_capacity(trailers.len());
    append(&mut fields, &mut Values::with_room_for(trailers, 0), trailers, |_| false);
    fields
}

/// Fields as headers or trailers. Pseudo-headers and what concerns one connection only are left out.
pub(crate) fn to_headers(fields: &Fields) -> Result<HeaderMap, BadMessage> {
    let mut headers = HeaderMap::try_with_capacity(fields.len()).map_err(|_| BadMessage::TooMany)?;
    for field in fields.iter() {
        let Some(name) = field.name.as_http() else {
            if field.name.is_pseudo() {
                continue;
            }
            return Err(bad_field(field.name.as_bytes()));
        };
        if is_hop_by_hop(name, &field.value) {
            continue;
        }
        let value =
            HeaderValue::from_maybe_shared(field.value.clone()).map_err(|_| bad_field(field.name.as_bytes()))?;
        headers.try_append(name.clone(), value).map_err(|_| BadMessage::TooMany)?;
    }
    Ok(headers)
}

/// Takes the headers of an upgrade over, which [`to_headers`] leaves out.
pub(crate) fn keep_upgrade(fields: &Fields, headers: &mut HeaderMap) -> Result<(), BadMessage> {
    for name in [header::CONNECTION, header::UPGRADE] {
        let Some(value) = fields.value(name.as_str().as_bytes()) else { continue };
        let value = HeaderValue::from_maybe_shared(value.clone()).map_err(|_| bad_field(name.as_str().as_bytes()))?;
        headers.insert(name, value);
    }
    Ok(())
}

/// Shows plugins the headers of an upgrade, which are left out otherwise.
pub(crate) fn show_upgrade(headers: &HeaderMap, fields: &mut Fields) {
    for name in [header::CONNECTION, header::UPGRADE] {
        for value in headers.get_all(&name) {
            fields.append(name.clone().into(), Bytes::copy_from_slice(value.as_bytes()));
        }
    }
}

fn bad_field(name: &[u8]) -> BadMessage {
    BadMessage::Field(String::from_utf8_lossy(name).into_owned())
}

/// The head of an upstream request.
pub(crate) fn upstream_request(fields: &Fields) -> Result<hyper::Request<()>, BadMessage> {
    let required = |name: &'static str| fields.value(name.as_bytes()).ok_or(BadMessage::Missing(name));
    let method = Method::from_bytes(required(":method")?).map_err(|_| BadMessage::Invalid(":method"))?;
    let path = required(":path")?;
    let path = PathAndQuery::from_maybe_shared(path.clone()).map_err(|_| BadMessage::Invalid(":path"))?;
    let mut headers = to_headers(fields)?;
    if let Some(authority) = fields.value(b":authority") {
        let host = HeaderValue::from_maybe_shared(authority.clone()).map_err(|_| BadMessage::Invalid(":authority"))?;
        headers.insert(header::HOST, host);
    }
    let mut request = hyper::Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = path.into();
    *request.headers_mut() = headers;
    Ok(request)
}

/// The head of a response to the client. `switches` says whether it may be the beginning of a tunnel.
pub(crate) fn client_response(fields: &Fields, switches: bool) -> Result<hyper::Response<()>, BadMessage> {
    let status = fields.value(b":status").ok_or(BadMessage::Missing(":status"))?;
    // hyper writes 1xx by itself only; nothing else may come from a plugin.
    let status = StatusCode::from_bytes(status)
        .ok()
        .filter(|status| {
            (200..600).contains(&status.as_u16()) || (switches && *status == StatusCode::SWITCHING_PROTOCOLS)
        })
        .ok_or(BadMessage::Invalid(":status"))?;
    let mut response = hyper::Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = to_headers(fields)?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::{BadMessage, client_response, is_plainly_framed, request_fields, to_headers, upstream_request};
    use hyper::{HeaderMap, Method};
    use tollgate_host::fields::HeaderMap as Fields;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().copied().collect()
    }

    #[test]
    fn a_request_becomes_pseudo_headers_and_fields_without_what_is_hop_by_hop() {
        let headers = headers(&[
            ("host", "a.test"),
            ("connection", "close, x-hop, content-length"),
            ("x-hop", "1"),
            ("content-length", "3"),
            ("transfer-encoding", "chunked"),
            ("x-end", "2"),
        ]);
        let got = request_fields(&Method::GET, &"/p?q".parse().unwrap(), &headers, "http").unwrap();
        let expected = [
            (":authority", "a.test"),
            (":path", "/p?q"),
            (":method", "GET"),
            (":scheme", "http"),
            ("content-length", "3"),
            ("x-end", "2"),
        ];
        assert_eq!(got, fields(&expected));
    }

    #[test]
    fn of_te_is_passed_on_that_trailers_are_welcome() {
        for (value, expected) in [
            ("trailers", Some("trailers")),
            ("gzip;q=0.5, trailers;q=1", Some("trailers")),
            ("Trailers", None),
            ("gzip", None),
            ("", None),
        ] {
            let from = headers(&[("host", "a.test"), ("connection", "te, close"), ("te", value)]);
            let got = request_fields(&Method::GET, &"/".parse().unwrap(), &from, "http").unwrap();
            assert_eq!(got.value(b"te").map(|value| &value[..]), expected.map(str::as_bytes), "{value}");
        }
        assert!(to_headers(&fields(&[("te", "trailers")])).unwrap().contains_key("te"));
        assert!(to_headers(&fields(&[("te", "gzip")])).unwrap().is_empty());
    }

    #[test]
    fn a_target_in_absolute_form_names_the_host() {
        let got =
            request_fields(&Method::GET, &"http://b.test/x".parse().unwrap(), &headers(&[("host", "a.test")]), "http");
        assert_eq!(got.unwrap().value(b":authority").unwrap(), "b.test");
        assert!(request_fields(&Method::GET, &"/".parse().unwrap(), &HeaderMap::new(), "http").is_none());
    }

    #[test]
    fn a_request_names_one_host() {
        let of = |hosts: &[&'static str]| {
            let hosts: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let mut map = HeaderMap::new();
            for (name, value) in hosts {
                map.append(name, value.parse().unwrap());
            }
            request_fields(&Method::GET, &"/".parse().unwrap(), &map, "http")
        };
        assert!(of(&["a.test:80"]).is_some() && of(&[""]).is_some());
        assert!(of(&["a b"]).is_none() && of(&["a", "b"]).is_none());
    }

    #[test]
    fn an_encoding_that_is_not_chunked_is_told() {
        assert!(is_plainly_framed(&headers(&[("transfer-encoding", "Chunked")])));
        assert!(!is_plainly_framed(&headers(&[("transfer-encoding", "gzip, chunked")])));
    }

    #[test]
    fn fields_that_http_does_not_allow_are_named() {
        assert_eq!(to_headers(&fields(&[("a b", "1")])), Err(BadMessage::Field("a b".to_owned())));
        assert_eq!(to_headers(&fields(&[("a", "1\r\nevil: 2")])), Err(BadMessage::Field("a".to_owned())));
    }

    #[test]
    fn more_fields_than_the_library_holds_are_an_error_not_a_panic() {
        let many: Vec<_> = (0..40_000).map(|n| (format!("x-{n}"), "1")).collect();
        let many = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(to_headers(&many), Err(BadMessage::TooMany));
        let same: Fields = (0..40_000).map(|_| ("x", "1")).collect();
        assert_eq!(to_headers(&same), Err(BadMessage::TooMany));
    }

    #[test]
    fn framing_is_never_taken_from_fields() {
        let sent = to_headers(&fields(&[("transfer-encoding", "chunked"), ("connection", "x"), ("a", "1")])).unwrap();
        assert_eq!(sent, headers(&[("a", "1")]));
    }

    #[test]
    fn an_upstream_request_needs_its_pseudo_headers() {
        let missing = upstream_request(&fields(&[(":path", "/")])).unwrap_err();
        assert_eq!(missing.to_string(), "missing required header: :method");
        let got = upstream_request(&fields(&[(":method", "GET"), (":path", "/a?b"), (":authority", "h")]));
        let got = got.unwrap();
        assert_eq!(got.uri().to_string(), "/a?b");
        assert_eq!(got.headers()["host"], "h");
    }

    #[test]
    fn a_response_needs_a_status() {
        assert_eq!(client_response(&fields(&[]), false).unwrap_err(), BadMessage::Missing(":status"));
        for status in ["0", "99", "101", "abc", "1000"] {
            assert_eq!(
                client_response(&fields(&[(":status", status)]), false).unwrap_err(),
                BadMessage::Invalid(":status")
            );
        }
        assert_eq!(client_response(&fields(&[(":status", "404")]), false).unwrap().status(), 404);
    }
}
