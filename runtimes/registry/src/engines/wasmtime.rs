//! wasmtime is built in.

use crate::Constructor;
use std::sync::Arc;
use tollgate_runtime_wasmtime::WasmtimeRuntime;

pub(super) const CONSTRUCTOR: Constructor = Some(|| Ok(Arc::new(WasmtimeRuntime::new()?)));
