//! Expected transcripts: `<case>.expected`, or `<case>.<version>.expected` where a version of the ABI differs.

use crate::case::Case;
use crate::run;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tollgate_abi::AbiVersion;
use tollgate_host::vm::Runtime;

/// Lines shown before and after the first difference.
const CONTEXT: usize = 4;

/// The file for every version that has none of its own.
fn common(case: &Case) -> PathBuf {
    case.path.with_extension("expected")
}

/// The file for one version.
fn specific(case: &Case, abi: AbiVersion) -> PathBuf {
    case.path.with_extension(format!("{}.expected", abi.as_str()))
}

/// The expected transcript of a case for a version.
///
/// # Errors
///
/// There is no such file.
pub fn expected(case: &Case, abi: AbiVersion) -> anyhow::Result<String> {
    let specific = specific(case, abi);
    let path = if specific.exists() { specific } else { common(case) };
    fs::read_to_string(&path)
        .with_context(|| format!("{} does not exist; write it with BLESS=1 and review it", path.display()))
}

/// Compares a transcript with what is expected.
///
/// # Errors
///
/// The first difference, with lines around it.
pub fn check(case: &Case, abi: AbiVersion, transcript: &str) -> Result<(), String> {
    let expected = expected(case, abi).map_err(|error| format!("{error:#}"))?;
    if expected == transcript { Ok(()) } else { Err(difference(&expected, transcript)) }
}

/// Writes the expected transcripts of a case, as a runtime gives them: one file for the newest version that was released,
/// others only for versions that differ from it.
///
/// # Errors
///
/// The case cannot be run, or a file not be written.
pub fn bless(case: &Case, runtime: &dyn Runtime) -> anyhow::Result<()> {
    let versions = case.header.versions()?;
    let newest = versions.iter().copied().max_by_key(|version| (!version.is_experimental(), *version));
    let newest = newest.unwrap_or(AbiVersion::V0_2_1);
    let shared = run::transcript(case, newest, runtime)?;
    replace(&common(case), Some(&shared))?;
    for abi in AbiVersion::ALL {
        let own = if versions.contains(&abi) && abi != newest {
            Some(run::transcript(case, abi, runtime)?).filter(|own| *own != shared)
        } else {
            None
        };
        replace(&specific(case, abi), own.as_deref())?;
    }
    Ok(())
}

/// Writes a file if its content changes, or removes it.
fn replace(path: &Path, content: Option<&str>) -> anyhow::Result<()> {
    let old = fs::read_to_string(path).ok();
    match content {
        Some(content) if old.as_deref() == Some(content) => Ok(()),
        Some(content) => fs::write(path, content),
        None if old.is_some() => fs::remove_file(path),
        None => Ok(()),
    }
    .with_context(|| path.display().to_string())
}

/// The first difference between two texts, with lines around it.
fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let mut text = format!("the transcript differs from line {} on (BLESS=1 rewrites what is expected)\n", same + 1);
    for line in &old[same.saturating_sub(CONTEXT)..same] {
        let _ = writeln!(text, "  {line}");
    }
    for (mark, lines) in [('-', &old), ('+', &new)] {
        for line in lines.iter().skip(same).take(CONTEXT) {
            let _ = writeln!(text, "{mark} {line}");
        }
        if lines.len() == same {
            let _ = writeln!(text, "{mark} (ends here)");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_difference_is_shown_with_what_leads_to_it() {
        let text = difference("a\nb\nc\n", "a\nb\nd\n");
        assert!(text.contains("line 3"));
        assert!(text.ends_with("  a\n  b\n- c\n+ d\n"));
        assert!(difference("a\n", "a\nb\n").ends_with("- (ends here)\n+ b\n"));
    }
}
