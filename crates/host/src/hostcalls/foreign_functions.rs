//! Foreign function interface. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

pub(crate) fn proxy_call_foreign_function<G: Guest>(
    guest: &mut G,
    _function_name_data: i32,
    _function_name_size: i32,
    _arguments_data: i32,
    _arguments_size: i32,
    _return_results_data: i32,
    _return_results_size: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_call_foreign_function")
}
