//! gRPC calls.

use super::http_fields::decode_pairs;
use crate::callouts::{CallKind, GrpcRequest, target};
use crate::memory::{Stop, answer, slice, write_u32};
use crate::state::HostState;
use crate::vm::{Guest, Quotas, VmError};
use bytes::Bytes;
use std::time::Duration;
use tollgate_abi::{LogLevel, Status};

/// Addresses and lengths of what a call and a stream begin with.
struct Names {
    upstream: (i32, i32),
    service: (i32, i32),
    method: (i32, i32),
    metadata: (i32, i32),
}

impl Names {
    /// The request. `PARSE_FAILURE` if the upstream is nobody, or one that the plugin may not call.
    fn request(&self, memory: &[u8], state: &mut HostState) -> Result<GrpcRequest, Status> {
        let of = |(data, size)| slice(memory, data, size);
        let (upstream, service, method) = (of(self.upstream)?, of(self.service)?, of(self.method)?);
        let metadata = of(self.metadata)?;
        let is_long = |name: &[u8]| name.len() as u64 > Quotas::NAME;
        if is_long(upstream) {
            return Err(Status::ParseFailure);
        }
        if is_long(service) || is_long(method) || state.calls.is_full(metadata.len() as u64) {
            return Err(state.too_much());
        }
        let target = target(upstream, &**state.calls.upstreams()).map_err(|why| {
            state.log(LogLevel::Debug, format!("a gRPC call is not made: {why}").as_bytes());
            Status::ParseFailure
        })?;
        if !state.may_call(&target.upstream, Status::ParseFailure) {
            return Err(Status::ParseFailure);
        }
        let mut own = decode_pairs(state, metadata, |name| name);
        for field in target.metadata.iter() {
            own.append(field.name.clone(), field.value.clone());
        }
        let path = [b"/", service, b"/", method].concat().into();
        Ok(GrpcRequest { upstream: target.upstream, authority: target.authority, path, metadata: own })
    }
}

/// `proxy_grpc_call`: begins a unary call on behalf of the plugin. `PARSE_FAILURE` for an upstream that is neither the
/// name of one nor a serialized `GrpcService` that names one; `INTERNAL_FAILURE` if too many calls are under way.
#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_grpc_call<G: Guest>(
    guest: &mut G,
    upstream_name_data: i32,
    upstream_name_size: i32,
    service_name_data: i32,
    service_name_size: i32,
    method_name_data: i32,
    method_name_size: i32,
    initial_metadata_map_data: i32,
    initial_metadata_map_size: i32,
    message_data: i32,
    message_size: i32,
    timeout_milliseconds: i32,
    return_call_id: i32,
) -> Result<Status, VmError> {
    let names = Names {
        upstream: (upstream_name_data, upstream_name_size),
        service: (service_name_data, service_name_size),
        method: (method_name_data, method_name_size),
        metadata: (initial_metadata_map_data, initial_metadata_map_size),
    };
    call(guest, &names, (message_data, message_size), timeout_milliseconds, return_call_id)
}

/// `proxy_grpc_call` as older SDKs import it: without initial metadata.
#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_grpc_call_without_metadata<G: Guest>(
    guest: &mut G,
    upstream_name_data: i32,
    upstream_name_size: i32,
    service_name_data: i32,
    service_name_size: i32,
    method_name_data: i32,
    method_name_size: i32,
    message_data: i32,
    message_size: i32,
    timeout_milliseconds: i32,
    return_call_id: i32,
) -> Result<Status, VmError> {
    proxy_grpc_call(
        guest,
        upstream_name_data,
        upstream_name_size,
        service_name_data,
        service_name_size,
        method_name_data,
        method_name_size,
        0,
        0,
        message_data,
        message_size,
        timeout_milliseconds,
        return_call_id,
    )
}

fn call<G: Guest>(
    guest: &mut G,
    names: &Names,
    message: (i32, i32),
    timeout_milliseconds: i32,
    return_call_id: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let message = slice(memory, message.0, message.1)?;
        let request = names.request(memory, state)?;
        let bytes = size_of(&request).saturating_add(message.len() as u64);
        // What is too much is not copied; that it is, `begin` says, when it has seen the slot.
        let message = if state.calls.is_full(bytes) { Bytes::new() } else { Bytes::copy_from_slice(message) };
        let id = begin(memory, state, CallKind::Grpc, bytes, return_call_id)?;
        let timeout = timeout_milliseconds as u32;
        let timeout = (timeout != 0).then(|| Duration::from_millis(timeout.into()));
        state.calls.upstreams().grpc_call(id, request, message, timeout);
        Ok(Status::Ok)
    })
}

/// `proxy_grpc_stream`: opens a stream on behalf of the plugin; statuses as for a call.
#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_grpc_stream<G: Guest>(
    guest: &mut G,
    upstream_name_data: i32,
    upstream_name_size: i32,
    service_name_data: i32,
    service_name_size: i32,
    method_name_data: i32,
    method_name_size: i32,
    initial_metadata_map_data: i32,
    initial_metadata_map_size: i32,
    return_stream_id: i32,
) -> Result<Status, VmError> {
    let names = Names {
        upstream: (upstream_name_data, upstream_name_size),
        service: (service_name_data, service_name_size),
        method: (method_name_data, method_name_size),
        metadata: (initial_metadata_map_data, initial_metadata_map_size),
    };
    stream(guest, &names, return_stream_id)
}

/// `proxy_grpc_stream` as older SDKs import it: without initial metadata.
#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_grpc_stream_without_metadata<G: Guest>(
    guest: &mut G,
    upstream_name_data: i32,
    upstream_name_size: i32,
    service_name_data: i32,
    service_name_size: i32,
    method_name_data: i32,
    method_name_size: i32,
    return_stream_id: i32,
) -> Result<Status, VmError> {
    proxy_grpc_stream(
        guest,
        upstream_name_data,
        upstream_name_size,
        service_name_data,
        service_name_size,
        method_name_data,
        method_name_size,
        0,
        0,
        return_stream_id,
    )
}

fn stream<G: Guest>(guest: &mut G, names: &Names, return_stream_id: i32) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let request = names.request(memory, state)?;
        let id = begin(memory, state, CallKind::GrpcStream, size_of(&request), return_stream_id)?;
        state.calls.upstreams().grpc_stream(id, request);
        Ok(Status::Ok)
    })
}

/// For how much a request counts, its message left out.
fn size_of(request: &GrpcRequest) -> u64 {
    Quotas::entry(&[&request.path]).saturating_add(request.metadata.byte_size() as u64)
}

/// Gives a call its id and tells the guest. The slot is checked first, so that a bad one begins nothing.
fn begin(
    memory: &mut [u8],
    state: &mut HostState,
    kind: CallKind,
    bytes: u64,
    return_id: i32,
) -> Result<crate::callouts::CallId, Stop> {
    write_u32(memory, return_id, 0)?;
    let plugin = state.acting_plugin_id().ok_or(Status::InternalFailure)?;
    let Some(id) = state.calls.begin(kind, plugin, bytes) else { return Err(state.too_much().into()) };
    write_u32(memory, return_id, id.token())?;
    Ok(id)
}

/// `proxy_grpc_send`: sends a message on a stream, its last one or not. `BAD_ARGUMENT` for the id of something else,
/// `NOT_FOUND` for that of no stream of the plugin, `INTERNAL_FAILURE` if too much waits to be sent.
pub(crate) fn proxy_grpc_send<G: Guest>(
    guest: &mut G,
    stream_id: i32,
    message_data: i32,
    message_size: i32,
    end_stream: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let message = slice(memory, message_data, message_size)?;
        let plugin = state.acting_plugin_id().unwrap_or(0);
        Ok(match state.calls.send(plugin, stream_id as u32, message, end_stream != 0) {
            Status::InternalFailure => state.too_much(),
            status => status,
        })
    })
}

/// `proxy_grpc_cancel`: aborts a call or resets a stream; nothing more is heard of it. `BAD_ARGUMENT` for an id of
/// something else, `NOT_FOUND` for that of nothing under way.
pub(crate) fn proxy_grpc_cancel<G: Guest>(guest: &mut G, call_id: i32) -> Result<Status, VmError> {
    let state = guest.state();
    let plugin = state.acting_plugin_id().unwrap_or(0);
    Ok(state.calls.cancel(plugin, call_id as u32))
}

/// `proxy_grpc_close`: aborts a call, or says that nothing more is sent on a stream, from which more may still come.
/// Statuses as for cancelling.
pub(crate) fn proxy_grpc_close<G: Guest>(guest: &mut G, call_id: i32) -> Result<Status, VmError> {
    let state = guest.state();
    let plugin = state.acting_plugin_id().unwrap_or(0);
    Ok(state.calls.close(plugin, call_id as u32))
}

/// `proxy_send_grpc_call_message` of the draft: `proxy_grpc_send` that leaves the stream open.
pub(crate) fn proxy_send_grpc_call_message<G: Guest>(
    guest: &mut G,
    stream_id: i32,
    message_data: i32,
    message_size: i32,
) -> Result<Status, VmError> {
    proxy_grpc_send(guest, stream_id, message_data, message_size, 0)
}
