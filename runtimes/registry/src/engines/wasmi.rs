//! wasmi is built in.

use crate::Constructor;
use std::sync::Arc;
use tollgate_runtime_wasmi::WasmiRuntime;

pub(super) const CONSTRUCTOR: Constructor = Some(|| Ok(Arc::new(WasmiRuntime::new())));
