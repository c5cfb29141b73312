//! What is measured: one module per group, each with its cases.

pub mod callback;
pub mod compile;
pub mod guest;
pub mod hostcall;
pub mod instantiate;
pub mod limits;
pub mod stream;
pub mod trace;

use crate::Case;

/// Cases that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The first part of the names of its cases.
    pub name: &'static str,
    /// What is measured, for people.
    pub title: &'static str,
    /// Makes its cases.
    pub cases: fn() -> Vec<Case>,
}

/// Every group, in the order in which they are shown.
pub const ALL: [Group; 8] = [
    Group { name: "compile", title: "Loading a plugin", cases: compile::cases },
    Group { name: "instantiate", title: "Starting a loaded plugin", cases: instantiate::cases },
    Group { name: "callback", title: "Entering the plugin once", cases: callback::cases },
    Group { name: "hostcall", title: "One host call", cases: hostcall::cases },
    Group { name: "stream", title: "A stream's life", cases: stream::cases },
    Group { name: "guest", title: "Work inside the plugin", cases: guest::cases },
    Group { name: "limits", title: "Holding a plugin to its limits", cases: limits::cases },
    Group { name: "trace", title: "A stream's life, unobserved and observed", cases: trace::cases },
];

/// The cases of every group.
pub fn all() -> Vec<Case> {
    ALL.iter().flat_map(|group| (group.cases)()).collect()
}

#[cfg(test)]
mod tests {
    use super::{ALL, all};
    use std::collections::BTreeSet;

    #[test]
    fn cases_bear_the_names_of_their_groups_and_no_two_the_same() {
        for group in ALL {
            assert!((group.cases)().iter().all(|case| case.group == group.name), "{}", group.name);
        }
        let cases = all();
        let names: BTreeSet<_> = cases.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), cases.len());
    }
}
