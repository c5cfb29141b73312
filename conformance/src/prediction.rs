//! Predicted failures: `expected/<runtime>.toml` lists trials that a runtime is known to fail, with the reason.
//!
//! They are run all the same. One that passes, and an entry that matches no trial, fails the suite, so that the list
//! cannot go stale.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::path::Path;

/// What is predicted for one runtime.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictions {
    /// Trials that fail.
    #[serde(default)]
    pub failure: Vec<Failure>,
}

/// A trial that fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// `heading/case[version]`.
    pub trial: String,
    /// Why it fails, for the reader.
    pub reason: String,
}

impl Predictions {
    /// Reads the predictions for a runtime.
    ///
    /// # Errors
    ///
    /// The file is missing or wrong, or an entry gives no reason.
    pub fn read(root: &Path, runtime: &str) -> anyhow::Result<Self> {
        let path = root.join("expected").join(format!("{runtime}.toml"));
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{}: every runtime has such a file, even if it is empty", path.display()))?;
        let predictions: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        for failure in &predictions.failure {
            ensure!(!failure.reason.trim().is_empty(), "{}: {} lacks a reason", path.display(), failure.trial);
        }
        Ok(predictions)
    }

    /// The predicted failure of a trial.
    pub fn of(&self, trial: &str) -> Option<&Failure> {
        self.failure.iter().find(|failure| failure.trial == trial)
    }

    /// Entries that match none of these trials.
    pub fn unmatched<'a>(&'a self, trials: &[String]) -> Vec<&'a str> {
        let unmatched = self.failure.iter().filter(|failure| !trials.contains(&failure.trial));
        unmatched.map(|failure| &*failure.trial).collect()
    }
}
