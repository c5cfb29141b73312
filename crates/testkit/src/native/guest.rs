//! The native guest's memory and its view of the host.

use tollgate_abi::{LogLevel, Status};
use tollgate_host::HostState;
use tollgate_host::dispatch;
use tollgate_host::vm::{Guest, VmError};

/// Where the allocator starts; below are output slots.
const HEAP: usize = 256;

/// Output slots for calls through the helpers.
const SLOTS: [i32; 2] = [16, 20];

/// Memory of a native plugin, with an allocator that only goes up, and the way to the host.
pub struct NativeGuest {
    memory: Vec<u8>,
    state: HostState,
    next: usize,
    /// Answers every allocation with 0.
    pub out_of_memory: bool,
}

impl NativeGuest {
    pub(super) fn new(state: HostState) -> Self {
        Self { memory: vec![0; HEAP], state, next: HEAP, out_of_memory: false }
    }

    /// Bytes of memory in use.
    pub(super) fn memory_size(&self) -> u64 {
        self.memory.len() as u64
    }

    /// All of it.
    pub(super) fn memory(&self) -> &[u8] {
        &self.memory
    }

    /// Puts bytes into memory; returns their address and length.
    pub fn store(&mut self, bytes: &[u8]) -> (i32, i32) {
        let at = self.reserve(bytes.len());
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
        (at as i32, bytes.len() as i32)
    }

    /// How much of the memory is in use, to [`rewind`](Self::rewind) to.
    pub fn mark(&self) -> usize {
        self.next
    }

    /// Frees everything stored or allocated since `mark`. What has been freed can still be read until it is given out anew.
    pub fn rewind(&mut self, mark: usize) {
        self.next = self.next.min(mark);
    }

    /// The bytes at an address; empty if it is outside memory.
    pub fn load(&self, ptr: i32, len: i32) -> &[u8] {
        let start = ptr as u32 as usize;
        self.memory.get(start..start.saturating_add(len as u32 as usize)).unwrap_or_default()
    }

    /// The integer at an address; 0 if it is outside memory.
    pub fn load_u32(&self, ptr: i32) -> u32 {
        self.load(ptr, 4).try_into().map_or(0, u32::from_le_bytes)
    }

    /// Logs at INFO.
    ///
    /// # Errors
    ///
    /// As `proxy_log`.
    pub fn log(&mut self, message: &str) -> Result<(), VmError> {
        let (ptr, len) = self.store(message.as_bytes());
        dispatch::proxy_log(self, LogLevel::Info.as_i32(), ptr, len).map(drop)
    }

    /// Calls a host function that returns bytes: `call` gets the two output slots.
    ///
    /// # Errors
    ///
    /// As the function.
    pub fn read(
        &mut self,
        call: impl FnOnce(&mut Self, i32, i32) -> Result<i32, VmError>,
    ) -> Result<Result<Vec<u8>, Status>, VmError> {
        let [data, size] = SLOTS;
        let status = call(self, data, size)?;
        Ok(match Status::from_i32(status) {
            Some(Status::Ok) => Ok(self.load(self.load_u32(data) as i32, self.load_u32(size) as i32).to_vec()),
            Some(status) => Err(status),
            None => Err(Status::InternalFailure),
        })
    }

    fn reserve(&mut self, size: usize) -> usize {
        let at = self.next;
        self.next = at + size.next_multiple_of(8);
        if self.next > self.memory.len() {
            self.memory.resize(self.next, 0);
        }
        at
    }
}

impl Guest for NativeGuest {
    fn state(&mut self) -> &mut HostState {
        &mut self.state
    }

    fn split(&mut self) -> (&mut [u8], &mut HostState) {
        (&mut self.memory, &mut self.state)
    }

    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError> {
        if self.out_of_memory {
            return Ok(0);
        }
        Ok(self.reserve(size as usize) as u32)
    }
}
