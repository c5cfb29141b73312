//! Results for people.

use crate::matrix::Verdict;
use std::io::{self, Write};

pub(super) fn write(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    for verdict in verdicts {
        if let Some(failure) = &verdict.failure {
            writeln!(out, "FAILED {}\n{failure}", verdict.name)?;
        }
    }
    let failed = verdicts.iter().filter(|verdict| verdict.failure.is_some()).count();
    writeln!(out, "{} trials: {} passed, {failed} failed", verdicts.len(), verdicts.len() - failed)
}
