//! `request.*`.
//!
//! What comes from headers answers in every phase; Envoy forgets it once the request has gone on.

use super::Lookup;
use crate::fields::HeaderMap;
use crate::stream::Exchange;
use std::collections::HashMap;
use tollgate_abi::encoding::property::Value;

pub(super) fn lookup(exchange: &Exchange, rest: &[&[u8]]) -> Lookup {
    let headers = exchange.request.headers.as_ref();
    let info = &exchange.info;
    let value = |name: &[u8]| headers?.value(name).cloned();
    let header = |name: &[u8]| value(name).map_or(Lookup::NotFound, Lookup::Stored);
    let found = match rest {
        [b"path"] => return header(b":path"),
        [b"url_path"] => value(b":path").map(|path| Value::from(split_query(&path).0)),
        [b"query"] => value(b":path").map(|path| Value::from(split_query(&path).1.unwrap_or_default())),
        [b"host"] => return header(b":authority"),
        [b"scheme"] => return header(b":scheme"),
        [b"method"] => return header(b":method"),
        [b"referer"] => return header(b"referer"),
        [b"useragent"] => return header(b"user-agent"),
        [b"id"] => return header(b"x-request-id"),
        [b"headers"] => Some(header_map(headers)),
        // As for host functions, `host` is another name of it.
        [b"headers", name] if name.eq_ignore_ascii_case(b"host") => return header(b":authority"),
        [b"headers", name] => {
            let joined = headers.and_then(|headers| headers.joined(name));
            return joined.map_or(Lookup::NotFound, Lookup::Stored);
        }
        [b"time"] => Some(Value::Timestamp(info.start_wall_nanos as i64)),
        [b"duration"] => info.duration_nanos.map(Value::Duration),
        [b"protocol"] => (!info.protocol.is_empty()).then(|| info.protocol.into()),
        [b"size"] => Some(Value::Int(size(exchange) as i64)),
        [b"total_size"] => Some(Value::Int((info.request_body_bytes + header_bytes(exchange)) as i64)),
        [b"headers_bytes"] => Some(Value::Int(header_bytes(exchange) as i64)),
        _ => None,
    };
    found.into()
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
    let mut places = HashMap::new();
    for (name, value) in headers.into_iter().flat_map(HeaderMap::pairs) {
        let place = *places.entry(name).or_insert(entries.len());
        match entries.get_mut(place) {
            Some((_, Value::Bytes(joined))) => {
                joined.push(b',');
                joined.extend_from_slice(value);
            }
            _ => entries.push((name.to_vec(), Value::from(value))),
        }
    }
    Value::Map(entries)
}
