//! HTTP calls.

use super::http_fields::decode_pairs;
use crate::callouts::{CallKind, HttpCall};
use crate::fields::FieldName;
use crate::memory::{answer, slice, write_u32};
use crate::vm::{Guest, Quotas, VmError};
use bytes::Bytes;
use std::time::Duration;
use tollgate_abi::Status;

/// `proxy_http_call`: begins a request on behalf of the plugin. `BAD_ARGUMENT` for a negative time-out, an unknown
/// upstream or one that it may not call, and a request without `:path`, `:method` or `:authority`; `INTERNAL_FAILURE` if too many calls are under way,
/// or too many bytes with them.
/// The slot for the id is checked before anything is sent, and holds 0 if nothing was.
///
/// An upstream that cannot be reached is no reason to refuse: what became of the call comes with its callback, always.
#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_http_call<G: Guest>(
    guest: &mut G,
    upstream_name_data: i32,
    upstream_name_size: i32,
    headers_map_data: i32,
    headers_map_size: i32,
    body_data: i32,
    body_size: i32,
    trailers_map_data: i32,
    trailers_map_size: i32,
    timeout_milliseconds: i32,
    return_call_id: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let upstream = slice(memory, upstream_name_data, upstream_name_size)?;
        let body = slice(memory, body_data, body_size)?;
        let headers = slice(memory, headers_map_data, headers_map_size)?;
        let trailers = slice(memory, trailers_map_data, trailers_map_size)?;
        slice(memory, return_call_id, 4)?;
        let upstream = name(upstream);
        let bytes = Quotas::entry(&[body, headers, trailers]);
        let is_good = timeout_milliseconds >= 0
            && state.may_call(&upstream, Status::BadArgument)
            && state.calls.upstreams().knows(&upstream);
        // Seen before anything is copied.
        if !is_good || state.calls.is_full(bytes) {
            write_u32(memory, return_call_id, 0)?;
            return Ok(if is_good { state.too_much() } else { Status::BadArgument });
        }
        let call = HttpCall {
            upstream,
            headers: decode_pairs(state, headers, |name| name),
            body: Bytes::copy_from_slice(body),
            trailers: decode_pairs(state, trailers, |name| name),
            timeout: (timeout_milliseconds != 0).then(|| Duration::from_millis(timeout_milliseconds as u32 as u64)),
        };
        write_u32(memory, return_call_id, 0)?;
        let Some(call) = complete(call) else { return Ok(Status::BadArgument) };
        let Some(plugin) = state.acting_plugin_id() else { return Ok(Status::InternalFailure) };
        let Some(id) = state.calls.begin(CallKind::Http, plugin, bytes) else { return Ok(state.too_much()) };
        write_u32(memory, return_call_id, id.token())?;
        state.calls.upstreams().http_call(id, call);
        Ok(Status::Ok)
    })
}

/// The name of an upstream. What is too long for one is nobody's.
fn name(bytes: &[u8]) -> String {
    if bytes.len() as u64 > Quotas::NAME { String::new() } else { String::from_utf8_lossy(bytes).into_owned() }
}

/// The call with what it must have, or `None`. The old name of `:authority` does as well, as in Envoy; the body's length
/// is the host's to say, since one that lies would reach into the next request.
fn complete(mut call: HttpCall) -> Option<HttpCall> {
    if let Some(host) = call.headers.value(b"host").cloned() {
        call.headers.remove(b"host");
        if call.headers.value(b":authority").is_none() {
            call.headers.append(const { FieldName::from_static(":authority") }, host);
        }
    }
    [&b":path"[..], b":method", b":authority"].iter().try_for_each(|name| call.headers.value(name).map(drop))?;
    if call.body.is_empty() {
        call.headers.remove(b"content-length");
    } else {
        call.headers
            .replace(const { FieldName::from_static("content-length") }, Bytes::from(call.body.len().to_string()));
    }
    Some(call)
}
