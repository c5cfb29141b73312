//! wasmer is built in.

use crate::Constructor;
use std::sync::Arc;
use tollgate_runtime_wasmer::WasmerRuntime;

pub(super) const CONSTRUCTOR: Constructor = Some(|| Ok(Arc::new(WasmerRuntime::new())));
