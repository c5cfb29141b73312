//! One file per runtime, which is replaced by `absent.rs` where the runtime's feature is off.

#[cfg_attr(not(feature = "wasmer-headless"), path = "absent.rs")]
mod wasmer;
#[cfg_attr(not(feature = "wasmi"), path = "absent.rs")]
mod wasmi;
#[cfg_attr(not(feature = "wasmtime-headless"), path = "absent.rs")]
mod wasmtime;

use crate::Constructor;

/// Every runtime, in the order in which they are shown.
pub(crate) const ENGINES: [(&str, Constructor); 3] =
    [("wasmtime", wasmtime::CONSTRUCTOR), ("wasmer", wasmer::CONSTRUCTOR), ("wasmi", wasmi::CONSTRUCTOR)];
