//! The conformance suite: every ABI rule on every runtime.
//!
//! A case is a guest and a dialogue in one file under `cases/`; beside it stands the transcript that is expected, which
//! names no engine: what is right for one is right for all. `README.md` says how to write one.
//!
//! ```text
//! case::discover ──> matrix::trials ──> run::transcript ──> golden::check
//!                    case x version       guest on an          against
//!                    x runtime            engine, peers        <case>.expected
//! ```

#![forbid(unsafe_code)]

pub mod case;
pub mod completeness;
pub mod differential;
pub mod envoy;
pub mod golden;
pub mod matrix;
pub mod output;
pub mod parity;
pub mod prediction;
pub mod report;
pub mod run;

use std::path::PathBuf;

/// The folder of this crate, which holds `cases/` and `expected/`.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
