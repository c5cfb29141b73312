//! The guest's memory: raw integers become checked ranges here and nowhere else.
//!
//! A range is valid if `ptr + len`, computed in 64 bits, does not pass the end of memory. A range of length 0 is always
//! valid: SDKs pass dangling pointers with it. Address 0 is ordinary memory.

use crate::trace;
use crate::vm::{Guest, HostFault, VmError, VmErrorKind};
use tollgate_abi::Status;

/// Most levels of guest calling host calling guest. Only the allocator re-enters, so one is normal.
const MAX_DEPTH: u32 = 4;

/// A handler's early end: a status for the guest, or the end of its call.
#[derive(Debug)]
pub(crate) enum Stop {
    Status(Status),
    Trap(VmError),
}

impl From<VmError> for Stop {
    fn from(error: VmError) -> Self {
        Self::Trap(error)
    }
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// Runs a handler's body and turns its early end into the answer.
pub(crate) fn answer(body: impl FnOnce() -> Result<Status, Stop>) -> Result<Status, VmError> {
    match body() {
        Ok(status) | Err(Stop::Status(status)) => Ok(status),
        Err(Stop::Trap(error)) => Err(error),
    }
}

/// The bytes at an address.
pub(crate) fn slice(memory: &[u8], ptr: i32, len: i32) -> Result<&[u8], Status> {
    if len == 0 {
        return Ok(&[]);
    }
    let start = ptr as u32 as usize;
    memory.get(start..start.saturating_add(len as u32 as usize)).ok_or(Status::InvalidMemoryAccess)
}

/// The bytes at an address, to be written.
pub(crate) fn slice_mut(memory: &mut [u8], ptr: i32, len: u32) -> Result<&mut [u8], Status> {
    if len == 0 {
        return Ok(&mut []);
    }
    let start = ptr as u32 as usize;
    memory.get_mut(start..start.saturating_add(len as usize)).ok_or(Status::InvalidMemoryAccess)
}

/// Writes an integer for the guest.
pub(crate) fn write_u32(memory: &mut [u8], ptr: i32, value: u32) -> Result<(), Status> {
    slice_mut(memory, ptr, 4)?.copy_from_slice(&value.to_le_bytes());
    Ok(())
}

/// Writes a long integer for the guest.
pub(crate) fn write_u64(memory: &mut [u8], ptr: i32, value: u64) -> Result<(), Status> {
    slice_mut(memory, ptr, 8)?.copy_from_slice(&value.to_le_bytes());
    Ok(())
}

/// Reads an integer of the guest.
pub(crate) fn read_u32(memory: &[u8], ptr: i32) -> Result<u32, Status> {
    let bytes = slice(memory, ptr, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Has the guest allocate `size` bytes, which must not be 0 (some allocators panic then).
///
/// # Errors
///
/// `INVALID_MEMORY_ACCESS` if the allocator answers 0 or a block outside memory; the end of the call if it traps or
/// guest and host call each other too deeply.
pub(crate) fn allocate<G: Guest>(guest: &mut G, size: u32) -> Result<i32, Stop> {
    let block = call_allocator(guest, size)?;
    let (memory, _) = guest.split();
    slice(memory, block, size as i32)?;
    Ok(block)
}

/// As [`allocate`], where the caller looks whether the block is within memory.
#[inline]
fn call_allocator<G: Guest>(guest: &mut G, size: u32) -> Result<i32, Stop> {
    let state = guest.state();
    let depth = state.enter_allocator();
    let observed = state.is_observed();
    if depth > MAX_DEPTH {
        state.leave_allocator();
        return Err(VmError::host(HostFault::Reentry).into());
    }
    if observed {
        trace::allocate(guest, size);
    }
    let block = guest.call_allocator(size);
    if observed {
        trace::allocated(guest, &block);
    }
    guest.state().leave_allocator();
    match block {
        Ok(0) => Err(Status::InvalidMemoryAccess.into()),
        Ok(block) => Ok(block as i32),
        // The module has no allocator: that is an ordinary failure, which the guest may handle.
        Err(error) if error.kind() == VmErrorKind::Host(HostFault::NoAllocator) => {
            Err(Status::InvalidMemoryAccess.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Hands bytes to the guest: allocates a block of exactly their length, copies them, and writes address and length to
/// the two slots. No bytes are address 0 and length 0, without allocation.
pub(crate) fn return_bytes<G: Guest>(
    guest: &mut G,
    bytes: &[u8],
    return_data: i32,
    return_size: i32,
) -> Result<Status, Stop> {
    let Ok(len) = u32::try_from(bytes.len()) else { return Err(Status::InvalidMemoryAccess.into()) };
    return_with(guest, len, return_data, return_size, |_, block| {
        block.copy_from_slice(bytes);
        true
    })
}

/// As [`return_bytes`], for bytes that `fill` writes into the block itself. `fill` answers false if it cannot.
#[inline]
pub(crate) fn return_with<G: Guest>(
    guest: &mut G,
    len: u32,
    return_data: i32,
    return_size: i32,
    fill: impl FnOnce(&mut crate::state::HostState, &mut [u8]) -> bool,
) -> Result<Status, Stop> {
    let (memory, _) = guest.split();
    check_slots(memory, return_data, return_size)?;
    return_into(guest, len, return_data, return_size, fill)
}

/// Looks whether address and length can be written to the two slots: first of all, so that a bad one costs the guest no block.
#[inline]
pub(crate) fn check_slots(memory: &mut [u8], return_data: i32, return_size: i32) -> Result<(), Status> {
    slice_mut(memory, return_data, 4)?;
    slice_mut(memory, return_size, 4)?;
    Ok(())
}

/// As [`return_with`], where the slots have been looked at.
#[inline]
pub(crate) fn return_into<G: Guest>(
    guest: &mut G,
    len: u32,
    return_data: i32,
    return_size: i32,
    fill: impl FnOnce(&mut crate::state::HostState, &mut [u8]) -> bool,
) -> Result<Status, Stop> {
    let block = if len == 0 { 0 } else { call_allocator(guest, len)? };
    // Memory may have grown: it is fetched anew.
    let (memory, state) = guest.split();
    if len > 0 && !fill(state, slice_mut(memory, block, len)?) {
        return Err(Status::InternalFailure.into());
    }
    write_u32(memory, return_data, block as u32)?;
    write_u32(memory, return_size, len)?;
    Ok(Status::Ok)
}

#[cfg(test)]
mod tests {
    use super::{read_u32, slice, slice_mut, write_u32};
    use tollgate_abi::Status;

    #[test]
    fn a_range_may_end_at_the_last_byte_and_not_one_later() {
        let mut memory = vec![0; 16];
        assert!(slice(&memory, 12, 4).is_ok());
        assert_eq!(slice(&memory, 13, 4), Err(Status::InvalidMemoryAccess));
        assert_eq!(slice(&memory, -1, 4), Err(Status::InvalidMemoryAccess));
        assert_eq!(slice(&memory, 4, -1), Err(Status::InvalidMemoryAccess));
        assert!(slice_mut(&mut memory, 0, 16).is_ok());
        assert!(write_u32(&mut memory, 13, 1).is_err());
    }

    #[test]
    fn a_range_of_no_bytes_is_valid_anywhere() {
        assert_eq!(slice(&[], -1, 0), Ok(&[][..]));
        assert_eq!(slice_mut(&mut [], 77, 0), Ok(&mut [][..]));
    }

    #[test]
    fn integers_need_no_alignment() {
        let mut memory = vec![0; 9];
        write_u32(&mut memory, 3, 0x0102_0304).unwrap();
        assert_eq!(memory[3..7], [4, 3, 2, 1]);
        assert_eq!(read_u32(&memory, 3), Ok(0x0102_0304));
    }
}
