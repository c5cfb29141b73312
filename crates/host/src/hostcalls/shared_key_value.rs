//! Shared Key-Value Store.

use crate::memory::{answer, return_bytes, slice, slice_mut, write_u32};
use crate::shared::{Rejected, Unavailable};
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// `proxy_get_shared_data`: `INVALID_MEMORY_ACCESS` for the key, then `NOT_FOUND`, then for the addresses of the answer.
/// `INTERNAL_FAILURE` in the place of `NOT_FOUND` if a store outside the process cannot be asked.
pub(crate) fn proxy_get_shared_data<G: Guest>(
    guest: &mut G,
    key_data: i32,
    key_size: i32,
    return_value_data: i32,
    return_value_size: i32,
    return_cas: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let key = slice(memory, key_data, key_size)?;
        let (value, cas) = match state.shared.value(key, &state.turn) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Status::NotFound),
            Err(Unavailable) => return Ok(Status::InternalFailure),
        };
        // Seen first, so that a bad address costs the guest no block.
        slice_mut(memory, return_cas, 4)?;
        return_bytes(guest, &value, return_value_data, return_value_size)?;
        write_u32(guest.split().0, return_cas, cas)?;
        Ok(Status::Ok)
    })
}

/// `proxy_set_shared_data`: `CAS_MISMATCH` if the key has a value with another number than `cas`; 0 stores whatever it
/// has. `INTERNAL_FAILURE` if there would be more than there may be, or a store outside the process cannot be asked.
pub(crate) fn proxy_set_shared_data<G: Guest>(
    guest: &mut G,
    key_data: i32,
    key_size: i32,
    value_data: i32,
    value_size: i32,
    cas: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let key = slice(memory, key_data, key_size)?;
        let value = slice(memory, value_data, value_size)?;
        Ok(match state.shared.store(key, value, cas as u32, &state.turn) {
            Ok(()) => Status::Ok,
            Err(Rejected::Full) => state.too_much(),
            Err(Rejected::Unavailable) => Status::InternalFailure,
            Err(Rejected::CasMismatch | Rejected::NotFound) => Status::CasMismatch,
        })
    })
}
