//! Properties.

use crate::memory::{answer, return_bytes, slice};
use crate::properties;
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// `proxy_get_property`: `NOT_FOUND` for an unknown path, `SERIALIZATION_FAILURE` for an empty one and for what has no
/// encoding.
pub(crate) fn proxy_get_property<G: Guest>(
    guest: &mut G,
    path_data: i32,
    path_size: i32,
    return_value_data: i32,
    return_value_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let path = slice(memory, path_data, path_size)?;
        let value = properties::lookup(state, path).encode()?;
        return_bytes(guest, &value, return_value_data, return_value_size)
    })
}

/// `proxy_set_property`: stores bytes under the whole path for the rest of the stream. `NOT_FOUND` outside a stream,
/// `BAD_ARGUMENT` for a path longer than 4 KiB, and for one declared read-only that has been set. What the host itself
/// knows is not changed by it.
pub(crate) fn proxy_set_property<G: Guest>(
    guest: &mut G,
    path_data: i32,
    path_size: i32,
    value_data: i32,
    value_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let path = slice(memory, path_data, path_size)?;
        let value = slice(memory, value_data, value_size)?;
        Ok(properties::store(state, path, value))
    })
}
