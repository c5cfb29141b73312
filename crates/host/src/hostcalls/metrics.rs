//! Metrics. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

pub(crate) fn proxy_define_metric<G: Guest>(
    guest: &mut G,
    _metric_type: i32,
    _metric_name_data: i32,
    _metric_name_size: i32,
    _return_metric_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_define_metric")
}

pub(crate) fn proxy_record_metric<G: Guest>(guest: &mut G, _metric_id: i32, _value: i64) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_record_metric")
}

pub(crate) fn proxy_increment_metric<G: Guest>(
    guest: &mut G,
    _metric_id: i32,
    _offset: i64,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_increment_metric")
}

pub(crate) fn proxy_get_metric<G: Guest>(
    guest: &mut G,
    _metric_id: i32,
    _return_value: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_get_metric")
}

/// `proxy_remove_metric` of the draft.
pub(crate) fn proxy_remove_metric<G: Guest>(guest: &mut G, _metric_id: i32) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_remove_metric")
}
