//! The native engine: runtime, module, instance.

use super::guest::NativeGuest;
use std::fmt::Write as _;
use std::sync::Arc;
use tollgate_abi::callbacks::START_SECTION_EXPORT;
use tollgate_abi::{AbiVersion, CALLBACKS, for_each_callback};
use tollgate_host::HostState;
use tollgate_host::module::CheckedModule;
use tollgate_host::vm::{Capabilities, CompileMode, Global, Instance, Module, Runtime, VmError};

type Factory = dyn Fn() -> Box<dyn NativePlugin> + Send + Sync;

/// An engine that runs a [`NativePlugin`] whatever module it is given.
#[derive(Clone)]
pub struct NativeRuntime {
    factory: Arc<Factory>,
}

impl NativeRuntime {
    /// An engine whose instances run what `factory` makes.
    pub fn new(factory: impl Fn() -> Box<dyn NativePlugin> + Send + Sync + 'static) -> Self {
        Self { factory: Arc::new(factory) }
    }
}

impl std::fmt::Debug for NativeRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeRuntime").finish_non_exhaustive()
    }
}

impl Runtime for NativeRuntime {
    fn name(&self) -> &'static str {
        "native"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            mode: CompileMode::AheadOfTime,
            simd: true,
            backtraces: false,
            artifacts: false,
            stack_limit: false,
            deadline: false,
            fuel: false,
            memory_limit: false,
            bulk_deadline: true,
        }
    }

    fn compile(&self, _module: &CheckedModule) -> Result<Arc<dyn Module>, VmError> {
        Ok(Arc::new(NativeModule { factory: self.factory.clone() }))
    }
}

struct NativeModule {
    factory: Arc<Factory>,
}

impl Module for NativeModule {
    fn instantiate(&self, state: HostState) -> Result<Box<dyn Instance>, VmError> {
        Ok(Box::new(NativeInstance { plugin: (self.factory)(), guest: NativeGuest::new(state) }))
    }

    fn serialize(&self) -> Option<Result<Vec<u8>, VmError>> {
        None
    }
}

struct NativeInstance {
    plugin: Box<dyn NativePlugin>,
    guest: NativeGuest,
}

macro_rules! native {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => {
        /// A plugin in Rust: one method per callback, each of which does nothing unless written.
        pub trait NativePlugin {
            $(
                #[doc = concat!($doc, "\n\n# Errors\n\nThe plugin traps.")]
                fn $method(
                    &mut self,
                    guest: &mut NativeGuest,
                    $($param: $ty),*
                ) -> Result<Option<native!(@ret $($ret)?)>, VmError> {
                    let _ = (guest, $($param),*);
                    Ok(None)
                }
            )*
        }

        impl Instance for NativeInstance {
            fn state(&mut self) -> &mut HostState {
                tollgate_host::vm::Guest::state(&mut self.guest)
            }

            fn memory_size(&mut self) -> u64 {
                self.guest.memory_size()
            }

            fn memory(&mut self) -> &[u8] {
                self.guest.memory()
            }

            /// Rust code has none.
            fn global(&mut self, _export: &str) -> Option<Global> {
                None
            }

            /// Rust code cannot be interrupted.
            fn set_deadline(&mut self, _deadline: Option<std::time::Duration>) {}

            /// Nor is its work counted.
            fn set_fuel(&mut self, _fuel: Option<u64>) {}

            fn fuel_used(&mut self) -> Option<u64> {
                None
            }

            $(
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<native!(@ret $($ret)?)>, VmError> {
                    self.plugin.$method(&mut self.guest, $($param),*)
                }
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(native);

/// Text of a module that exports an allocator and every callback of a version, so that the host calls them all.
pub fn module(abi: AbiVersion) -> String {
    let mut text = format!(
        "(module (memory (export \"memory\") 1)\n  (func (export \"{}\"))\n  \
         (func (export \"malloc\") (param i32) (result i32) (i32.const 0))\n",
        abi.marker()
    );
    for callback in CALLBACKS.iter().filter(|c| c.versions.contains(abi) && c.name != START_SECTION_EXPORT) {
        let types = |keyword: &str, types: &[tollgate_abi::ValType]| {
            types.iter().map(|ty| format!(" ({keyword} {ty})")).collect::<String>()
        };
        let _ = writeln!(
            text,
            "  (func (export \"{}\"){}{} (unreachable))",
            callback.name,
            types("param", callback.param_types),
            types("result", callback.results),
        );
    }
    text.push(')');
    text
}
