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
mod artifact;
mod capabilities;
mod error;
mod global;
mod limits;
mod quotas;

pub use allocator::Allocator;
pub use artifact::Artifact;
pub use capabilities::{Capabilities, CompileMode};
pub use error::{Frame, HostFault, TrapKind, VmError, VmErrorKind};
pub use global::{Global, GlobalValue};
pub use limits::{Entry, Limits};
pub use quotas::Quotas;

use crate::module::{CheckedModule, ModuleInfo};
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
    /// [`VmErrorKind::Compile`] if the engine refuses the module, [`VmErrorKind::Engine`] if it was built without its compiler
    /// ([`CompileMode::Elsewhere`]).
    fn compile(&self, module: &CheckedModule) -> Result<Arc<dyn Module>, VmError>;

    /// The same engine, with code that counts its work, for modules whose guests have a budget ([`Limits::fuel`]). Counting
    /// costs time, and is part of the code: its artefacts are others. `None` where
    /// [`Capabilities::fuel`] is false.
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Engine`] if the engine does not work on this machine.
    fn metered(&self) -> Result<Option<Arc<dyn Runtime>>, VmError> {
        Ok(None)
    }

    /// Everything besides name, version and module that decides whether an artefact fits: the engine's settings, its
    /// target, the features of the processor that its code may use. Engines that answer with equal bytes take each other's
    /// artefacts; nobody reads anything else out of them. `None` for engines without artefacts.
    ///
    /// `target` is a triple; without one it is this machine, with all that its processor has.
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Engine`] if the engine does not know the target or cannot compile for it.
    fn compatibility(&self, target: Option<&str>) -> Result<Option<Vec<u8>>, VmError> {
        let _ = target;
        Ok(None)
    }

    /// Compiles a module to an artefact, for `target` as in [`compatibility`](Self::compatibility). The code is not made
    /// ready to run here, and need not be able to.
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Engine`] if the engine has no artefacts, was built without its compiler, or cannot compile for the target,
    /// [`VmErrorKind::Compile`] if it refuses the module.
    fn precompile(&self, module: &CheckedModule, target: Option<&str>) -> Result<Vec<u8>, VmError> {
        let _ = (module, target);
        Err(artifact::none(self))
    }

    /// Makes a module from its artefact, and resolves its imports as [`compile`](Self::compile) does.
    ///
    /// # Errors
    ///
    /// [`VmErrorKind::Engine`] if the engine has no artefacts or does not take this one. The engine may look at less than
    /// it needs to be safe: what it can rely on is said at [`Artifact`].
    fn deserialize(&self, module: &Arc<ModuleInfo>, artifact: Artifact<'_>) -> Result<Arc<dyn Module>, VmError> {
        let _ = (module, artifact);
        Err(artifact::none(self))
    }
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

    /// The compiled module as bytes, for engines that have such a form. An engine that was built without its compiler has it, and
    /// cannot write it.
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

            /// Linear memory as it is now; empty for a module that exports none. For who wants to know how a guest has failed:
            /// host functions have [`Guest::split`].
            fn memory(&mut self) -> &[u8];

            /// What an exported global has in it now; `None` if there is none of this name, or it has a reference in it.
            fn global(&mut self, export: &str) -> Option<Global>;

            /// Sets how much time each of the following calls may use, calls of the allocator from within it included;
            /// `None`, as at first, for as much as it wants. One that uses more ends in [`TrapKind::Interrupted`]. Time is
            /// the thread's own, in which it has a processor, where the system tells.
            fn set_deadline(&mut self, deadline: Option<Duration>);

            /// Sets how much work each of the following calls may do, calls of the allocator from within it included;
            /// `None`, as at first, for as much as it wants. One that does more ends in [`TrapKind::OutOfFuel`]. Does nothing
            /// unless a metered engine has compiled the module ([`Runtime::metered`]).
            fn set_fuel(&mut self, fuel: Option<u64>);

            /// How much of it the last call has used; `None` if it had no budget.
            fn fuel_used(&mut self) -> Option<u64>;

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

    /// As [`split`](Self::split), for what may take long: the third asks whether the call has so much time left, and with
    /// nothing, at next to no cost, whether it has any. It has, always, where calls are given no deadline.
    fn split_timed<T>(
        &mut self,
        run: impl FnOnce(&mut [u8], &mut HostState, &mut dyn FnMut(Duration) -> bool) -> T,
    ) -> T
    where
        Self: Sized,
    {
        let (memory, state) = self.split();
        run(memory, state, &mut |_| true)
    }

    /// Calls the guest's allocator. Use `crate::memory::allocate`, which keeps the books.
    ///
    /// # Errors
    ///
    /// The allocator trapped, or there is none ([`HostFault::NoAllocator`]).
    fn call_allocator(&mut self, size: u32) -> Result<u32, VmError>;
}
