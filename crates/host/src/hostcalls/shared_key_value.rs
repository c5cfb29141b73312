//! Shared Key-Value Store. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

pub(crate) fn proxy_get_shared_data<G: Guest>(
    guest: &mut G,
    _key_data: i32,
    _key_size: i32,
    _return_value_data: i32,
    _return_value_size: i32,
    _return_cas: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_get_shared_data")
}

pub(crate) fn proxy_set_shared_data<G: Guest>(
    guest: &mut G,
    _key_data: i32,
    _key_size: i32,
    _value_data: i32,
    _value_size: i32,
    _cas: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_set_shared_data")
}
