//! What is kept in the store, and what a host function sees of its caller.

use crate::error;
use std::ptr::NonNull;
use std::time::Duration;
use tollgate_host::HostState;
use tollgate_host::vm::{Allocator, Guest, VmError};
use tollgate_runtime_ticker::Watch;
use wasmtime::{AsContextMut, Caller, Memory, ResourceLimiter, StoreContextMut, StoreLimits, TypedFunc};

/// What is kept in the store: the host's state, and the handles that host calls need, resolved once.
pub(crate) struct Data {
    pub(crate) state: HostState,
    memory: Option<Memory>,
    /// Where the memory is, as long as it has not grown.
    seen: Seen,
    pub(crate) allocator: Allocator<TypedFunc<u32, u32>>,
    pub(crate) growth: Growth,
    /// Of the call that runs.
    pub(crate) watch: Watch,
}

impl Data {
    /// What a store has before its instance is there.
    pub(crate) fn new(state: HostState, limits: StoreLimits) -> Self {
        Self {
            state,
            memory: None,
            seen: Seen::NOTHING,
            allocator: Allocator::Missing,
            growth: Growth { limits, unseen: true },
            watch: Watch::new(),
        }
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        self.memory
    }

    pub(crate) fn set_memory(&mut self, memory: Option<Memory>) {
        self.memory = memory;
        self.growth.unseen = true;
    }
}

/// Where a memory was when it was last looked at. Asking for that takes as long as calling a host function.
#[derive(Clone, Copy)]
struct Seen {
    start: NonNull<u8>,
    size: usize,
}

impl Seen {
    /// No bytes at all.
    const NOTHING: Self = Self { start: NonNull::dangling(), size: 0 };
}

/// What memories and tables ask whether they may grow.
pub(crate) struct Growth {
    limits: StoreLimits,
    /// The memory may have grown since it was looked at.
    unseen: bool,
}

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.unseen = true;
        self.limits.memory_growing(current, desired, maximum)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

/// The guest that called a host function.
pub(crate) struct WasmtimeGuest<'a>(pub(crate) Caller<'a, Data>);

impl WasmtimeGuest<'_> {
    /// The guest's memory and what is kept in the store, disjoint.
    #[inline]
    fn bytes_and_data(&mut self) -> (&mut [u8], &mut Data) {
        if self.0.data().growth.unseen {
            look(self.0.as_context_mut());
        }
        let data = self.0.data_mut();
        let Seen { start, size } = data.seen;
        // SAFETY: this is where wasmtime said that the memory is, and how large: mapped, initialised and in one piece, or no
        // bytes at all. It stays so until the memory grows, which nobody can have it do without `Growth` being asked first;
        // and then it is looked at again before this is reached. The memory belongs to the store that the guest which called
        // is in, and so is there. The slice borrows `self`, as this function's type says, and with it the store: until it is
        // gone, neither can the guest be called nor a second slice be asked for. The memory is not shared with other threads
        // or stores, because threads are not among the features. What is kept in the store is an object of the host's,
        // outside guest memory.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), size) };
        (bytes, data)
    }
}

/// Looks where the memory is. Given what a [`WasmtimeGuest`] has, and not that itself: so it need not be in memory anywhere.
#[cold]
fn look(mut store: StoreContextMut<'_, Data>) {
    let seen = store.data().memory.and_then(|memory| {
        let size = memory.data_size(&store);
        Some(Seen { start: NonNull::new(memory.data_ptr(&store))?, size })
    });
    let data = store.data_mut();
    data.seen = seen.unwrap_or(Seen::NOTHING);
    data.growth.unseen = false;
}

impl Guest for WasmtimeGuest<'_> {
    fn state(&mut self) -> &mut HostState {
        &mut self.0.data_mut().state
    }

    fn split(&mut self) -> (&mut [u8], &mut HostState) {
        let (bytes, data) = self.bytes_and_data();
        (bytes, &mut data.state)
    }

    fn split_timed<T>(
        &mut self,
        run: impl FnOnce(&mut [u8], &mut HostState, &mut dyn FnMut(Duration) -> bool) -> T,
    ) -> T {
        let (bytes, data) = self.bytes_and_data();
        run(bytes, &mut data.state, &mut |time| data.watch.has(time))
    }

    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError> {
        let function = self.0.data_mut().allocator.begin()?;
        let block = function.call(&mut self.0, size);
        self.0.data_mut().allocator.finish(function);
        block.map_err(error::call)
    }
}
