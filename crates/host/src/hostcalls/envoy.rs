//! Envoy extensions. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

pub(crate) fn envoy_resolve_dns<G: Guest>(
    guest: &mut G,
    _dns_address_data: i32,
    _dns_address_size: i32,
    _return_token: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "envoy_resolve_dns")
}
