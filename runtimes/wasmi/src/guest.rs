//! What is kept in the store, and what a host function sees of its caller.

use crate::slices::{self, Budget};
use std::time::Duration;
use tollgate_host::HostState;
use tollgate_host::vm::{Allocator, Guest, VmError};
use tollgate_runtime_ticker::Watch;
use wasmi::{Caller, Memory, StoreLimits, TypedFunc};

/// What is kept in the store: the host's state, and the handles that host calls need, resolved once.
pub(crate) struct Data {
    pub(crate) state: HostState,
    pub(crate) memory: Option<Memory>,
    pub(crate) allocator: Allocator<TypedFunc<u32, u32>>,
    pub(crate) limits: StoreLimits,
    /// Of the call that runs.
    pub(crate) watch: Watch,
    pub(crate) budget: Budget,
}

/// The guest that called a host function.
pub(crate) struct WasmiGuest<'a>(pub(crate) Caller<'a, Data>);

impl Guest for WasmiGuest<'_> {
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

    fn split_timed<T>(
        &mut self,
        run: impl FnOnce(&mut [u8], &mut HostState, &mut dyn FnMut(Duration) -> bool) -> T,
    ) -> T {
        let memory = self.0.data().memory;
        let (bytes, data) = match memory {
            Some(memory) => memory.data_and_store_mut(&mut self.0),
            None => (&mut [][..], self.0.data_mut()),
        };
        run(bytes, &mut data.state, &mut |time| data.watch.has(time))
    }

    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError> {
        let function = self.0.data_mut().allocator.begin()?;
        let block = slices::call(&mut self.0, &function, size);
        self.0.data_mut().allocator.finish(function);
        block
    }
}
