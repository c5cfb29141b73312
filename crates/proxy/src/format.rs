//! Envoy's substitution formats, filled in.

use crate::flags;
use crate::grpc_status;
use crate::route::authority_for_host;
use chrono::{DateTime, Utc};
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use tollgate_config::{Format, FormatOperator, FormatPiece, GrpcStatusForm, PlainOperator};
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{CertificateInfo, RouteInfo, StreamInfo, TlsInfo, is_grpc};

/// What a format can tell of.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) request: &'a HeaderMap,
    /// Not there until the upstream has answered.
    pub(crate) response: Option<&'a HeaderMap>,
    /// Not there unless the upstream has sent some.
    pub(crate) trailers: Option<&'a HeaderMap>,
    pub(crate) info: &'a StreamInfo,
    pub(crate) route: Option<&'a RouteInfo>,
    /// What is told of.
    pub(crate) kind: LogType,
    /// The body of an answer that does not come from an upstream, where one is made of it.
    pub(crate) local_reply_body: Option<&'a [u8]>,
    /// Why the client's connection has not got as far as its filters.
    pub(crate) transport_failure: Option<&'a str>,
}

/// What a line of an access log is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogType {
    /// A connection, as its listener tells of it; or nothing that is logged.
    #[default]
    NotSet,
    /// A connection of a TCP proxy.
    TcpConnectionEnd,
    /// A request.
    DownstreamEnd,
}

impl LogType {
    /// Envoy's number of it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::NotSet => 0,
            Self::TcpConnectionEnd => 3,
            Self::DownstreamEnd => 6,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::NotSet => "NotSet",
            Self::TcpConnectionEnd => "TcpConnectionEnd",
            Self::DownstreamEnd => "DownstreamEnd",
        }
    }
}

impl<'a> Facts<'a> {
    /// Of something about which no more is known than this.
    pub(crate) fn new(request: &'a HeaderMap, info: &'a StreamInfo) -> Self {
        Self {
            request,
            response: None,
            trailers: None,
            info,
            route: None,
            kind: LogType::NotSet,
            local_reply_body: None,
            transport_failure: None,
        }
    }

    /// The status of the response; 0 as long as there is none.
    pub(crate) fn status(&self) -> u64 {
        let status = self.response.and_then(|headers| headers.value(b":status"));
        let status = status.and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        status.or_else(|| self.info.response_code.map(u64::from)).unwrap_or(0)
    }

    /// The status of gRPC: as trailers or headers tell it, or as the status of the response stands for one.
    pub(crate) fn grpc_status(&self) -> Option<u32> {
        let told = [self.trailers, self.response].into_iter().flatten().find_map(grpc_status::of);
        told.or_else(|| {
            Some(self.status()).filter(|status| *status > 0).map(|status| grpc_status::of_http(status as u16))
        })
    }
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A value as it is; what is not known is empty.
    Value,
    /// A line for people: what is not known is `-`, and no value can begin another line.
    Line,
    /// A text for people: what is not known is `-`.
    Text,
}

/// The text of a format.
pub(crate) fn fill_in(format: &Format, facts: &Facts<'_>, purpose: Purpose) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in format.pieces() {
        match piece {
            FormatPiece::Text(text) => out.extend_from_slice(text.as_bytes()),
            FormatPiece::Value(operator, limit) => {
                let start = out.len();
                write(operator, facts, &mut out);
                if purpose != Purpose::Value && out.len() == start && !may_be_empty(operator, facts) {
                    out.push(b'-');
                }
                if purpose == Purpose::Line {
                    out[start..].iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b' ');
                }
                if let Some(limit) = limit {
                    out.truncate(start.saturating_add(*limit));
                }
            }
        }
    }
    out
}

/// Whether nothing is what is known: the body of an answer may well be empty.
pub(crate) fn may_be_empty(operator: &FormatOperator, facts: &Facts<'_>) -> bool {
    *operator == FormatOperator::Plain(PlainOperator::LocalReplyBody) && facts.local_reply_body.is_some()
}

fn write(operator: &FormatOperator, facts: &Facts<'_>, out: &mut Vec<u8>) {
    let header = |headers: Option<&HeaderMap>, name: &[u8], other: Option<&[u8]>, out: &mut Vec<u8>| {
        let value = headers.and_then(|headers| headers.value(name).or_else(|| headers.value(other?)));
        out.extend_from_slice(value.map_or(&b""[..], |value| value));
    };
    match operator {
        FormatOperator::RequestHeader(name, other) => {
            let name = authority_for_host(name.as_bytes());
            header(Some(facts.request), name, other.as_deref().map(str::as_bytes).map(authority_for_host), out);
        }
        FormatOperator::ResponseHeader(name, other) => {
            header(facts.response, name.as_bytes(), other.as_deref().map(str::as_bytes), out);
        }
        FormatOperator::ResponseTrailer(name, other) => {
            header(facts.trailers, name.as_bytes(), other.as_deref().map(str::as_bytes), out);
        }
        FormatOperator::GrpcStatus(form) => {
            if let Some(status) = facts.grpc_status().filter(|_| is_grpc(facts.request)) {
                match form {
                    GrpcStatusForm::Camel => put(out, format_args!("{}", grpc_status::name(status))),
                    GrpcStatusForm::Number => put(out, format_args!("{status}")),
                    GrpcStatusForm::Snake => put(out, format_args!("{}", grpc_status::snake_name(status))),
                }
            }
        }
        FormatOperator::StartTime(format) => {
            let format = format.as_deref().unwrap_or("%Y-%m-%dT%H:%M:%S%.3fZ");
            let time = DateTime::<Utc>::from_timestamp_nanos(i64::try_from(facts.info.start_wall_nanos).unwrap_or(0));
            put(out, format_args!("{}", time.format(format)));
        }
        FormatOperator::Plain(operator) => plain(*operator, facts, out),
        FormatOperator::NotKnown => {}
    }
}

/// Whether what an operator tells is a number.
pub(crate) fn is_number(operator: &FormatOperator) -> bool {
    use PlainOperator::{
        BytesReceived, BytesSent, ConnectionId, DownstreamDirectLocalPort, DownstreamDirectRemotePort,
        DownstreamLocalPort, DownstreamRemotePort, Duration, ResponseCode, UpstreamLocalPort, UpstreamRemotePort,
        UpstreamRequestAttemptCount,
    };
    matches!(
        operator,
        FormatOperator::GrpcStatus(GrpcStatusForm::Number)
            | FormatOperator::Plain(
                BytesReceived
                    | BytesSent
                    | ConnectionId
                    | DownstreamDirectLocalPort
                    | DownstreamDirectRemotePort
                    | DownstreamLocalPort
                    | DownstreamRemotePort
                    | Duration
                    | ResponseCode
                    | UpstreamLocalPort
                    | UpstreamRemotePort
                    | UpstreamRequestAttemptCount
            )
    )
}

fn plain(operator: PlainOperator, facts: &Facts<'_>, out: &mut Vec<u8>) {
    let info = facts.info;
    let (source, destination) = (info.connection.source, info.connection.destination);
    let tls = info.connection.tls.as_deref();
    let peer = tls.and_then(|tls| tls.peer.as_ref());
    let mut address = |address: Option<SocketAddr>, part: Part| match (address, part) {
        (None, _) => {}
        (Some(address), Part::All) => put(out, format_args!("{address}")),
        (Some(address), Part::Ip) => put(out, format_args!("{}", address.ip())),
        (Some(address), Part::Port) => put(out, format_args!("{}", address.port())),
    };
    match operator {
        PlainOperator::DownstreamLocalAddress | PlainOperator::DownstreamDirectLocalAddress => {
            address(destination, Part::All);
        }
        PlainOperator::DownstreamLocalAddressWithoutPort | PlainOperator::DownstreamDirectLocalAddressWithoutPort => {
            address(destination, Part::Ip);
        }
        PlainOperator::DownstreamLocalPort | PlainOperator::DownstreamDirectLocalPort => {
            address(destination, Part::Port);
        }
        PlainOperator::DownstreamDirectRemotePort => address(source, Part::Port),
        PlainOperator::DownstreamDirectRemoteAddress => address(source, Part::All),
        PlainOperator::DownstreamDirectRemoteAddressWithoutPort => address(source, Part::Ip),
        PlainOperator::DownstreamRemoteAddress => address(info.source(), Part::All),
        PlainOperator::DownstreamRemoteAddressWithoutPort => address(info.source(), Part::Ip),
        PlainOperator::DownstreamRemotePort => address(info.source(), Part::Port),
        PlainOperator::UpstreamHost | PlainOperator::UpstreamRemoteAddress => {
            address(info.upstream.address, Part::All);
        }
        PlainOperator::UpstreamRemoteAddressWithoutPort => address(info.upstream.address, Part::Ip),
        PlainOperator::UpstreamRemotePort => address(info.upstream.address, Part::Port),
        PlainOperator::ConnectionId => put(out, format_args!("{}", info.connection.id)),
        PlainOperator::LocalReplyBody => out.extend_from_slice(facts.local_reply_body.unwrap_or_default()),
        PlainOperator::Protocol => out.extend_from_slice(info.protocol.as_bytes()),
        PlainOperator::ResponseCode => put(out, format_args!("{}", facts.status())),
        PlainOperator::ResponseCodeDetails => {
            out.extend_from_slice(info.response_code_details.as_deref().unwrap_or_default().as_bytes());
        }
        PlainOperator::RouteName => out.extend_from_slice(facts.route.map_or("", |route| &route.name).as_bytes()),
        // A name that a header tells may be that of no cluster.
        PlainOperator::UpstreamCluster if info.response_flags & flags::NO_CLUSTER_FOUND != 0 => {}
        PlainOperator::UpstreamCluster => {
            out.extend_from_slice(facts.route.map_or("", |route| &route.cluster).as_bytes());
        }
        PlainOperator::UpstreamRequestAttemptCount => put(out, format_args!("{}", info.upstream.attempts)),
        PlainOperator::UpstreamLocalAddress => address(info.upstream.local_address, Part::All),
        PlainOperator::UpstreamLocalAddressWithoutPort => address(info.upstream.local_address, Part::Ip),
        PlainOperator::UpstreamLocalPort => address(info.upstream.local_address, Part::Port),
        PlainOperator::UpstreamTransportFailureReason => {
            // One word, as in Envoy.
            let why = info.upstream.transport_failure_reason.as_deref().unwrap_or_default();
            out.extend(why.bytes().map(|byte| if byte == b' ' { b'_' } else { byte }));
        }
        PlainOperator::BytesReceived => put(out, format_args!("{}", info.request_body_bytes)),
        PlainOperator::BytesSent => put(out, format_args!("{}", info.response_body_bytes)),
        PlainOperator::Duration => {
            if let Some(nanos) = info.duration_nanos {
                put(out, format_args!("{}", nanos / 1_000_000));
            }
        }
        // Without any, the text is a dash, wherever it stands.
        PlainOperator::ResponseFlags | PlainOperator::ResponseFlagsLong if info.response_flags == 0 => out.push(b'-'),
        PlainOperator::ResponseFlags | PlainOperator::ResponseFlagsLong => {
            let is_long = operator == PlainOperator::ResponseFlagsLong;
            let names = flags::Names { flags: info.response_flags, is_long, of_request: !info.protocol.is_empty() };
            put(out, format_args!("{names}"));
        }
        PlainOperator::AccessLogType => out.extend_from_slice(facts.kind.name().as_bytes()),
        PlainOperator::FilterChainName => out.extend_from_slice(info.listener.filter_chain_name.as_bytes()),
        PlainOperator::DownstreamPeerSubject => out.extend_from_slice(peer.map_or("", |peer| &peer.subject).as_bytes()),
        PlainOperator::DownstreamPeerCert => out.extend_from_slice(peer.map_or("", |peer| &peer.pem).as_bytes()),
        PlainOperator::DownstreamPeerDnsSan => names(peer, |peer| &peer.dns_sans, out),
        PlainOperator::DownstreamPeerUriSan => names(peer, |peer| &peer.uri_sans, out),
        PlainOperator::DownstreamLocalDnsSan => names(tls.map(|tls| &tls.local), |local| &local.dns_sans, out),
        PlainOperator::DownstreamLocalUriSan => names(tls.map(|tls| &tls.local), |local| &local.uri_sans, out),
        PlainOperator::DownstreamLocalSubject => {
            out.extend_from_slice(tls.map_or("", |tls| &tls.local.subject).as_bytes());
        }
        PlainOperator::DownstreamPeerFingerprint256 => {
            out.extend_from_slice(peer.map_or("", |peer| &peer.sha256_digest).as_bytes());
        }
        PlainOperator::DownstreamTransportFailureReason => {
            out.extend_from_slice(facts.transport_failure.unwrap_or_default().as_bytes());
        }
        PlainOperator::RequestedServerName => {
            out.extend_from_slice(tls.map_or("", |tls| &tls.requested_server_name).as_bytes());
        }
        PlainOperator::DownstreamTlsVersion => out.extend_from_slice(tls.map_or("", |tls| tls.version).as_bytes()),
        PlainOperator::UpstreamLocalDnsSan
        | PlainOperator::UpstreamLocalUriSan
        | PlainOperator::UpstreamPeerCert
        | PlainOperator::UpstreamPeerDnsSan
        | PlainOperator::UpstreamPeerSubject
        | PlainOperator::UpstreamPeerUriSan
        | PlainOperator::UpstreamServerName
        | PlainOperator::UpstreamTlsVersion => of_upstream(operator, info.upstream.tls.as_deref(), out),
    }
}

/// What TLS has agreed on with the upstream.
fn of_upstream(operator: PlainOperator, tls: Option<&TlsInfo>, out: &mut Vec<u8>) {
    let (local, peer) = (tls.map(|tls| &tls.local), tls.and_then(|tls| tls.peer.as_ref()));
    let text = match operator {
        PlainOperator::UpstreamTlsVersion => tls.map(|tls| tls.version),
        PlainOperator::UpstreamServerName => tls.map(|tls| &*tls.requested_server_name),
        PlainOperator::UpstreamPeerSubject => peer.map(|peer| &*peer.subject),
        PlainOperator::UpstreamPeerCert => peer.map(|peer| &*peer.pem),
        PlainOperator::UpstreamPeerDnsSan => return names(peer, |peer| &peer.dns_sans, out),
        PlainOperator::UpstreamPeerUriSan => return names(peer, |peer| &peer.uri_sans, out),
        PlainOperator::UpstreamLocalDnsSan => return names(local, |local| &local.dns_sans, out),
        PlainOperator::UpstreamLocalUriSan => return names(local, |local| &local.uri_sans, out),
        _ => None,
    };
    out.extend_from_slice(text.unwrap_or_default().as_bytes());
}

/// The names of a certificate, in one list.
fn names<'a>(of: Option<&'a CertificateInfo>, kind: fn(&'a CertificateInfo) -> &'a [String], out: &mut Vec<u8>) {
    out.extend_from_slice(of.map_or(&[][..], kind).join(",").as_bytes());
}

/// What of an address is told.
#[derive(Clone, Copy)]
enum Part {
    All,
    Ip,
    Port,
}

/// Appends text; a format of time that cannot be written leaves nothing.
fn put(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    let mut written = String::new();
    if written.write_fmt(text).is_ok() {
        out.extend_from_slice(written.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, plain, put};
    use std::rc::Rc;
    use tollgate_config::PlainOperator;
    use tollgate_host::fields::HeaderMap;
    use tollgate_host::stream::{ConnectionInfo, StreamInfo};

    #[test]
    fn addresses_in_their_parts_and_nothing_for_what_is_not_known() {
        let request = HeaderMap::new();
        let connection = ConnectionInfo { source: Some("[::1]:50".parse().unwrap()), ..ConnectionInfo::default() };
        let info = StreamInfo { connection: Rc::new(connection), protocol: "HTTP/1.1", ..StreamInfo::default() };
        let facts = Facts::new(&request, &info);
        let text = |operator| {
            let mut out = Vec::new();
            plain(operator, &facts, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(PlainOperator::DownstreamRemoteAddress), "[::1]:50");
        assert_eq!(text(PlainOperator::DownstreamRemoteAddressWithoutPort), "::1");
        assert_eq!(text(PlainOperator::DownstreamRemotePort), "50");
        assert_eq!(text(PlainOperator::Protocol), "HTTP/1.1");
        assert_eq!(text(PlainOperator::UpstreamHost) + &text(PlainOperator::RouteName), "");
        let mut out = Vec::new();
        put(&mut out, format_args!("{}", 1));
        assert_eq!(out, b"1");
    }
}
