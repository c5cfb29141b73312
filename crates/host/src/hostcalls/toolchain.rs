//! What compilers import on their own.

use crate::memory::{read_u32, slice};
use crate::vm::{Guest, HostFault, VmError};
use tollgate_abi::LogLevel;

/// Most UTF-16 units of an AssemblyScript string that are logged.
const MAX_UNITS: u32 = 1024;

/// `pthread_equal` of old Emscripten.
pub(crate) fn pthread_equal<G: Guest>(_guest: &mut G, left: i32, right: i32) -> Result<i32, VmError> {
    Ok(i32::from(left == right))
}

/// `emscripten_notify_memory_growth`: memory is looked up anew at every host call, so there is nothing to do.
pub(crate) fn emscripten_notify_memory_growth<G: Guest>(_guest: &mut G, _memory_index: i32) -> Result<(), VmError> {
    Ok(())
}

/// AssemblyScript's `abort`: logs its message and place, and ends the call.
pub(crate) fn abort<G: Guest>(
    guest: &mut G,
    message: i32,
    file_name: i32,
    line_number: i32,
    column_number: i32,
) -> Result<(), VmError> {
    let (memory, state) = guest.split();
    let text = format!(
        "abort: {} at {}:{line_number}:{column_number}",
        assemblyscript_string(memory, message),
        assemblyscript_string(memory, file_name),
    );
    state.log(LogLevel::Critical, text.as_bytes());
    Err(VmError::host(HostFault::Abort).with_message(text))
}

/// AssemblyScript's `seed` for its random numbers.
pub(crate) fn seed<G: Guest>(guest: &mut G) -> Result<f64, VmError> {
    let mut bytes = [0; 8];
    guest.state().services.random.fill(&mut bytes);
    // 53 random bits, as many as a double holds.
    Ok((u64::from_le_bytes(bytes) >> 11) as f64)
}

/// Emscripten's sanitizers ask whether they may have addresses turned into names by JavaScript.
#[expect(non_snake_case, reason = "Emscripten's name")]
pub(crate) fn HaveOffsetConverter<G: Guest>(_guest: &mut G) -> Result<i32, VmError> {
    Ok(0)
}

/// A string of AssemblyScript: UTF-16, with its length in bytes before it.
fn assemblyscript_string(memory: &[u8], ptr: i32) -> String {
    if ptr == 0 {
        return "(no message)".to_owned();
    }
    let Ok(len) = read_u32(memory, ptr.wrapping_sub(4)) else { return "(bad address)".to_owned() };
    let units = (len / 2).min(MAX_UNITS);
    let Ok(bytes) = slice(memory, ptr, (units * 2) as i32) else { return "(bad address)".to_owned() };
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
