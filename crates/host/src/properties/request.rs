//! `request.*`.
//!
//! What comes from headers answers in every phase; Envoy forgets it once the request has gone on.

use crate::fields::HeaderMap;
use crate::stream::Exchange;
use bytes::Bytes;
use tollgate_abi::encoding::property::Value;

pub(super) fn lookup(exchange: &Exchange, rest: &[&[u8]]) -> Option<Value> {
    let headers = exchange.request.headers.as_ref();
    let info = &exchange.info;
    let header = |name: &[u8]| headers?.value(name).map(|value| Value::from(&value[..]));
    match rest {
        [b"path"] => header(b":path"),
        [b"url_path"] => path(headers?).map(|path| Value::from(split_query(&path).0)),
        [b"query"] => path(headers?).map(|path| Value::from(split_query(&path).1.unwrap_or_default())),
        [b"host"] => header(b":authority"),
        [b"scheme"] => header(b":scheme"),
        [b"method"] => header(b":method"),
        [b"referer"] => header(b"referer"),
        [b"useragent"] => header(b"user-agent"),
        [b"id"] => header(b"x-request-id"),
        [b"headers"] => Some(header_map(headers)),
        // As for host functions, `host` is another name of it.
        [b"headers", name] if name.eq_ignore_ascii_case(b"host") => header(b":authority"),
        [b"headers", name] => headers?.joined(name).map(|value| Value::from(&value[..])),
        [b"time"] => Some(Value::Timestamp(info.start_wall_nanos as i64)),
        [b"duration"] => info.duration_nanos.map(Value::Duration),
        [b"protocol"] => (!info.protocol.is_empty()).then(|| info.protocol.into()),
        [b"size"] => Some(Value::Int(size(exchange) as i64)),
        [b"total_size"] => Some(Value::Int((info.request_body_bytes + header_bytes(exchange)) as i64)),
        [b"headers_bytes"] => Some(Value::Int(header_bytes(exchange) as i64)),
        _ => None,
    }
}

/// `content-length` if the request says it, otherwise the bytes received so far.
fn size(exchange: &Exchange) -> u64 {
    let declared = exchange.request.headers.as_ref().and_then(|headers| {
        let value = headers.value(b"content-length")?;
        std::str::from_utf8(value).ok()?.parse().ok()
    });
    declared.unwrap_or(exchange.info.request_body_bytes)
}

fn header_bytes(exchange: &Exchange) -> u64 {
    exchange.request.headers.as_ref().map_or(0, HeaderMap::byte_size) as u64
}

fn path(headers: &HeaderMap) -> Option<Bytes> {
    headers.value(b":path").cloned()
}

/// Path and query of a request target.
fn split_query(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    match target.iter().position(|byte| *byte == b'?') {
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    }
}

/// All fields, those with one name joined.
pub(super) fn header_map(headers: Option<&HeaderMap>) -> Value {
    let mut entries: Vec<(Vec<u8>, Value)> = Vec::new();
    for (name, _) in headers.into_iter().flat_map(HeaderMap::pairs) {
        if entries.iter().all(|(seen, _)| seen != name)
            && let Some(value) = headers.and_then(|headers| headers.joined(name))
        {
            entries.push((name.to_vec(), Value::from(&value[..])));
        }
    }
    Value::Map(entries)
}
