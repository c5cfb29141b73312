//! What is measured: one module per group, each with its cases.

pub mod callback;
pub mod compile;
pub mod hostcall;
pub mod instantiate;
pub mod stream;
pub mod trace;

use crate::Case;

/// The cases of every group.
pub fn all() -> Vec<Case> {
    [compile::cases(), instantiate::cases(), callback::cases(), hostcall::cases(), stream::cases(), trace::cases()]
        .into_iter()
        .flatten()
        .collect()
}
