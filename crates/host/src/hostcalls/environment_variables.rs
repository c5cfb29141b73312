//! Environment variables: those configured for the VM. There are no arguments.

use crate::memory::{slice_mut, write_u32};
use crate::vm::{Guest, VmError};
use tollgate_abi::{Errno, Status};

/// WASI `environ_sizes_get`: how many variables, and how many bytes as `KEY=VALUE` strings with their zero bytes.
pub(crate) fn environ_sizes_get<G: Guest>(
    guest: &mut G,
    return_num_elements: i32,
    return_buffer_size: i32,
) -> Result<Errno, VmError> {
    let (memory, state) = guest.split();
    let environment = &state.config.environment;
    let size: usize = environment.iter().map(|(key, value)| key.len() + value.len() + 2).sum();
    Ok(errno(
        write_u32(memory, return_num_elements, environment.len() as u32)
            .and_then(|()| write_u32(memory, return_buffer_size, size as u32)),
    ))
}

/// WASI `environ_get`: writes the strings one after the other, and the address of each into the array.
pub(crate) fn environ_get<G: Guest>(guest: &mut G, return_array: i32, return_buffer: i32) -> Result<Errno, VmError> {
    let (memory, state) = guest.split();
    let mut slot = return_array as u32;
    let mut at = return_buffer as u32;
    for (key, value) in &state.config.environment {
        let len = (key.len() + value.len() + 2) as u32;
        let text = [key.as_bytes(), b"=", value.as_bytes(), b"\0"].concat();
        let written = slice_mut(memory, at as i32, len)
            .map(|string| string.copy_from_slice(&text))
            .and_then(|()| write_u32(memory, slot as i32, at));
        let (Ok(()), Some(next_at), Some(next_slot)) = (written, at.checked_add(len), slot.checked_add(4)) else {
            return Ok(Errno::Fault);
        };
        at = next_at;
        slot = next_slot;
    }
    Ok(Errno::Success)
}

/// WASI `args_sizes_get`: none.
pub(crate) fn args_sizes_get<G: Guest>(
    guest: &mut G,
    return_argc: i32,
    return_argv_size: i32,
) -> Result<Errno, VmError> {
    let (memory, _) = guest.split();
    Ok(errno(write_u32(memory, return_argc, 0).and_then(|()| write_u32(memory, return_argv_size, 0))))
}

/// WASI `args_get`: nothing to write.
pub(crate) fn args_get<G: Guest>(
    _guest: &mut G,
    _return_argv: i32,
    _return_argv_buffer: i32,
) -> Result<Errno, VmError> {
    Ok(Errno::Success)
}

fn errno(written: Result<(), Status>) -> Errno {
    written.map_or(Errno::Fault, |()| Errno::Success)
}
