//! Measures Tollgate beside a real Envoy; `benches/envoy/README.md` says how.

use clap::Parser as _;
use std::process::ExitCode;
use tollgate_benches::envoy::{Options, compare};

fn main() -> ExitCode {
    match compare(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
