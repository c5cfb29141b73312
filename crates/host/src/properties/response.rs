//! `response.*`.

use super::request::header_map;
use crate::fields::HeaderMap;
use crate::stream::{Exchange, grpc_status_of};
use tollgate_abi::encoding::property::Value;

pub(super) fn lookup(exchange: &Exchange, rest: &[&[u8]]) -> Option<Value> {
    let info = &exchange.info;
    let headers = exchange.response.headers.as_ref();
    let trailers = exchange.response.trailers.as_ref();
    match rest {
        [b"code"] => code(exchange).map(Value::Int),
        [b"code_details"] => info.response_code_details.as_deref().map(Value::from),
        [b"flags"] => Some(Value::Int(info.response_flags as i64)),
        [b"grpc_status"] => grpc_status(exchange).map(Value::Int),
        [b"headers"] => Some(header_map(headers)),
        [b"headers", name] => headers?.joined(name).map(|value| Value::from(&value[..])),
        [b"trailers"] => Some(header_map(trailers)),
        [b"trailers", name] => trailers?.joined(name).map(|value| Value::from(&value[..])),
        [b"size"] => Some(Value::Int(info.response_body_bytes as i64)),
        [b"headers_bytes"] => Some(Value::Int(headers.map_or(0, HeaderMap::byte_size) as i64)),
        [b"total_size"] => {
            let bytes = |map: Option<&HeaderMap>| map.map_or(0, HeaderMap::byte_size) as u64;
            Some(Value::Int((info.response_body_bytes + bytes(headers) + bytes(trailers)) as i64))
        }
        [b"backend_latency"] => info.upstream.latency_nanos.map(Value::Duration),
        _ => None,
    }
}

/// The status that was sent, or that is on its way through the chain.
fn code(exchange: &Exchange) -> Option<i64> {
    if let Some(code) = exchange.info.response_code {
        return Some(i64::from(code));
    }
    number(exchange.response.headers.as_ref()?, b":status")
}

/// From the trailers, else from the headers, else what the status means to a gRPC client.
fn grpc_status(exchange: &Exchange) -> Option<i64> {
    let from = |map: Option<&HeaderMap>| number(map?, b"grpc-status");
    from(exchange.response.trailers.as_ref())
        .or_else(|| from(exchange.response.headers.as_ref()))
        .or_else(|| Some(i64::from(grpc_status_of(u32::try_from(code(exchange)?).ok()?))))
}

fn number(headers: &HeaderMap, name: &[u8]) -> Option<i64> {
    std::str::from_utf8(headers.value(name)?).ok()?.parse().ok()
}
