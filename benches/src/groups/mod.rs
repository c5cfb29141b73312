//! What is measured: one module per group, each with its cases.

pub mod callback;
pub mod compile;
pub mod guest;
pub mod hostcall;
pub mod instantiate;
pub mod stream;
pub mod trace;

use crate::Case;

/// Makes a group's cases.
type Cases = fn() -> Vec<Case>;

/// Every group by its name, in the order in which they are shown.
pub const ALL: [(&str, Cases); 7] = [
    ("compile", compile::cases),
    ("instantiate", instantiate::cases),
    ("callback", callback::cases),
    ("hostcall", hostcall::cases),
    ("stream", stream::cases),
    ("guest", guest::cases),
    ("trace", trace::cases),
];

/// The cases of every group.
pub fn all() -> Vec<Case> {
    ALL.iter().flat_map(|(_, cases)| cases()).collect()
}
