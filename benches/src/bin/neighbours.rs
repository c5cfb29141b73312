//! Measures how long requests of others wait while a plugin hangs; `benches/README.md` says how.

use clap::Parser;
use std::process::ExitCode;
use tollgate_benches::neighbours::{Options, measure};

/// How long requests of others wait while a plugin hangs on their worker.
#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    match measure(&Cli::parse().options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
