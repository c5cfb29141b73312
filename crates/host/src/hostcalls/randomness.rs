//! Randomness.

use crate::memory::slice_mut;
use crate::vm::{Guest, VmError};
use tollgate_abi::Errno;

/// Most bytes that one call may ask for.
const MAX_BYTES: u32 = 64 * 1024;

/// WASI `random_get`: `INVAL` above 64 KiB, `FAULT` for a bad address.
pub(crate) fn random_get<G: Guest>(guest: &mut G, buffer_data: i32, buffer_size: i32) -> Result<Errno, VmError> {
    let size = buffer_size as u32;
    if size > MAX_BYTES {
        return Ok(Errno::Inval);
    }
    let (memory, state) = guest.split();
    let Ok(buffer) = slice_mut(memory, buffer_data, size) else { return Ok(Errno::Fault) };
    if !buffer.is_empty() {
        state.services.random.fill(buffer);
    }
    Ok(Errno::Success)
}
