//! `envoy.config.core.v3.HealthCheck`: asking endpoints how they are.

use std::time::Duration;

use crate::cluster::UpstreamProtocol;
use crate::fields::health_check::{GRPC_HEALTH_CHECK, HEALTH_CHECK, HTTP_HEALTH_CHECK, PAYLOAD, TCP_HEALTH_CHECK};
use crate::header_mutations::is_token;
use crate::http_protocol::Http2Options;
use crate::reader::{Cursor, Object};
use crate::redirect::in_a_header;
use crate::route_match::decode_int64_range;

/// How endpoints are asked, and what their answers mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Envoy's `timeout` of one check.
    pub timeout: Duration,
    /// Envoy's `interval` between two checks of an endpoint.
    pub interval: Duration,
    /// Envoy's `initial_jitter`: a part of it, chosen at random, before the first check; none by default.
    pub initial_jitter: Duration,
    /// Envoy's `interval_jitter`: a part of it is added to every interval; none by default.
    pub interval_jitter: Duration,
    /// Envoy's `unhealthy_threshold`: so many failures in a row.
    pub unhealthy_threshold: u32,
    /// Envoy's `healthy_threshold`: so many successes in a row. The first check of all needs one.
    pub healthy_threshold: u32,
    /// Envoy's `no_traffic_interval`, while the cluster has had no request; 60 seconds by default.
    pub no_traffic_interval: Duration,
    /// Envoy's `unhealthy_interval`, of an endpoint that is not healthy; `interval` by default.
    pub unhealthy_interval: Duration,
    /// Envoy's `unhealthy_edge_interval`, after the failure that made it so; `unhealthy_interval` by default.
    pub unhealthy_edge_interval: Duration,
    /// Envoy's `healthy_edge_interval`, after the success that made it healthy; `interval` by default.
    pub healthy_edge_interval: Duration,
    /// What is asked.
    pub probe: HealthProbe,
}

/// What an endpoint is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthProbe {
    /// Envoy's `grpc_health_check`: the standard service.
    Grpc {
        /// Envoy's `service_name`; empty by default.
        service_name: String,
        /// Envoy's `authority`; the cluster's name by default.
        authority: Option<String>,
    },
    /// Envoy's `http_health_check`.
    Http(HttpProbe),
    /// Envoy's `tcp_health_check`.
    Tcp {
        /// Envoy's `send`; nothing by default.
        send: Vec<u8>,
        /// Envoy's `receive`: what must come, in this order; with nothing, to connect is enough.
        receive: Vec<Vec<u8>>,
    },
}

/// A request that an endpoint must answer well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpProbe {
    /// Envoy's `path`.
    pub path: String,
    /// Envoy's `host`; the cluster's name by default.
    pub host: Option<String>,
    /// Envoy's `method`; GET by default.
    pub method: String,
    /// Envoy's `expected_statuses`, as ranges with `start <= n < end`; 200 by default.
    pub expected_statuses: Vec<(i64, i64)>,
    /// Envoy's `retriable_statuses`: failures that count towards the threshold. Any other status that is not expected makes
    /// the endpoint unhealthy at once.
    pub retriable_statuses: Vec<(i64, i64)>,
    /// Envoy's `codec_client_type`; HTTP/1.1 by default.
    pub protocol: UpstreamProtocol,
    /// Envoy's `request_headers_to_add`, with values that are the same for every check. Names are in lower case.
    pub headers: Vec<(String, String)>,
}

/// Decodes `health_checks`, a list of one at most.
pub(crate) fn decode_one(at: &Cursor<'_>) -> Option<HealthCheck> {
    let items = at.items();
    if let [_, second, ..] = &items[..] {
        second.error("a cluster has one health check at most, as in Envoy; keep one of them");
    }
    decode(items.first()?)
}

fn decode(at: &Cursor<'_>) -> Option<HealthCheck> {
    let object = Object::open(at, &HEALTH_CHECK)?;
    let positive = |at: &Cursor<'_>| {
        let duration = at.duration()?;
        if duration < Duration::from_millis(1) {
            at.error("this must be at least 0.001s");
        }
        Some(duration.max(Duration::from_millis(1)))
    };
    let required = |name, hint| object.required(name, hint).and_then(|at| positive(&at));
    let optional = |name| object.get(name).and_then(|at| positive(&at));
    let threshold = |name, hint| object.required(name, hint).and_then(|at| at.unsigned(0));
    let (timeout, interval) = (required("timeout", "such as 1s"), required("interval", "such as 5s"));
    let unhealthy_threshold = threshold("unhealthy_threshold", "such as 3");
    let healthy_threshold = threshold("healthy_threshold", "such as 1");
    let jitter = |name| object.get(name).and_then(|at| at.duration()).unwrap_or_default();
    let probe =
        match object.one_of(&["http_health_check", "tcp_health_check", "grpc_health_check", "custom_health_check"]) {
            Some(("http_health_check", at)) => decode_http(&at).map(HealthProbe::Http),
            Some(("tcp_health_check", at)) => decode_tcp(&at),
            Some(("grpc_health_check", at)) => decode_grpc(&at),
            // Refused by the table.
            Some(_) => None,
            None => {
                object.missing(
                    &["http_health_check", "tcp_health_check", "grpc_health_check"],
                    "a health check needs one of the fields \"http_health_check\", \"tcp_health_check\" and \
                 \"grpc_health_check\"",
                );
                None
            }
        };
    let interval = interval?;
    let unhealthy_interval = optional("unhealthy_interval").unwrap_or(interval);
    Some(HealthCheck {
        timeout: timeout?,
        interval,
        initial_jitter: jitter("initial_jitter"),
        interval_jitter: jitter("interval_jitter"),
        unhealthy_threshold: unhealthy_threshold?,
        healthy_threshold: healthy_threshold?,
        no_traffic_interval: optional("no_traffic_interval").unwrap_or(Duration::from_secs(60)),
        unhealthy_interval,
        unhealthy_edge_interval: optional("unhealthy_edge_interval").unwrap_or(unhealthy_interval),
        healthy_edge_interval: optional("healthy_edge_interval").unwrap_or(interval),
        probe: probe?,
    })
}

fn decode_http(at: &Cursor<'_>) -> Option<HttpProbe> {
    let object = Object::open(at, &HTTP_HEALTH_CHECK)?;
    let path = object.required("path", "such as /healthz").and_then(|at| {
        let path = in_a_header(&at)?;
        if !path.starts_with('/') || path.contains(' ') {
            at.error("a path begins with \"/\" and has no spaces");
            return None;
        }
        Some(path)
    });
    let ranges = |name| -> Vec<_> {
        let items = object.get(name).map(|at| at.items()).unwrap_or_default();
        items.iter().filter_map(decode_int64_range).collect()
    };
    let mut expected_statuses = ranges("expected_statuses");
    if expected_statuses.is_empty() {
        expected_statuses.push((200, 201));
    }
    let protocol = object.get("codec_client_type").map_or(Some(UpstreamProtocol::Http1), |at| {
        let is_http2 = at.choice(&[("HTTP1", 0, false), ("HTTP2", 1, true)])?;
        Some(if is_http2 { UpstreamProtocol::Http2(Http2Options::default()) } else { UpstreamProtocol::Http1 })
    });
    let method = object.get("method").map_or_else(
        || Some("GET".to_owned()),
        |at| {
            let method = at.text()?;
            if !is_token(method) || method == "CONNECT" || method == "METHOD_UNSPECIFIED" {
                at.error("this is no method of a health check; write such as HEAD");
                return None;
            }
            Some(method.to_owned())
        },
    );
    let added = crate::header_mutations::decode_additions(&object, "request_headers_to_add");
    let headers = added.into_iter().filter_map(|(addition, at)| match addition.value.as_text() {
        Some(text) => Some((addition.name, text.to_owned())),
        None => {
            at.error("a health check is no request of a client, of which a header could tell; write plain text");
            None
        }
    });
    Some(HttpProbe {
        host: object.get("host").and_then(|at| in_a_header(&at)).filter(|host| !host.is_empty()),
        retriable_statuses: ranges("retriable_statuses"),
        headers: headers.collect(),
        expected_statuses,
        path: path?,
        method: method?,
        protocol: protocol?,
    })
}

fn decode_tcp(at: &Cursor<'_>) -> Option<HealthProbe> {
    let object = Object::open(at, &TCP_HEALTH_CHECK)?;
    let send = match object.get("send") {
        Some(at) => decode_payload(&at)?,
        None => Vec::new(),
    };
    let items = object.get("receive").map(|at| at.items()).unwrap_or_default();
    let receive: Option<Vec<_>> = items.iter().map(decode_payload).collect();
    Some(HealthProbe::Tcp { send, receive: receive? })
}

fn decode_payload(at: &Cursor<'_>) -> Option<Vec<u8>> {
    let object = Object::open(at, &PAYLOAD)?;
    match object.one_of(&["text", "binary"]) {
        Some(("text", at)) => {
            let text = at.nonempty_text()?;
            let digit = |index: usize| char::from(text.as_bytes()[index]).to_digit(16);
            let pairs = (0..text.len() - text.len() % 2).step_by(2);
            let bytes: Option<Vec<u8>> =
                pairs.map(|index| u8::try_from(digit(index)? * 16 + digit(index + 1)?).ok()).collect();
            let bytes = bytes.filter(|_| text.len() % 2 == 0);
            if bytes.is_none() {
                at.error("text is bytes as hexadecimal digits, such as 50494E47; for others use binary, in base64");
            }
            bytes
        }
        Some((_, at)) => at.base64(),
        None => {
            object.missing(&["text", "binary"], "a payload needs one of the fields \"text\" and \"binary\"");
            None
        }
    }
}

fn decode_grpc(at: &Cursor<'_>) -> Option<HealthProbe> {
    let object = Object::open(at, &GRPC_HEALTH_CHECK)?;
    let text = |name| object.get(name).and_then(|at| in_a_header(&at));
    Some(HealthProbe::Grpc {
        service_name: text("service_name").unwrap_or_default(),
        authority: text("authority").filter(|authority| !authority.is_empty()),
    })
}
