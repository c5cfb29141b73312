//! Logging.

use crate::memory::{Stop, answer, read_u32, slice, write_u32};
use crate::vm::{Guest, VmError};
use tollgate_abi::{Errno, LogLevel, Status};

/// Largest message that is logged, in bytes; the rest is cut off. Bounds what one call can make the host copy.
const MAX_MESSAGE: usize = 64 * 1024;

/// `proxy_log`: `BAD_ARGUMENT` for an unknown level, then `INVALID_MEMORY_ACCESS`.
pub(crate) fn proxy_log<G: Guest>(
    guest: &mut G,
    log_level: i32,
    message_data: i32,
    message_size: i32,
) -> Result<Status, VmError> {
    let Some(level) = LogLevel::from_i32(log_level) else { return Ok(Status::BadArgument) };
    answer(|| {
        let (memory, state) = guest.split();
        let message = slice(memory, message_data, message_size)?;
        state.log_of_guest(level, &message[..message.len().min(MAX_MESSAGE)]);
        Ok(Status::Ok)
    })
}

/// `proxy_get_log_level`: the level below which messages are dropped.
pub(crate) fn proxy_get_log_level<G: Guest>(guest: &mut G, return_log_level: i32) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        write_u32(memory, return_log_level, state.services.log.level().as_i32() as u32)?;
        Ok(Status::Ok)
    })
}

/// WASI `fd_write`: stdout logs at INFO and stderr at ERROR, one message per call, without its last newline.
pub(crate) fn fd_write<G: Guest>(
    guest: &mut G,
    fd: i32,
    iovs: i32,
    iovs_len: i32,
    return_written_size: i32,
) -> Result<Errno, VmError> {
    let level = match fd {
        1 => LogLevel::Info,
        2 => LogLevel::Error,
        _ => return Ok(Errno::Badf),
    };
    let (memory, state) = guest.split();
    let mut write = || -> Result<(), Stop> {
        let mut message = Vec::new();
        let mut written = 0_u64;
        // The list is checked as a whole before it is walked: its length is the guest's word.
        let list = slice(memory, iovs, iovs_len.checked_mul(8).ok_or(Status::InvalidMemoryAccess)?)?;
        for entry in list.chunks_exact(8) {
            let bytes = slice(memory, read_u32(entry, 0)? as i32, read_u32(entry, 4)? as i32)?;
            written += bytes.len() as u64;
            let room = MAX_MESSAGE.saturating_sub(message.len());
            message.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        let written = u32::try_from(written).map_err(|_| Status::InvalidMemoryAccess)?;
        write_u32(memory, return_written_size, written)?;
        if written > 0 {
            state.log_of_guest(level, message.strip_suffix(b"\n").unwrap_or(&message));
        }
        Ok(())
    };
    match write() {
        Ok(()) => Ok(Errno::Success),
        Err(Stop::Status(_)) => Ok(Errno::Fault),
        Err(Stop::Trap(error)) => Err(error),
    }
}
