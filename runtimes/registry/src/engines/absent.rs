//! Stands in for a runtime that was not built in.

use crate::Constructor;

pub(super) const CONSTRUCTOR: Constructor = None;
