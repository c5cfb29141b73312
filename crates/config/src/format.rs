//! Envoy's substitution format strings, such as `%REQ(x-user)% via %PROTOCOL%`, in values of headers.

use chrono::format::{Item, StrftimeItems};

/// A format, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(Vec<FormatPiece>);

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatPiece {
    /// Text as it is.
    Text(String),
    /// A fact about the request, of which at most so many bytes are taken.
    Value(FormatOperator, Option<usize>),
}

/// A fact about a request, by Envoy's name of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatOperator {
    /// `REQ(NAME?OTHER)`: a header of the request, or the other one where it is missing. Names are in lower case.
    RequestHeader(String, Option<String>),
    /// `RESP(NAME?OTHER)`: the same of the response.
    ResponseHeader(String, Option<String>),
    /// `TRAILER(NAME?OTHER)`: the same of the response's trailers.
    ResponseTrailer(String, Option<String>),
    /// `GRPC_STATUS(FORM)` and `GRPC_STATUS_NUMBER`: the status of gRPC, if the request is one.
    GrpcStatus(GrpcStatusForm),
    /// `START_TIME(FORMAT)`: when the request began, in UTC; as ISO 8601 with milliseconds if no format is given.
    StartTime(Option<String>),
    /// One that has no parameters.
    Plain(PlainOperator),
    /// One that Envoy has and that is never known here; in access logs only.
    NotKnown,
}

/// How a status of gRPC is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrpcStatusForm {
    /// Envoy's `CAMEL_STRING`, the default: `NotFound`.
    #[default]
    Camel,
    /// Envoy's `NUMBER`: `5`.
    Number,
    /// Envoy's `SNAKE_STRING`: `NOT_FOUND`.
    Snake,
}

macro_rules! plain_operators {
    ($($(#[$meta:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A fact about a request that is named without parameters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum PlainOperator { $($(#[$meta])* $variant),+ }

        const PLAIN: &[(&str, PlainOperator)] = &[$(($name, PlainOperator::$variant)),+];
    };
}

plain_operators! {
    /// `ACCESS_LOG_TYPE`: what a line is about.
    AccessLogType = "ACCESS_LOG_TYPE",
    /// `CONNECTION_ID`.
    ConnectionId = "CONNECTION_ID",
    /// `DOWNSTREAM_LOCAL_ADDRESS`.
    DownstreamLocalAddress = "DOWNSTREAM_LOCAL_ADDRESS",
    /// `DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT`.
    DownstreamLocalAddressWithoutPort = "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    /// `DOWNSTREAM_LOCAL_PORT`.
    DownstreamLocalPort = "DOWNSTREAM_LOCAL_PORT",
    /// `DOWNSTREAM_DIRECT_REMOTE_ADDRESS`.
    DownstreamDirectRemoteAddress = "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
    /// `DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT`.
    DownstreamDirectRemoteAddressWithoutPort = "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
    /// `DOWNSTREAM_PEER_FINGERPRINT_256`: of the client's certificate.
    DownstreamPeerFingerprint256 = "DOWNSTREAM_PEER_FINGERPRINT_256",
    /// `DOWNSTREAM_PEER_SUBJECT`: of the client's certificate.
    DownstreamPeerSubject = "DOWNSTREAM_PEER_SUBJECT",
    /// `DOWNSTREAM_REMOTE_ADDRESS`.
    DownstreamRemoteAddress = "DOWNSTREAM_REMOTE_ADDRESS",
    /// `DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT`.
    DownstreamRemoteAddressWithoutPort = "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    /// `DOWNSTREAM_REMOTE_PORT`.
    DownstreamRemotePort = "DOWNSTREAM_REMOTE_PORT",
    /// `LOCAL_REPLY_BODY`: of an answer that does not come from an upstream, where its body is made anew.
    LocalReplyBody = "LOCAL_REPLY_BODY",
    /// `PROTOCOL`.
    Protocol = "PROTOCOL",
    /// `RESPONSE_CODE`.
    ResponseCode = "RESPONSE_CODE",
    /// `RESPONSE_CODE_DETAILS`.
    ResponseCodeDetails = "RESPONSE_CODE_DETAILS",
    /// `ROUTE_NAME`.
    RouteName = "ROUTE_NAME",
    /// `UPSTREAM_CLUSTER`.
    UpstreamCluster = "UPSTREAM_CLUSTER",
    /// `UPSTREAM_HOST`.
    UpstreamHost = "UPSTREAM_HOST",
    /// `UPSTREAM_REMOTE_ADDRESS`.
    UpstreamRemoteAddress = "UPSTREAM_REMOTE_ADDRESS",
    /// `UPSTREAM_REQUEST_ATTEMPT_COUNT`.
    UpstreamRequestAttemptCount = "UPSTREAM_REQUEST_ATTEMPT_COUNT",
    /// `BYTES_RECEIVED`: of the request's body.
    BytesReceived = "BYTES_RECEIVED",
    /// `BYTES_SENT`: of the response's body.
    BytesSent = "BYTES_SENT",
    /// `DOWNSTREAM_TLS_VERSION`.
    DownstreamTlsVersion = "DOWNSTREAM_TLS_VERSION",
    /// `DOWNSTREAM_TRANSPORT_FAILURE_REASON`: why TLS was not agreed on.
    DownstreamTransportFailureReason = "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
    /// `FILTER_CHAIN_NAME`.
    FilterChainName = "FILTER_CHAIN_NAME",
    /// `DURATION`, in milliseconds; known at the end.
    Duration = "DURATION",
    /// `REQUESTED_SERVER_NAME`.
    RequestedServerName = "REQUESTED_SERVER_NAME",
    /// `RESPONSE_FLAGS`.
    ResponseFlags = "RESPONSE_FLAGS",
    /// `RESPONSE_FLAGS_LONG`: the same in words.
    ResponseFlagsLong = "RESPONSE_FLAGS_LONG",
    /// `UPSTREAM_LOCAL_ADDRESS`.
    UpstreamLocalAddress = "UPSTREAM_LOCAL_ADDRESS",
    /// `UPSTREAM_TRANSPORT_FAILURE_REASON`.
    UpstreamTransportFailureReason = "UPSTREAM_TRANSPORT_FAILURE_REASON",
    /// Address that the client connected to, whatever a listener filter makes of it.
    DownstreamDirectLocalAddress = "DOWNSTREAM_DIRECT_LOCAL_ADDRESS",
    /// Its address alone.
    DownstreamDirectLocalAddressWithoutPort = "DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT",
    /// Its port alone.
    DownstreamDirectLocalPort = "DOWNSTREAM_DIRECT_LOCAL_PORT",
    /// Port of the connection's peer.
    DownstreamDirectRemotePort = "DOWNSTREAM_DIRECT_REMOTE_PORT",
    /// Names of kind DNS of the certificate that the client was shown.
    DownstreamLocalDnsSan = "DOWNSTREAM_LOCAL_DNS_SAN",
    /// Subject of the certificate that the client was shown.
    DownstreamLocalSubject = "DOWNSTREAM_LOCAL_SUBJECT",
    /// Names of kind URI of the certificate that the client was shown.
    DownstreamLocalUriSan = "DOWNSTREAM_LOCAL_URI_SAN",
    /// The client's certificate, in percent-encoded PEM.
    DownstreamPeerCert = "DOWNSTREAM_PEER_CERT",
    /// Names of kind DNS of the client's certificate.
    DownstreamPeerDnsSan = "DOWNSTREAM_PEER_DNS_SAN",
    /// Names of kind URI of the client's certificate.
    DownstreamPeerUriSan = "DOWNSTREAM_PEER_URI_SAN",
    /// Address alone of our end of the connection to the endpoint.
    UpstreamLocalAddressWithoutPort = "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    /// Names of kind DNS of the certificate that the endpoint was shown.
    UpstreamLocalDnsSan = "UPSTREAM_LOCAL_DNS_SAN",
    /// Port alone of our end of the connection to the endpoint.
    UpstreamLocalPort = "UPSTREAM_LOCAL_PORT",
    /// Names of kind URI of the certificate that the endpoint was shown.
    UpstreamLocalUriSan = "UPSTREAM_LOCAL_URI_SAN",
    /// The endpoint's certificate, in percent-encoded PEM.
    UpstreamPeerCert = "UPSTREAM_PEER_CERT",
    /// Names of kind DNS of the endpoint's certificate.
    UpstreamPeerDnsSan = "UPSTREAM_PEER_DNS_SAN",
    /// Subject of the endpoint's certificate.
    UpstreamPeerSubject = "UPSTREAM_PEER_SUBJECT",
    /// Names of kind URI of the endpoint's certificate.
    UpstreamPeerUriSan = "UPSTREAM_PEER_URI_SAN",
    /// Address alone of the endpoint.
    UpstreamRemoteAddressWithoutPort = "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    /// Port alone of the endpoint.
    UpstreamRemotePort = "UPSTREAM_REMOTE_PORT",
    /// The name that the endpoint was asked for by TLS.
    UpstreamServerName = "UPSTREAM_SERVER_NAME",
    /// Version of TLS with the endpoint.
    UpstreamTlsVersion = "UPSTREAM_TLS_VERSION",
}

/// Operators of Envoy's that are not among these.
const OTHERS: &[&str] = &[
    "BYTES_RETRANSMITTED",
    "CEL",
    "CLUSTER_METADATA",
    "COALESCE",
    "COMMON_DURATION",
    "CONNECTION_TERMINATION_DETAILS",
    "CUSTOM_FLAGS",
    "DOWNSTREAM_CX_RTT",
    "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
    "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
    "DOWNSTREAM_DETECTED_CLOSE_TYPE",
    "DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID",
    "DOWNSTREAM_HANDSHAKE_DURATION",
    "DOWNSTREAM_HEADER_BYTES_RECEIVED",
    "DOWNSTREAM_HEADER_BYTES_SENT",
    "DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID",
    "DOWNSTREAM_LOCAL_CLOSE_REASON",
    "DOWNSTREAM_LOCAL_EMAIL_SAN",
    "DOWNSTREAM_LOCAL_IP_SAN",
    "DOWNSTREAM_LOCAL_OTHERNAME_SAN",
    "DOWNSTREAM_PEER_CERT_V_END",
    "DOWNSTREAM_PEER_CERT_V_START",
    "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1",
    "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256",
    "DOWNSTREAM_PEER_CHAIN_SERIALS",
    "DOWNSTREAM_PEER_EMAIL_SAN",
    "DOWNSTREAM_PEER_FINGERPRINT_1",
    "DOWNSTREAM_PEER_IP_SAN",
    "DOWNSTREAM_PEER_ISSUER",
    "DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256",
    "DOWNSTREAM_PEER_ISSUER_SERIAL",
    "DOWNSTREAM_PEER_OTHERNAME_SAN",
    "DOWNSTREAM_PEER_SERIAL",
    "DOWNSTREAM_TLS_CIPHER",
    "DOWNSTREAM_TLS_GROUP",
    "DOWNSTREAM_TLS_SESSION_ID",
    "DOWNSTREAM_WIRE_BYTES_RECEIVED",
    "DOWNSTREAM_WIRE_BYTES_SENT",
    "DYNAMIC_METADATA",
    "EMIT_TIME",
    "EMIT_TIME_LOCAL",
    "ENVIRONMENT",
    "FILTER_STATE",
    "HOSTNAME",
    "LISTENER_NAME",
    "METADATA",
    "PATH",
    "QUERY_PARAM",
    "QUERY_PARAMS",
    "REQUEST_DURATION",
    "REQUEST_HEADERS_BYTES",
    "REQUEST_TX_DURATION",
    "RESPONSE_DURATION",
    "RESPONSE_HEADERS_BYTES",
    "RESPONSE_TRAILERS_BYTES",
    "RESPONSE_TX_DURATION",
    "ROUNDTRIP_DURATION",
    "ROUTE_RESOLUTION_COUNT",
    "ROUTE_RESOLUTION_TIME_US",
    "SPAN_ID",
    "START_TIME_LOCAL",
    "STREAM_ID",
    "STREAM_INFO_REQ",
    "TLS_JA3_FINGERPRINT",
    "TLS_JA4_FINGERPRINT",
    "TRACE_ID",
    "UNIQUE_ID",
    "UPSTREAM_CLUSTER_RAW",
    "UPSTREAM_CONNECTION_ID",
    "UPSTREAM_CONNECTION_IDS_ATTEMPTED",
    "UPSTREAM_CONNECTION_POOL_READY_DURATION",
    "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
    "UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
    "UPSTREAM_DETECTED_CLOSE_TYPE",
    "UPSTREAM_FILTER_STATE",
    "UPSTREAM_HEADER_BYTES_RECEIVED",
    "UPSTREAM_HEADER_BYTES_SENT",
    "UPSTREAM_HOSTS_ATTEMPTED",
    "UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT",
    "UPSTREAM_HOST_NAME",
    "UPSTREAM_HOST_NAMES_ATTEMPTED",
    "UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT",
    "UPSTREAM_HOST_NAME_WITHOUT_PORT",
    "UPSTREAM_LOCAL_CLOSE_REASON",
    "UPSTREAM_LOCAL_IP_SAN",
    "UPSTREAM_METADATA",
    "UPSTREAM_PEER_CERT_V_END",
    "UPSTREAM_PEER_CERT_V_START",
    "UPSTREAM_PEER_IP_SAN",
    "UPSTREAM_PEER_ISSUER",
    "UPSTREAM_PROTOCOL",
    "UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID",
    "UPSTREAM_TLS_CIPHER",
    "UPSTREAM_TLS_GROUP",
    "UPSTREAM_TLS_SESSION_ID",
    "UPSTREAM_WIRE_BYTES_RECEIVED",
    "UPSTREAM_WIRE_BYTES_SENT",
    "VIRTUAL_CLUSTER_NAME",
];

impl Format {
    /// The parts in order.
    pub fn pieces(&self) -> &[FormatPiece] {
        &self.0
    }

    /// The only part, if that is a fact and told whole.
    pub fn single(&self) -> Option<&FormatOperator> {
        match &self.0[..] {
            [FormatPiece::Value(operator, None)] => Some(operator),
            _ => None,
        }
    }

    /// The text, if it is the same for every request.
    pub fn as_text(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [FormatPiece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Reads a format; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, operator)
    }

    /// As [`parse`](Self::parse), of an access log: operators that Envoy has and Tollgate has not are told by name.
    pub(crate) fn parse_log(text: &str) -> Result<(Self, Vec<String>), String> {
        let mut unknown = Vec::new();
        let format = Self::read(text, |name, parameter| {
            if !OTHERS.contains(&name) {
                return operator(name, parameter);
            }
            unknown.push(name.to_owned());
            Ok(FormatOperator::NotKnown)
        })?;
        Ok((format, unknown))
    }

    fn read(
        text: &str,
        mut operator: impl FnMut(&str, Option<&str>) -> Result<FormatOperator, String>,
    ) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('%') {
            literal.push_str(&rest[..start]);
            rest = &rest[start + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                literal.push('%');
                rest = after;
                continue;
            }
            let (operator, limit, after) = command(rest, &mut operator)?;
            if !literal.is_empty() {
                pieces.push(FormatPiece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(FormatPiece::Value(operator, limit));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(FormatPiece::Text(literal));
        }
        Ok(Self(pieces))
    }
}

/// Reads `NAME(PARAMETER):LENGTH%`, and returns what follows it.
fn command(
    text: &str,
    mut operator: impl FnMut(&str, Option<&str>) -> Result<FormatOperator, String>,
) -> Result<(FormatOperator, Option<usize>, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut parameter = None;
    if let Some(inner) = rest.strip_prefix('(') {
        let Some(close) = inner.find(')') else {
            return Err(format!("%{name}(... has no closing parenthesis"));
        };
        parameter = Some(&inner[..close]);
        rest = &inner[close + 1..];
    }
    let mut limit = None;
    if let Some(digits) = rest.strip_prefix(':') {
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        limit = Some(digits[..end].parse().map_err(|_| format!("the length after %{name}...: is no number"))?);
        rest = &digits[end..];
    }
    let Some(rest) = rest.strip_prefix('%') else {
        return Err(format!("%{name} is not closed by another %; a percent sign itself is written %%"));
    };
    Ok((operator(name, parameter)?, limit, rest))
}

fn operator(name: &str, parameter: Option<&str>) -> Result<FormatOperator, String> {
    let header = |make: fn(String, Option<String>) -> FormatOperator| {
        let names = parameter
            .filter(|names| !names.is_empty())
            .ok_or_else(|| format!("%{name}(...)% needs the name of a header"))?;
        let (first, other) = names.split_once('?').map_or((names, None), |(first, other)| (first, Some(other)));
        Ok(make(first.to_ascii_lowercase(), other.map(str::to_ascii_lowercase)))
    };
    match name {
        "REQ" | "REQUEST_HEADER" => return header(FormatOperator::RequestHeader),
        "RESP" | "RESPONSE_HEADER" => return header(FormatOperator::ResponseHeader),
        "TRAILER" | "RESPONSE_TRAILER" => return header(FormatOperator::ResponseTrailer),
        "GRPC_STATUS_NUMBER" if parameter.is_none() => return Ok(FormatOperator::GrpcStatus(GrpcStatusForm::Number)),
        "GRPC_STATUS" => {
            let form = match parameter {
                None | Some("CAMEL_STRING") => GrpcStatusForm::Camel,
                Some("NUMBER") => GrpcStatusForm::Number,
                Some("SNAKE_STRING") => GrpcStatusForm::Snake,
                Some(other) => {
                    return Err(format!(
                        "GRPC_STATUS has no form {other:?}; write CAMEL_STRING, SNAKE_STRING or NUMBER"
                    ));
                }
            };
            return Ok(FormatOperator::GrpcStatus(form));
        }
        "START_TIME" => {
            let format = parameter.filter(|format| !format.is_empty());
            if format.is_some_and(|format| StrftimeItems::new(format).any(|item| item == Item::Error)) {
                return Err(
                    "the format of START_TIME is not understood; write such as %START_TIME(%Y-%m-%dT%H:%M:%S%z)%"
                        .to_owned(),
                );
            }
            return Ok(FormatOperator::StartTime(format.map(str::to_owned)));
        }
        _ => {}
    }
    let Some((_, plain)) = PLAIN.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = ["REQ(X)", "RESP(X)", "TRAILER(X)", "GRPC_STATUS", "START_TIME"]
            .into_iter()
            .chain(PLAIN.iter().map(|(name, _)| *name))
            .collect();
        return Err(format!("%{name}% is not supported by Tollgate; there are {}", known.join(", ")));
    };
    if parameter.is_some() {
        return Err(format!("%{name}% takes no parameter"));
    }
    Ok(FormatOperator::Plain(*plain))
}

#[cfg(test)]
mod tests {
    use super::{Format, FormatOperator, FormatPiece, OTHERS, PLAIN, PlainOperator};

    #[test]
    fn text_and_operators() {
        let parsed = Format::parse("100%% %REQ(X-A?:authority):5%/%PROTOCOL%").unwrap();
        let header = FormatOperator::RequestHeader("x-a".to_owned(), Some(":authority".to_owned()));
        assert_eq!(
            parsed.pieces(),
            [
                FormatPiece::Text("100% ".to_owned()),
                FormatPiece::Value(header, Some(5)),
                FormatPiece::Text("/".to_owned()),
                FormatPiece::Value(FormatOperator::Plain(PlainOperator::Protocol), None),
            ]
        );
        assert_eq!(Format::parse("plain").unwrap().as_text(), Some("plain"));
        assert_eq!(Format::parse("").unwrap().as_text(), Some(""));
        let time = Format::parse("%START_TIME(%s.%3f)%").unwrap();
        assert_eq!(time.pieces(), [FormatPiece::Value(FormatOperator::StartTime(Some("%s.%3f".to_owned())), None)]);
    }

    #[test]
    fn logs_may_have_what_is_never_known_and_nothing_that_nobody_has() {
        let (format, unknown) = Format::parse_log("%STREAM_ID% %DYNAMIC_METADATA(a:b)% %DURATION%").unwrap();
        assert_eq!(unknown, ["STREAM_ID", "DYNAMIC_METADATA"]);
        assert_eq!(format.pieces()[0], FormatPiece::Value(FormatOperator::NotKnown, None));
        assert!(Format::parse("%STREAM_ID%").is_err() && Format::parse_log("%NOPE%").is_err());
    }

    /// The table had some of Envoy's operators only, so that files with others were refused.
    #[test]
    fn logs_may_have_any_operator_of_envoys() {
        for name in ["DOWNSTREAM_PEER_EMAIL_SAN", "UPSTREAM_HOSTS_ATTEMPTED", "UPSTREAM_PEER_CERT_V_END(%Y)", "SPAN_ID"]
        {
            assert_eq!(Format::parse_log(&format!("%{name}%")).unwrap().1.len(), 1, "{name}");
        }
        let names = OTHERS.iter().chain(PLAIN.iter().map(|(name, _)| name));
        let names: std::collections::BTreeSet<_> = names.collect();
        assert_eq!(names.len(), OTHERS.len() + PLAIN.len(), "none is known and not known");
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, expected) in [
            ("%NOPE%", "%NOPE% is not supported by Tollgate; there are REQ(X)"),
            ("50%", "% is not closed"),
            ("%PROTOCOL", "%PROTOCOL is not closed"),
            ("%REQ(a%", "no closing parenthesis"),
            ("%REQ%", "needs the name of a header"),
            ("%PROTOCOL(1)%", "takes no parameter"),
            ("%REQ(a):x%", "is no number"),
            ("%START_TIME(%!)%", "the format of START_TIME"),
        ] {
            let error = Format::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
