//! The seam between the host and the Wasm engines.
//!
//! A runtime crate implements four traits: [`Runtime`] compiles, [`Module`] makes instances, [`Instance`] is called by
//! the host, [`Guest`] is what a host function sees of its caller. Everything else - contexts, versions of the ABI,
//! policies, logs - is on this side of the seam.
//!
//! A runtime links host functions by expanding [`tollgate_abi::for_each_host_function!`] over [`crate::dispatch`], and
//! generates its [`Instance`] by expanding [`tollgate_abi::for_each_callback!`]; it never names a function itself.
//! `docs/ADDING_A_RUNTIME.md` walks through it.

mod allocator;
mod capabilities;
mod error;
mod limits;

pub use allocator::Allocator;
pub use capabilities::{Capabilities, CompileMode};
pub use error::{Frame, HostFault, TrapKind, VmError, VmErrorKind};
pub use limits::{Entry, Limits};

use crate::module::CheckedModule;
use crate::state::HostState;
use std::sync::Arc;
use std::time::Duration;
use tollgate_abi::for_each_callback;

/// A Wasm engine.
pub trait Runtime: Send + Sync {
    /// Name by which it is chosen: lower case, as the engine calls itself.
    fn name(&self) -> &'static str;

    /// Version of the engine.
    fn version(&self) -> &'static str;

    /// What this engine can do.
    fn capabilities(&self) -> Capabilities;

    /// Compiles a module that has passed [`CheckedModule::parse`] and resolves its imports against
    /// [`crate::dispatch`].
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Compile`] if the engine refuses the module.
    fn compile(&self, module: &CheckedModule) -> Result<Arc<dyn Module>, VmError>;
}

/// A compiled and linked module. Shared by all threads.
pub trait Module: Send + Sync {
    /// Makes an instance that owns `state`, within its [`limits`](HostState::limits). Runs no code of the guest: a start section has become an export
    /// ([`CheckedModule`]) that the host calls like any other.
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Instantiate`] if memory or tables cannot be made, or an active segment does not fit.
    fn instantiate(&self, state: HostState) -> Result<Box<dyn Instance>, VmError>;

    /// The compiled module as bytes, for engines that have such a form.
    fn serialize(&self) -> Option<Result<Vec<u8>, VmError>>;
}

macro_rules! instance_trait {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => {
        /// An instance of a module, to be used on the thread that made it.
        ///
        /// There is one method per callback. Each answers `None` if the module does not export the callback with that
        /// type, and an error if the call trapped; what that means for the instance is up to the caller.
        pub trait Instance {
            /// What the host keeps for the instance.
            fn state(&mut self) -> &mut HostState;

            /// Bytes of linear memory now in use; 0 for a module without memory.
            fn memory_size(&mut self) -> u64;

            /// Sets how long each of the following calls may take, in wall time, calls of the allocator from within it
            /// included; `None`, as at first, for as long as it wants. One that takes longer ends in
            /// [`TrapKind::Interrupted`].
            fn set_deadline(&mut self, deadline: Option<Duration>);

            $(
                #[doc = concat!($doc, "\n\nExport `", $export, "`.\n\n# Errors\n\nThe call trapped.")]
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<instance_trait!(@ret $($ret)?)>, VmError>;
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(instance_trait);

/// What a host function sees of the guest that calls it.
pub trait Guest {
    /// What the host keeps for the instance.
    fn state(&mut self) -> &mut HostState;

    /// The guest's memory and the host's state, disjoint. The memory is empty if the module has none.
    fn split(&mut self) -> (&mut [u8], &mut HostState);

    /// Calls the guest's allocator. Use `crate::memory::allocate`, which keeps the books.
    ///
    /// # Errors
    ///
    /// The allocator trapped, or there is none ([`HostFault::NoAllocator`]).
    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError>;
}
