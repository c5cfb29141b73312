//! The runtimes compared on the same work, beside the floor: the engines' own calls without us.
//!
//! * [`groups`]: what is measured, as [`Case`]s named `group/scenario/subject`.
//! * [`host`]: the work done through tollgate-host. Subjects: the runtimes built in.
//! * [`raw`]: the same guests called through an engine's own typed interface. Subjects: `raw_wasmtime` and so on.
//! * [`guests`] and [`input`]: what both are given.
//! * [`criterion`]: cases as benchmarks (`cargo bench`). `src/bin/ratios.rs`: the same cases as a table of multiples;
//!   `src/bin/case.rs`: one of them, for a profiler.
//! * [`envoy`]: the whole proxy, beside a real Envoy.
//!
//! Only ratios within one run mean anything on a machine that others use too.

#![deny(unsafe_code)]

pub mod case;
pub mod criterion;
pub mod envoy;
pub mod groups;
pub mod guests;
pub mod host;
pub mod input;
pub mod raw;

pub use case::{Case, Run};
