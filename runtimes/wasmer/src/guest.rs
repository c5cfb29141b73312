//! What is kept for a store, and what a host function sees of its caller.

use crate::budget::Budget;
use crate::countdown::{self, Metering};
use crate::error;
use std::cell::UnsafeCell;
use std::rc::Rc;
use std::time::Duration;
use tollgate_host::HostState;
use tollgate_host::vm::{Allocator, Guest, VmError};
use tollgate_runtime_ticker::Watch;
use wasmer::{AsStoreRef, FunctionEnvMut, Global, Memory, RuntimeError, TypedFunction};

/// What is kept for a store: the host's state, and the handles that host calls need, resolved once.
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

/// The [`Env`] of a store, for the instance and for its host functions.
///
/// It is not wasmer's `FunctionEnv`, which looks for what it has by type each time: as long as the shortest host call takes.
#[derive(Clone)]
pub(crate) struct SharedEnv(Rc<UnsafeCell<Env>>);

impl SharedEnv {
    pub(crate) fn new(env: Env) -> Self {
        Self(Rc::new(UnsafeCell::new(env)))
    }

    /// What is in it.
    ///
    /// # Safety
    ///
    /// While the reference lives, no other to the same `Env` is used: no guest of its store runs, unless the reference is not
    /// used again, and nobody else asks for one.
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "that there is one reference at a time is the caller's promise")]
    pub(crate) unsafe fn get(&self) -> &mut Env {
        // SAFETY: the pointer is valid for as long as `self` is; the rest is the caller's promise.
        unsafe { &mut *self.0.get() }
    }
}

// SAFETY: wasmer asks that what its functions have be `Send` and `Sync`, and this is neither: it is counted and looked into without a
// lock, and `HostState` shares its services and streams with others on its thread. But nothing here ever reaches another
// thread. A `SharedEnv` is made in `WasmerInstance::new`; its clones go into host functions, which that makes too and which
// belong to its store. They run on the thread that called the guest, and are dropped with the store. The store is a private
// field of `WasmerInstance` and is dropped with it. And a `WasmerInstance` stays on its thread: it leaves this crate only as a
// `Box<dyn Instance>`, a type that is neither `Send` nor `Sync`, so that safe code cannot move, share or drop it elsewhere.
unsafe impl Send for SharedEnv {}

// SAFETY: as above.
unsafe impl Sync for SharedEnv {}

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
pub(crate) struct WasmerGuest<'a> {
    env: &'a SharedEnv,
    store: FunctionEnvMut<'a, ()>,
}

impl<'a> WasmerGuest<'a> {
    /// The guest that called, if it has not used up its time.
    ///
    /// # Safety
    ///
    /// It is the host function that runs, of the store that `env` is of: until it returns or calls a guest in its turn, nobody
    /// else looks into `env`.
    #[inline]
    pub(crate) unsafe fn in_time(env: &'a SharedEnv, store: FunctionEnvMut<'a, ()>) -> Result<Self, RuntimeError> {
        let mut guest = Self { env, store };
        countdown::in_time(&mut guest.env().watch)?;
        Ok(guest)
    }

    #[inline]
    fn env(&mut self) -> &mut Env {
        // SAFETY: the reference borrows `self`, of which there is one for the host function that runs, as `in_time` was promised.
        // Guests run again in `call_allocator` only, which borrows `self` as well.
        unsafe { self.env.get() }
    }

    /// The guest's memory and what is kept for the store, disjoint.
    fn bytes_and_env(&mut self) -> (&mut [u8], &mut Env) {
        // SAFETY: as in `env`: the reference borrows `self`, too.
        let env = unsafe { self.env.get() };
        let bytes = match &env.memory {
            // SAFETY: the slice borrows `self`, as this function's type says, and with it the store: until it is gone,
            // neither can the guest be called nor a second slice be asked for. The memory is not shared with other
            // threads or stores, because threads are not among the features. The state beside it is an object of the
            // host's, outside guest memory.
            Some(memory) => unsafe { bytes(memory, &self.store) },
            None => &mut [],
        };
        (bytes, env)
    }
}

impl Guest for WasmerGuest<'_> {
    fn state(&mut self) -> &mut HostState {
        &mut self.env().state
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
        let function = self.env().allocator.begin()?;
        let block = function.call(&mut self.store, size);
        let env = self.env();
        env.allocator.finish(function);
        block.map_err(|error| error::call(error, env.shift))
    }
}
