//! What is kept in the store, and what a host function sees of its caller.

use crate::error;
use tollgate_host::HostState;
use tollgate_host::vm::{Guest, HostFault, VmError};
use wasmtime::{Caller, Memory, TypedFunc};

/// What is kept in the store: the host's state, and the handles that host calls need, resolved once.
pub(crate) struct Data {
    pub(crate) state: HostState,
    pub(crate) memory: Option<Memory>,
    pub(crate) allocator: Allocator,
}

/// The guest's allocator.
pub(crate) enum Allocator {
    /// The module exports none.
    Missing,
    /// It can be called.
    Idle(TypedFunc<u32, u32>),
    /// It runs: the handle is on the stack of the host function that called it.
    Running,
}

/// The guest that called a host function.
pub(crate) struct WasmtimeGuest<'a>(pub(crate) Caller<'a, Data>);

impl Guest for WasmtimeGuest<'_> {
    fn state(&mut self) -> &mut HostState {
        &mut self.0.data_mut().state
    }

    fn split(&mut self) -> (&mut [u8], &mut HostState) {
        match self.0.data().memory {
            Some(memory) => {
                let (bytes, data) = memory.data_and_store_mut(&mut self.0);
                (bytes, &mut data.state)
            }
            None => (&mut [], &mut self.0.data_mut().state),
        }
    }

    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError> {
        // Taking the handle out saves cloning it, and shows a call from within the allocator for what it is.
        match std::mem::replace(&mut self.0.data_mut().allocator, Allocator::Running) {
            Allocator::Idle(function) => {
                let block = function.call(&mut self.0, size);
                self.0.data_mut().allocator = Allocator::Idle(function);
                block.map_err(error::call)
            }
            Allocator::Running => Err(VmError::host(HostFault::Reentry)),
            Allocator::Missing => {
                self.0.data_mut().allocator = Allocator::Missing;
                Err(VmError::host(HostFault::NoAllocator))
            }
        }
    }
}
