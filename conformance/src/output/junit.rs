//! Results as JUnit's XML: a suite per runtime and heading.

use crate::matrix::Verdict;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<(&str, &Verdict)>> = BTreeMap::new();
    for verdict in verdicts {
        let (suite, case) = verdict.name.rsplit_once('/').unwrap_or(("", &verdict.name));
        suites.entry(suite).or_default().push((case, verdict));
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>")?;
    for (suite, cases) in suites {
        let failed = cases.iter().filter(|(_, verdict)| verdict.failure.is_some()).count();
        let name = escape(suite);
        writeln!(out, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\">", cases.len())?;
        for (case, verdict) in cases {
            let (case, time) = (escape(case), verdict.time.as_secs_f64());
            write!(out, "    <testcase classname=\"{name}\" name=\"{case}\" time=\"{time:.6}\"")?;
            match &verdict.failure {
                None => writeln!(out, "/>")?,
                Some(failure) => writeln!(out, "><failure>{}</failure></testcase>", escape(failure))?,
            }
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no way to write the other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
