//! The runtimes compared on the same work, beside the floor: the engines' own calls without us.
//!
//! * [`groups`]: what is measured, as [`Case`]s named `group/scenario/subject`.
//! * [`host`]: the work done through tollgate-host. Subjects: the runtimes built in.
//! * [`native`]: the same plugins in Rust against the host's own interface. Subject: `native`.
//! * [`raw`]: the same guests called through an engine's own typed interface. Subjects: `raw_wasmtime` and so on.
//! * [`guests`], [`input`] and [`work`]: what all are given.
//! * [`criterion`]: cases as benchmarks (`cargo bench`). [`report`] makes tables and plots of them (`src/bin/report.rs`).
//!   `src/bin/ratios.rs`: the same cases as a table of multiples; `src/bin/case.rs`: one of them, for a profiler;
//!   `src/bin/instructions.rs`: what the hot ones cost in instructions, compared with the last time.
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
pub mod instructions;
pub mod native;
pub mod neighbours;
pub mod raw;
pub mod report;
#[path = "../work/plugin/src/work.rs"]
pub mod work;

pub use case::{Case, Run};
