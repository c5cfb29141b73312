//! Results for people and for machines.

mod json;
mod junit;
mod text;

use crate::matrix::Verdict;
use std::io;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line per failure and a summary.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// JUnit's XML, which continuous integration reads.
    Junit,
}

/// Writes the results.
///
/// # Errors
///
/// `out` cannot be written to.
pub fn write(format: Format, verdicts: &[Verdict], out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(verdicts, out),
        Format::Json => json::write(verdicts, out),
        Format::Junit => junit::write(verdicts, out),
    }
}
