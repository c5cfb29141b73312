//! Where we mean to differ: `expected/envoy.toml` lists cases with the reason, and where `docs/DIFFERENCES.md` says it.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::path::Path;

/// What is expected to differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    /// The differences, in order of precedence.
    #[serde(default)]
    pub(super) difference: Vec<Difference>,
    /// Cases that no rule of [`super::comparable`] leaves out, and that cannot be compared all the same.
    #[serde(default)]
    not_comparable: Vec<LeftOut>,
}

/// Cases that cannot be compared, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOut {
    /// As in [`Difference`].
    cases: Vec<String>,
    /// Why they cannot be compared.
    reason: String,
}

/// Cases that differ, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// Patterns over `heading/case[version]`; `*` stands for anything, and the version may be left out.
    pub(super) cases: Vec<String>,
    /// Why they differ.
    pub(super) reason: String,
    /// Where `docs/DIFFERENCES.md` says so: a heading, or the words in bold that begin an entry.
    pub(super) see: String,
    /// Whether the case is run at Envoy.
    #[serde(default = "yes")]
    pub(super) run: bool,
    /// Whether every run differs; not where Envoy's own runs differ from each other.
    #[serde(default = "yes")]
    pub(super) always: bool,
}

const fn yes() -> bool {
    true
}

impl Expectations {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// The file is missing or wrong, an entry has no reason, or refers to nothing.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let path = root.join("expected").join("envoy.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let expectations: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        let document = root.join("../docs/DIFFERENCES.md");
        let document = std::fs::read_to_string(&document).with_context(|| document.display().to_string())?;
        // Lines are wrapped.
        let flat = document.split_whitespace().collect::<Vec<_>>().join(" ");
        for difference in &expectations.difference {
            let Difference { cases, reason, see, .. } = difference;
            ensure!(!cases.is_empty() && !reason.trim().is_empty(), "{}: {cases:?} lacks a reason", path.display());
            let said = document.lines().any(|line| line.trim_start_matches('#').trim() == see && line.starts_with('#'))
                || flat.contains(&format!("- **{see}**"));
            ensure!(said, "{}: docs/DIFFERENCES.md does not say {see:?}", path.display());
        }
        for left_out in &expectations.not_comparable {
            let LeftOut { cases, reason } = left_out;
            ensure!(!cases.is_empty() && !reason.trim().is_empty(), "{}: {cases:?} lacks a reason", path.display());
        }
        Ok(expectations)
    }

    /// Why a case cannot be compared, if it is listed so.
    pub(super) fn not_comparable(&self, trial: &str) -> Option<&str> {
        let matches = |left_out: &&LeftOut| left_out.cases.iter().any(|pattern| matches(pattern, trial));
        self.not_comparable.iter().find(matches).map(|left_out| &*left_out.reason)
    }

    /// Every pattern of cases that cannot be compared.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &str> {
        self.not_comparable.iter().flat_map(|left_out| left_out.cases.iter().map(|pattern| &**pattern))
    }

    /// The entry for a case, by the place of its pattern.
    pub(super) fn of(&self, trial: &str) -> Option<(&Difference, &str)> {
        self.difference.iter().find_map(|difference| {
            let pattern = difference.cases.iter().find(|pattern| matches(pattern, trial))?;
            Some((difference, &**pattern))
        })
    }

    /// Every pattern.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.difference.iter().flat_map(|difference| difference.cases.iter().map(|pattern| &**pattern))
    }
}

/// Whether a pattern means a trial.
pub(super) fn matches(pattern: &str, trial: &str) -> bool {
    let name = trial.split('[').next().unwrap_or(trial);
    glob(pattern.as_bytes(), trial.as_bytes()) || glob(pattern.as_bytes(), name.as_bytes())
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => glob(rest, text) || text.split_first().is_some_and(|(_, text)| glob(pattern, text)),
        ([p, pattern @ ..], [t, text @ ..]) => p == t && glob(pattern, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_names_with_and_without_version() {
        assert!(matches("a/b", "a/b[0.2.1]"));
        assert!(matches("a/b[0.2.1]", "a/b[0.2.1]"));
        assert!(matches("a/*_x", "a/b_x[0.1.0]"));
        assert!(matches("*[0.1.0]", "a/b_x[0.1.0]"));
        assert!(!matches("a/b", "a/bc[0.2.1]"));
        assert!(!matches("a/b[0.2.0]", "a/b[0.2.1]"));
    }
}
