//! gRPC calls. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_grpc_call<G: Guest>(
    guest: &mut G,
    _upstream_name_data: i32,
    _upstream_name_size: i32,
    _service_name_data: i32,
    _service_name_size: i32,
    _method_name_data: i32,
    _method_name_size: i32,
    _initial_metadata_map_data: i32,
    _initial_metadata_map_size: i32,
    _message_data: i32,
    _message_size: i32,
    _timeout_milliseconds: i32,
    _return_call_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_grpc_call")
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

#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_grpc_stream<G: Guest>(
    guest: &mut G,
    _upstream_name_data: i32,
    _upstream_name_size: i32,
    _service_name_data: i32,
    _service_name_size: i32,
    _method_name_data: i32,
    _method_name_size: i32,
    _initial_metadata_map_data: i32,
    _initial_metadata_map_size: i32,
    _return_stream_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_grpc_stream")
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

pub(crate) fn proxy_grpc_send<G: Guest>(
    guest: &mut G,
    _stream_id: i32,
    _message_data: i32,
    _message_size: i32,
    _end_stream: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_grpc_send")
}

pub(crate) fn proxy_grpc_cancel<G: Guest>(guest: &mut G, _call_id: i32) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_grpc_cancel")
}

pub(crate) fn proxy_grpc_close<G: Guest>(guest: &mut G, _call_id: i32) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_grpc_close")
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
