//! Foreign function interface.

use crate::foreign::Caller;
use crate::memory::{Stop, allocate, answer, slice, slice_mut, write_u32};
use crate::state::HostState;
use crate::vm::{Guest, TrapKind, VmError};
use bytes::Bytes;
use std::time::Duration;
use tollgate_abi::Status;

/// Calls a function. A status alone is one for the guest that leaves its slots as they are.
fn call(
    state: &mut HostState,
    has_time: &mut dyn FnMut(Duration) -> bool,
    name: &[u8],
    arguments: &[u8],
) -> Result<(Status, Bytes), Stop> {
    if let Some(list) = &state.config.allow.foreign_functions
        && !list.allows(name)
    {
        return Err(state.not_allowed("foreign_functions", name, Status::NotFound).into());
    }
    let Some(function) = state.services.foreign_functions.find(name) else { return Err(Status::NotFound.into()) };
    if arguments.len() as u64 > state.limits().quotas.body_bytes {
        return Err(state.too_much().into());
    }
    let mut caller = Caller::new(state, has_time);
    let result = function.call(&mut caller, arguments);
    if caller.is_late() {
        let late = format!("the foreign function {} had no time left", String::from_utf8_lossy(name));
        return Err(VmError::trap(TrapKind::Interrupted, late).into());
    }
    Ok(match result {
        Ok(results) => (Status::Ok, results),
        Err(status) => (status, Bytes::new()),
    })
}

/// `proxy_call_foreign_function`: `NOT_FOUND` for an unknown name or one that it may not call, `INTERNAL_FAILURE` for more arguments than a body may have
/// bytes, otherwise what the function itself answers. The end of the call if it took all the time that there was.
///
/// Where results are wanted, they are written whatever the function answers: address 0 and size 0 if there are none. An
/// address of 0 says that the guest does not want to know; this is the only function where it does.
pub(crate) fn proxy_call_foreign_function<G: Guest>(
    guest: &mut G,
    function_name_data: i32,
    function_name_size: i32,
    arguments_data: i32,
    arguments_size: i32,
    return_results_data: i32,
    return_results_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let called = guest.split_timed(|memory, state, has_time| {
            let name = slice(memory, function_name_data, function_name_size)?;
            let arguments = slice(memory, arguments_data, arguments_size)?;
            call(state, has_time, name, arguments)
        });
        let (status, results) = called?;
        let Ok(size) = u32::try_from(results.len()) else { return Ok(Status::InternalFailure) };
        let slots = [return_results_data, return_results_size];
        if slots == [0, 0] {
            return Ok(status);
        }
        let wanted = slots.into_iter().filter(|slot| *slot != 0);
        // The slots are checked first, so that a bad one costs the guest no block.
        let (memory, _) = guest.split();
        for slot in wanted {
            slice_mut(memory, slot, 4)?;
        }
        let block = if size == 0 { 0 } else { allocate(guest, size)? };
        // Memory may have grown: it is fetched anew.
        let (memory, _) = guest.split();
        slice_mut(memory, block, size)?.copy_from_slice(&results);
        for (slot, value) in slots.into_iter().zip([block as u32, size]).filter(|(slot, _)| *slot != 0) {
            write_u32(memory, slot, value)?;
        }
        Ok(status)
    })
}
