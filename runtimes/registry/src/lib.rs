//! The runtimes that were built in, by name.
//!
//! Cargo features decide which runtimes a program has: `wasmtime` (the default), `wasmer`, `wasmi`. `wasmtime-headless` and
//! `wasmer-headless` are the same runtimes without their compilers, which load artefacts only. This crate is the only one
//! that looks at these features. Everyone else asks [`names`] what there is and gets a runtime with [`open`].
//!
//! ```
//! for name in tollgate_runtimes::names() {
//!     let runtime = tollgate_runtimes::open(name).unwrap();
//!     println!("{} {}: {}", runtime.name(), runtime.version(), runtime.capabilities().mode);
//! }
//! ```

#![forbid(unsafe_code)]

mod engines;
mod error;
mod name;

pub use error::{OpenError, UnknownRuntime};
pub use name::{Resolved, resolve};

use engines::ENGINES;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tollgate_host::vm::{Runtime, VmError};

/// How a runtime is made; `None` if it was not built in.
type Constructor = Option<fn() -> Result<Arc<dyn Runtime>, VmError>>;

/// Every runtime there is, built in or not, in the order in which they are shown.
pub fn known() -> &'static [&'static str] {
    static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| ENGINES.iter().map(|(name, _)| *name).collect());
    &KNOWN
}

/// The runtimes that were built in, in the order in which they are shown.
pub fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        ENGINES.iter().filter(|(_, constructor)| constructor.is_some()).map(|(name, _)| *name).collect()
    });
    &NAMES
}

/// The runtime to use where none is asked for: the first that was built in.
pub fn default_name() -> Option<&'static str> {
    names().first().copied()
}

/// The runtime of this name, or with this alias. It is made once and shared from then on.
///
/// # Errors
///
/// The name is not known or the runtime was not built in ([`UnknownRuntime`]), or the engine does not work on this
/// machine.
pub fn open(name: &str) -> Result<Arc<dyn Runtime>, OpenError> {
    static OPEN: Mutex<Vec<Arc<dyn Runtime>>> = Mutex::new(Vec::new());

    let name = resolve(name)?.name;
    // A panic while one was being made leaves the list as it was.
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = open.iter().find(|runtime| runtime.name() == name) {
        return Ok(runtime.clone());
    }
    let constructor = ENGINES.iter().find(|(engine, _)| *engine == name).and_then(|(_, constructor)| *constructor);
    let Some(constructor) = constructor else { return Err(UnknownRuntime::new(name).into()) };
    let runtime = constructor().map_err(|error| OpenError::Engine { name, error })?;
    open.push(runtime.clone());
    Ok(runtime)
}
