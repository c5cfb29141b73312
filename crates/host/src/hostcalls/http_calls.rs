//! HTTP calls. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_http_call<G: Guest>(
    guest: &mut G,
    _upstream_name_data: i32,
    _upstream_name_size: i32,
    _headers_map_data: i32,
    _headers_map_size: i32,
    _body_data: i32,
    _body_size: i32,
    _trailers_map_data: i32,
    _trailers_map_size: i32,
    _timeout_milliseconds: i32,
    _return_call_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_http_call")
}
