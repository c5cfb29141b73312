//! An engine whose "module" is Rust code: host logic is tested with it, fast and without any engine.
//!
//! The host still gets a real module to check - [`module`] writes one that exports every callback - but what runs is a
//! [`NativePlugin`], which calls host functions through [`tollgate_host::dispatch`] like any guest.
//!
//! ```
//! use std::sync::Arc;
//! use tollgate_abi::AbiVersion;
//! use tollgate_host::vm::VmError;
//! use tollgate_testkit::native::{NativeGuest, NativePlugin, NativeRuntime};
//! use tollgate_testkit::rig::Rig;
//!
//! struct Hello;
//! impl NativePlugin for Hello {
//!     fn on_configure(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<i32>, VmError> {
//!         guest.log("hello")?;
//!         Ok(Some(1))
//!     }
//! }
//!
//! let runtime = NativeRuntime::new(|| Box::new(Hello));
//! let rig = Rig::native(&runtime, AbiVersion::V0_2_1);
//! assert_eq!(rig.log.take_messages(), ["hello"]);
//! ```

mod guest;
mod runtime;

pub use guest::NativeGuest;
pub use runtime::{NativePlugin, NativeRuntime, module};
