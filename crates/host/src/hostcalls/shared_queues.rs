//! Shared Queues. Not implemented yet: the functions link, and say so.

use super::unimplemented;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

pub(crate) fn proxy_register_shared_queue<G: Guest>(
    guest: &mut G,
    _queue_name_data: i32,
    _queue_name_size: i32,
    _return_queue_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_register_shared_queue")
}

pub(crate) fn proxy_resolve_shared_queue<G: Guest>(
    guest: &mut G,
    _vm_id_data: i32,
    _vm_id_size: i32,
    _queue_name_data: i32,
    _queue_name_size: i32,
    _return_queue_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_resolve_shared_queue")
}

/// `proxy_resolve_shared_queue` without a `vm_id`: the queue is one of the plugin's own.
pub(crate) fn proxy_resolve_shared_queue_of_own_vm<G: Guest>(
    guest: &mut G,
    _queue_name_data: i32,
    _queue_name_size: i32,
    _return_queue_id: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_resolve_shared_queue")
}

pub(crate) fn proxy_enqueue_shared_queue<G: Guest>(
    guest: &mut G,
    _queue_id: i32,
    _value_data: i32,
    _value_size: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_enqueue_shared_queue")
}

pub(crate) fn proxy_dequeue_shared_queue<G: Guest>(
    guest: &mut G,
    _queue_id: i32,
    _return_payload_data: i32,
    _return_payload_size: i32,
) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_dequeue_shared_queue")
}

/// `proxy_remove_shared_queue` of the draft.
pub(crate) fn proxy_remove_shared_queue<G: Guest>(guest: &mut G, _queue_id: i32) -> Result<Status, VmError> {
    unimplemented(guest, "proxy_remove_shared_queue")
}
