//! What the comparison has found, for people and for machines.

use crate::matrix::Verdict;
use crate::output::{self, Format};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// What the comparison has found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Release of Envoy.
    pub envoy: String,
    /// A trial for each case and version.
    pub trials: Vec<Trial>,
    /// Patterns of `expected/envoy.toml` by which no case differs.
    pub stale: Vec<String>,
}

/// A case compared.
#[derive(Clone, Debug)]
pub struct Trial {
    /// `heading/case[version]`.
    pub name: String,
    /// What was found.
    pub result: Result,
    /// How long it took.
    pub time: Duration,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum Result {
    /// No difference.
    Equal,
    /// A difference that is meant.
    Different {
        /// Why.
        reason: String,
        /// Which; `None` where the case was not run at Envoy.
        difference: Option<String>,
    },
    /// It cannot be compared, and why.
    NotComparable(String),
    /// A difference that nobody has explained, or an error.
    Unexplained(String),
}

impl Result {
    const fn name(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different { .. } => "different on purpose",
            Self::NotComparable(_) => "not comparable",
            Self::Unexplained(_) => "unexplained",
        }
    }
}

impl Report {
    /// Whether everything is explained.
    pub fn passes(&self) -> bool {
        self.stale.is_empty() && !self.trials.iter().any(|trial| matches!(trial.result, Result::Unexplained(_)))
    }

    fn count(&self, name: &str) -> usize {
        self.trials.iter().filter(|trial| trial.result.name() == name).count()
    }

    /// Writes it; `verbose` shows the differences that are meant, too.
    ///
    /// # Errors
    ///
    /// `out` cannot be written to.
    pub fn write(&self, format: Format, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Text => self.text(verbose, out),
            Format::Json => self.json(out),
            Format::Junit => output::write(Format::Junit, &self.verdicts(), out),
        }
    }

    fn text(&self, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for trial in &self.trials {
            match &trial.result {
                Result::Equal => {}
                Result::Different { reason, difference } => {
                    *reasons.entry((trial.result.name(), reason)).or_default() += 1;
                    if verbose {
                        let difference = difference.as_deref().unwrap_or("not run there");
                        writeln!(out, "DIFFERENT ON PURPOSE {}: {reason}\n{difference}", trial.name)?;
                    }
                }
                Result::NotComparable(reason) => {
                    *reasons.entry((trial.result.name(), reason)).or_default() += 1;
                    if verbose {
                        writeln!(out, "NOT COMPARABLE {}: {reason}", trial.name)?;
                    }
                }
                Result::Unexplained(difference) => writeln!(out, "UNEXPLAINED {}\n{difference}", trial.name)?,
            }
        }
        for ((name, reason), count) in reasons {
            writeln!(out, "{count:4} {name}: {reason}")?;
        }
        for pattern in &self.stale {
            writeln!(out, "STALE expected/envoy.toml: no case differs by {pattern:?}; remove it")?;
        }
        let count = |name| self.count(name);
        writeln!(
            out,
            "Envoy {}, {} trials: {} equal, {} different on purpose, {} not comparable, {} unexplained",
            self.envoy,
            self.trials.len(),
            count("equal"),
            count("different on purpose"),
            count("not comparable"),
            count("unexplained") + self.stale.len(),
        )
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let trials: Vec<_> = self
            .trials
            .iter()
            .map(|trial| {
                let (reason, difference) = match &trial.result {
                    Result::Equal => (None, None),
                    Result::Different { reason, difference } => (Some(reason), difference.as_ref()),
                    Result::NotComparable(reason) => (Some(reason), None),
                    Result::Unexplained(difference) => (None, Some(difference)),
                };
                json!({
                    "name": trial.name,
                    "result": trial.result.name(),
                    "reason": reason,
                    "difference": difference,
                    "seconds": trial.time.as_secs_f64(),
                })
            })
            .collect();
        let document = json!({
            "envoy": self.envoy,
            "equal": self.count("equal"),
            "different_on_purpose": self.count("different on purpose"),
            "not_comparable": self.count("not comparable"),
            "unexplained": self.count("unexplained"),
            "stale": self.stale,
            "trials": trials,
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }

    /// As verdicts of the suite: what is unexplained has failed.
    fn verdicts(&self) -> Vec<Verdict> {
        let trial = |trial: &Trial| Verdict {
            name: format!("envoy/{}", trial.name),
            failure: match &trial.result {
                Result::Unexplained(difference) => Some(difference.clone()),
                _ => None,
            },
            time: trial.time,
        };
        let stale = self.stale.iter().map(|pattern| Verdict {
            name: format!("envoy/stale/{pattern}"),
            failure: Some("no case differs by this pattern of expected/envoy.toml: remove it".to_owned()),
            time: Duration::ZERO,
        });
        self.trials.iter().map(trial).chain(stale).collect()
    }
}
