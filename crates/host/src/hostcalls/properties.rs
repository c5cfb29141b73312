//! Properties.

use crate::memory::{answer, return_bytes, slice};
use crate::properties::{self, Lookup};
use crate::vm::{Guest, VmError};
use bytes::Bytes;
use tollgate_abi::Status;

/// Most bytes of a path.
const MAX_PATH: usize = 4096;

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
        if path.len() > MAX_PATH {
            return Ok(Status::NotFound);
        }
        match properties::lookup(state, path) {
            Lookup::Found(value) => return_bytes(guest, &value, return_value_data, return_value_size),
            Lookup::NotFound => Ok(Status::NotFound),
            Lookup::NotEncodable => Ok(Status::SerializationFailure),
        }
    })
}

/// `proxy_set_property`: stores bytes under the whole path for the rest of the stream. `NOT_FOUND` outside a stream,
/// `BAD_ARGUMENT` for a path longer than 4 KiB. What the host itself knows is not changed by it.
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
        let Some((exchange, _)) = state.acting_stream() else { return Ok(Status::NotFound) };
        if path.len() > MAX_PATH {
            return Ok(Status::BadArgument);
        }
        let mut exchange = exchange.borrow_mut();
        let value = Bytes::copy_from_slice(value);
        match exchange.properties.iter_mut().find(|(name, _)| **name == *path) {
            Some((_, old)) => *old = value,
            None => exchange.properties.push((path.into(), value)),
        }
        Ok(Status::Ok)
    })
}
