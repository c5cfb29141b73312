//! Expected transcripts: `<case>.expected`, or `<case>.<version>.expected` where a version of the ABI differs.
//!
//! The cases that a file makes with `each` share one, with a line `=== WORD` before each transcript.

use crate::case::{Case, Variant};
use crate::run;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tollgate_abi::AbiVersion;
use tollgate_host::vm::Runtime;

/// Lines shown before and after the first difference.
const CONTEXT: usize = 4;

/// What the line before a variant's transcript begins with.
const SECTION: &str = "=== ";

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
/// There is none.
pub fn expected(case: &Case, abi: AbiVersion) -> anyhow::Result<String> {
    let missing = |path: &Path| format!("{} does not exist; write it with BLESS=1 and review it", path.display());
    let specific = specific(case, abi);
    if specific.exists()
        && let Some(own) = transcript_in(&specific, case)?
    {
        return Ok(own);
    }
    let path = common(case);
    let Some(variant) = &case.variant else {
        return transcript_in(&path, case)?.with_context(|| missing(&path));
    };
    transcript_in(&path, case)?.with_context(|| format!("{} has no transcript of {}", path.display(), variant.word))
}

/// The transcript of a case in a file; `None` if the file does not have it.
fn transcript_in(path: &Path, case: &Case) -> anyhow::Result<Option<String>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    Ok(match &case.variant {
        None => Some(text),
        Some(variant) => {
            let mut sections = sections(&text).into_iter();
            sections.find(|(word, _)| *word == variant.word).map(|(_, transcript)| transcript.to_owned())
        }
    })
}

/// The transcripts in the text of a file that several cases share, with their words.
pub fn sections(text: &str) -> Vec<(&str, &str)> {
    let starts = text.match_indices(SECTION).map(|(at, _)| at);
    let starts: Vec<_> = starts.filter(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n').collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let section = |(start, end): (usize, usize)| text[start + SECTION.len()..end].split_once('\n');
    starts.iter().copied().zip(ends).filter_map(section).collect()
}

/// Compares a transcript with what is expected.
///
/// # Errors
///
/// The first difference, with lines around it.
pub fn check(case: &Case, abi: AbiVersion, transcript: &str) -> Result<(), String> {
    let expected = expected(case, abi).map_err(|error| format!("{error:#}"))?;
    if expected == transcript {
        return Ok(());
    }
    Err(difference(&expected, transcript) + "BLESS=1 rewrites what is expected\n")
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
    replace(&common(case), case, Some(&shared))?;
    for abi in AbiVersion::ALL {
        let own = if versions.contains(&abi) && abi != newest {
            Some(run::transcript(case, abi, runtime)?).filter(|own| *own != shared)
        } else {
            None
        };
        replace(&specific(case, abi), case, own.as_deref())?;
    }
    Ok(())
}

/// Writes the transcript of a case to a file, or takes it out.
fn replace(path: &Path, case: &Case, transcript: Option<&str>) -> anyhow::Result<()> {
    let old = fs::read_to_string(path).ok();
    let content = match &case.variant {
        None => transcript.map(str::to_owned),
        Some(variant) => with_section(old.as_deref().unwrap_or_default(), variant, transcript),
    };
    match content {
        Some(content) if old.as_ref() == Some(&content) => Ok(()),
        Some(content) => fs::write(path, content),
        None if old.is_some() => fs::remove_file(path),
        None => Ok(()),
    }
    .with_context(|| path.display().to_string())
}

/// The text of a shared file with one transcript changed, in the order of the cases; `None` if nothing is left.
fn with_section(old: &str, variant: &Variant, transcript: Option<&str>) -> Option<String> {
    let old = sections(old);
    let mut text = String::new();
    for word in variant.all.iter() {
        let own = if *word == variant.word {
            transcript
        } else {
            old.iter().find(|(known, _)| known == word).map(|(_, transcript)| *transcript)
        };
        if let Some(own) = own {
            let _ = write!(text, "{SECTION}{word}\n{own}");
        }
    }
    (!text.is_empty()).then_some(text)
}

/// The first difference between two texts, with lines around it.
pub fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let mut text = format!("the transcript differs from line {} on\n", same + 1);
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
    use super::{difference, sections, with_section};
    use crate::case::Variant;

    #[test]
    fn a_shared_file_keeps_the_order_of_its_cases_and_loses_those_that_have_gone() {
        let variant = |word: &str| Variant { word: word.to_owned(), all: ["a".to_owned(), "b".to_owned()].into() };
        let text = with_section("=== b\n  two\n=== gone\n", &variant("a"), Some("one\n  === b\n")).unwrap();
        assert_eq!(text, "=== a\none\n  === b\n=== b\n  two\n");
        assert_eq!(sections(&text), [("a", "one\n  === b\n"), ("b", "  two\n")]);
        let text = with_section(&text, &variant("a"), None).unwrap();
        assert_eq!(text, "=== b\n  two\n");
        assert_eq!(with_section(&text, &variant("b"), None), None);
    }

    #[test]
    fn the_first_difference_is_shown_with_what_leads_to_it() {
        let text = difference("a\nb\nc\n", "a\nb\nd\n");
        assert!(text.contains("line 3"));
        assert!(text.ends_with("  a\n  b\n- c\n+ d\n"));
        assert!(difference("a\n", "a\nb\n").ends_with("- (ends here)\n+ b\n"));
    }
}
