//! Results as one JSON document.

use crate::matrix::Verdict;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn write(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    let trials: Vec<_> = verdicts
        .iter()
        .map(|verdict| {
            json!({
                "name": verdict.name,
                "passed": verdict.failure.is_none(),
                "failure": verdict.failure,
                "seconds": verdict.time.as_secs_f64(),
            })
        })
        .collect();
    let failed = verdicts.iter().filter(|verdict| verdict.failure.is_some()).count();
    let document = json!({ "passed": verdicts.len() - failed, "failed": failed, "trials": trials });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
