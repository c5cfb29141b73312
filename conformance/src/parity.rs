//! Parity with the tests of others: `PARITY.md` says what stands for each here.

use crate::case::Case;
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Rows that name cases which are still being written.
const PENDING: &str = "pending:";

/// What the check has found.
#[derive(Clone, Debug, Default)]
pub struct Parity {
    /// Rows that wait for a case.
    pub pending: usize,
    /// What is wrong.
    pub wrong: Vec<String>,
}

/// Checks `PARITY.md`: every name that a section lists has a row there, and everything a row refers to exists.
///
/// # Errors
///
/// The file cannot be read.
pub fn check(root: &Path, cases: &[Arc<Case>]) -> anyhow::Result<Parity> {
    let path = root.join("PARITY.md");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let known: BTreeSet<String> = cases.iter().map(|case| format!("{}/{}", case.heading, case.name)).collect();
    Ok(read(&text, |reference| {
        // Sources have an ending and stand anywhere in the tree; a case has none.
        if Path::new(reference).extension().is_some() {
            root.join("..").join(reference).exists()
        } else {
            known.contains(reference)
        }
    }))
}

fn read(text: &str, exists: impl Fn(&str) -> bool) -> Parity {
    let mut parity = Parity::default();
    for section in text.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        let listed = section.split_once("Upstream: ").map_or("", |(_, rest)| rest);
        let listed: BTreeSet<&str> = quoted(listed.split("\n\n").next().unwrap_or_default()).collect();
        let mut told = BTreeSet::new();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
        for (names, here) in rows.filter(|(names, _)| *names != "test") {
            told.extend(names.split(", "));
            let waits = here.starts_with(PENDING);
            let references: Vec<_> = quoted(here).filter(|reference| reference.contains('/')).collect();
            let missing: Vec<_> = references.iter().filter(|reference| !exists(reference)).collect();
            if waits && !missing.is_empty() {
                parity.pending += 1;
            } else if !waits {
                parity
                    .wrong
                    .extend(missing.iter().map(|reference| format!("{title}: {names}: there is no {reference}")));
            }
            if references.is_empty() && !here.contains("because ") && !here.starts_with("not here: ") {
                parity.wrong.push(format!("{title}: {names}: name a case, or say why there is none"));
            }
        }
        parity.wrong.extend(listed.difference(&told).map(|name| format!("{title}: {name} has no row")));
        parity.wrong.extend(told.difference(&listed).map(|name| format!("{title}: {name} is not listed")));
    }
    if parity.wrong.is_empty() && !text.contains("\n| test | here |") {
        parity.wrong.push("there is no table".to_owned());
    }
    parity
}

/// Words between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::read;

    fn section(rows: &str) -> String {
        format!("# Parity\n\n## One\n\nUpstream: `A`, `B`.\n\n| test | here |\n|---|---|\n{rows}")
    }

    #[test]
    fn names_rows_and_references_belong_together() {
        let exists = |reference: &str| reference == "x/y";
        assert!(read(&section("| A, B | `x/y` |\n"), exists).wrong.is_empty());
        assert_eq!(read(&section("| A | `x/y` |\n"), exists).wrong, ["One: B has no row"]);
        assert_eq!(read(&section("| A, B, C | `x/y` |\n"), exists).wrong, ["One: C is not listed"]);
        assert_eq!(read(&section("| A, B | `x/z` |\n"), exists).wrong, ["One: A, B: there is no x/z"]);
        assert!(read(&section("| A | `x/y` |\n| B | nothing |\n"), exists).wrong[0].contains("say why"));
        assert!(read(&section("| A | `x/y` |\n| B | not here: it is not |\n"), exists).wrong.is_empty());
    }

    #[test]
    fn pending_rows_are_counted_until_their_cases_exist() {
        let text = section("| A | pending: `x/y` |\n| B | pending: `x/z` |\n");
        let parity = read(&text, |reference| reference == "x/y");
        assert_eq!((parity.pending, parity.wrong.len()), (1, 0));
    }
}
