//! What is kept in the store, and what a host function sees of its caller.

use crate::budget::Budget;
use crate::countdown::Metering;
use crate::error;
use std::time::Duration;
use tollgate_host::HostState;
use tollgate_host::vm::{Allocator, Guest, VmError};
use tollgate_runtime_ticker::Watch;
use wasmer::{AsStoreRef, FunctionEnvMut, Global, Memory, TypedFunction};

/// What is kept in the store: the host's state, and the handles that host calls need, resolved once.
pub(crate) struct Env {
    pub(crate) state: HostState,
    pub(crate) memory: Option<Memory>,
    pub(crate) allocator: Allocator<TypedFunction<u32, u32>>,
    /// Of the call that runs.
    pub(crate) watch: Watch,
    /// What the guest counts down.
    pub(crate) counter: Option<Global>,
    pub(crate) metering: Metering,
    /// Of each call, where the guest counts its work.
    pub(crate) budget: Budget,
    /// How far the module's code has moved.
    pub(crate) shift: Option<usize>,
}

// SAFETY: wasmer asks that what a store keeps be `Send`, and `HostState` is not: it shares its services and streams with
// others on its thread. But nothing here ever reaches another thread. An `Env` is made in `WasmerInstance::new` and moved
// at once into the store that was made there too; the store hands out references only, to host functions, which run on
// the thread that called the guest, and to `WasmerInstance`. The store is a private field of `WasmerInstance` and is
// dropped with it. And a `WasmerInstance` stays on its thread: it leaves this crate only as a `Box<dyn Instance>`, a type
// that is neither `Send` nor `Sync`, so that safe code cannot move, share or drop it elsewhere.
unsafe impl Send for Env {}

/// The bytes of a memory.
///
/// # Safety
///
/// While the slice lives, nothing else may read, write or grow the memory: no guest of its store runs, and no other slice
/// of it exists.
pub(crate) unsafe fn bytes<'a>(memory: &Memory, store: &impl AsStoreRef) -> &'a mut [u8] {
    let view = memory.view(store);
    let (start, size) = (view.data_ptr(), view.data_size() as usize);
    if size == 0 {
        // Nothing is promised of the address then.
        return &mut [];
    }
    // SAFETY: wasmer gives the start and the size of the memory as it is now: mapped, initialised and in one piece. That
    // it stays so, and is not aliased, is the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(start, size) }
}

/// The guest that called a host function.
pub(crate) struct WasmerGuest<'a>(pub(crate) FunctionEnvMut<'a, Env>);

impl Guest for WasmerGuest<'_> {
    fn state(&mut self) -> &mut HostState {
        &mut self.0.data_mut().state
    }

    fn split(&mut self) -> (&mut [u8], &mut HostState) {
        let (bytes, env) = self.bytes_and_env();
        (bytes, &mut env.state)
    }

    fn split_timed<T>(
        &mut self,
        run: impl FnOnce(&mut [u8], &mut HostState, &mut dyn FnMut(Duration) -> bool) -> T,
    ) -> T {
        let (bytes, env) = self.bytes_and_env();
        run(bytes, &mut env.state, &mut |time| env.watch.has(time))
    }

    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError> {
        let function = self.0.data_mut().allocator.begin()?;
        let block = function.call(&mut self.0, size);
        let env = self.0.data_mut();
        env.allocator.finish(function);
        block.map_err(|error| error::call(error, env.shift))
    }
}

impl WasmerGuest<'_> {
    /// The guest's memory and what is kept in the store, disjoint.
    fn bytes_and_env(&mut self) -> (&mut [u8], &mut Env) {
        let (env, store) = self.0.data_and_store_mut();
        let bytes = match &env.memory {
            // SAFETY: the slice borrows `self`, as this function's type says, and with it the store: until it is gone,
            // neither can the guest be called nor a second slice be asked for. The memory is not shared with other
            // threads or stores, because threads are not among the features. The state beside it is an object of the
            // host's, outside guest memory.
            Some(memory) => unsafe { bytes(memory, &store) },
            None => &mut [],
        };
        (bytes, env)
    }
}
