//! Shared Queues.

use crate::memory::{answer, return_bytes, slice, slice_mut, write_u32};
use crate::shared::{Rejected, Target};
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// `proxy_register_shared_queue`: makes a queue or takes over the one of this name; the plugin of the acting context is
/// told of its items from now on. `INTERNAL_FAILURE` if there would be more than there may be.
pub(crate) fn proxy_register_shared_queue<G: Guest>(
    guest: &mut G,
    queue_name_data: i32,
    queue_name_size: i32,
    return_queue_id: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let name = slice(memory, queue_name_data, queue_name_size)?;
        let Some(plugin) = state.acting_plugin() else { return Ok(Status::InternalFailure) };
        let target = Target { mailbox: state.agenda.mailbox.clone(), vm: state.vm, context_id: plugin.id };
        let Some(id) = state.shared.register(name, target) else { return Ok(state.too_much()) };
        write_u32(memory, return_queue_id, id)?;
        Ok(Status::Ok)
    })
}

/// `proxy_resolve_shared_queue`: `NOT_FOUND` if no VM with this `vm_id` has registered the name. An empty `vm_id` means
/// the VM's own.
pub(crate) fn proxy_resolve_shared_queue<G: Guest>(
    guest: &mut G,
    vm_id_data: i32,
    vm_id_size: i32,
    queue_name_data: i32,
    queue_name_size: i32,
    return_queue_id: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let vm_id = slice(memory, vm_id_data, vm_id_size)?;
        let name = slice(memory, queue_name_data, queue_name_size)?;
        let Some(id) = state.shared.resolve(vm_id, name) else { return Ok(Status::NotFound) };
        write_u32(memory, return_queue_id, id)?;
        Ok(Status::Ok)
    })
}

/// `proxy_resolve_shared_queue` of the draft, without a `vm_id`: the queue is one of the VM's own.
pub(crate) fn proxy_resolve_shared_queue_of_own_vm<G: Guest>(
    guest: &mut G,
    queue_name_data: i32,
    queue_name_size: i32,
    return_queue_id: i32,
) -> Result<Status, VmError> {
    proxy_resolve_shared_queue(guest, 0, 0, queue_name_data, queue_name_size, return_queue_id)
}

/// `proxy_enqueue_shared_queue`: `INVALID_MEMORY_ACCESS`, then `NOT_FOUND`, then `INTERNAL_FAILURE` if it is full. Whoever registered the queue is told later,
/// never inside this call.
pub(crate) fn proxy_enqueue_shared_queue<G: Guest>(
    guest: &mut G,
    queue_id: i32,
    value_data: i32,
    value_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let item = slice(memory, value_data, value_size)?;
        Ok(match state.shared.enqueue(queue_id as u32, item) {
            Ok(()) => Status::Ok,
            Err(Rejected::Full) => state.too_much(),
            Err(Rejected::NotFound | Rejected::CasMismatch | Rejected::Unavailable) => Status::NotFound,
        })
    })
}

/// `proxy_dequeue_shared_queue`: `NOT_FOUND`, then `EMPTY`, then `INVALID_MEMORY_ACCESS`. An item that cannot be handed
/// over stays in the queue.
pub(crate) fn proxy_dequeue_shared_queue<G: Guest>(
    guest: &mut G,
    queue_id: i32,
    return_payload_data: i32,
    return_payload_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let item = match state.shared.dequeue(queue_id as u32) {
            None => return Ok(Status::NotFound),
            Some(None) => return Ok(Status::Empty),
            Some(Some(item)) => item,
        };
        let slots = slice_mut(memory, return_payload_data, 4).map(drop).and_then(|()| {
            slice_mut(memory, return_payload_size, 4)?;
            Ok(())
        });
        let returned = match slots {
            Ok(()) => return_bytes(guest, &item, return_payload_data, return_payload_size),
            Err(status) => Err(status.into()),
        };
        if returned.is_err() {
            guest.state().shared.give_back(queue_id as u32, item);
        }
        returned
    })
}

/// `proxy_remove_shared_queue` of the draft: the queue and its items are gone for all. `NOT_FOUND` if it was before.
pub(crate) fn proxy_remove_shared_queue<G: Guest>(guest: &mut G, queue_id: i32) -> Result<Status, VmError> {
    let removed = guest.state().shared.remove_queue(queue_id as u32);
    Ok(if removed { Status::Ok } else { Status::NotFound })
}
