//! The matrix: every case on every runtime for every version of the ABI.

use crate::case::{Case, discover};
use crate::differential::{self, Choices};
use crate::prediction::Predictions;
use crate::{completeness, golden, parity, run};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_abi::AbiVersion;

/// Everything that is to be run.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The cases.
    pub cases: Vec<Arc<Case>>,
    /// One trial per case, version and runtime, those of chance, and the checks of the suite itself.
    pub trials: Vec<Trial>,
}

/// Something that passes or fails.
#[derive(Clone, Debug)]
pub struct Trial {
    /// `runtime/heading/case[version]`, `differential/seed` or `suite/check`.
    pub name: String,
    /// What it does.
    pub kind: Kind,
}

/// What a trial does.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Runs a case.
    Case {
        /// The case.
        case: Arc<Case>,
        /// The version of the ABI.
        abi: AbiVersion,
        /// The runtime.
        runtime: &'static str,
        /// Why it is predicted to fail, if it is.
        predicted: Option<String>,
    },
    /// Runs a guest chosen by chance on every runtime, and compares.
    Differential {
        /// What the choices grow from.
        seed: u64,
    },
    /// Tells what was found wrong with the suite itself; nothing: it passes.
    Check(Option<String>),
}

/// The result of a trial.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Name of the trial.
    pub name: String,
    /// What is wrong, if anything.
    pub failure: Option<String>,
    /// How long it took.
    pub time: Duration,
}

impl Matrix {
    /// The whole matrix over the cases and predictions under a folder.
    ///
    /// # Errors
    ///
    /// A case or a prediction cannot be read.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let cases: Vec<_> = discover(root)?.into_iter().map(Arc::new).collect();
        let mut trials: Vec<_> = completeness::checks(root, &cases)?
            .into_iter()
            .map(|(name, wrong)| Trial { name: format!("suite/{name}"), kind: Kind::Check(wrong) })
            .collect();
        let parity = parity::check(root, &cases)?;
        trials.push(Trial {
            name: match parity.pending {
                0 => "suite/parity".to_owned(),
                pending => format!("suite/parity[{pending} pending]"),
            },
            kind: Kind::Check((!parity.wrong.is_empty()).then(|| parity.wrong.join("\n"))),
        });
        for runtime in tollgate_runtimes::names() {
            let predictions = Predictions::read(root, runtime)?;
            let mut names = Vec::new();
            for case in &cases {
                for abi in case.header.versions()? {
                    let name = case.trial(abi);
                    let predicted = predictions.of(&name).map(|failure| failure.reason.clone());
                    let kind = Kind::Case { case: case.clone(), abi, runtime, predicted };
                    trials.push(Trial { name: format!("{runtime}/{name}"), kind });
                    names.push(name);
                }
            }
            let unmatched = predictions.unmatched(&names);
            let wrong = (!unmatched.is_empty())
                .then(|| format!("expected/{runtime}.toml predicts failures of no trial: {}", unmatched.join(", ")));
            trials.push(Trial { name: format!("suite/predictions_of_{runtime}"), kind: Kind::Check(wrong) });
        }
        trials.extend(
            (0..differential::SEEDS)
                .map(|seed| Trial { name: format!("differential/{seed:03}"), kind: Kind::Differential { seed } }),
        );
        Ok(Self { cases, trials })
    }

    /// Rewrites the expected transcripts of the cases whose trials a filter selects, with the first runtime.
    ///
    /// # Errors
    ///
    /// There is no runtime, or a case cannot be run.
    pub fn bless(&self, selected: impl Fn(&str) -> bool) -> anyhow::Result<usize> {
        let mut blessed: Vec<&Arc<Case>> = Vec::new();
        for trial in &self.trials {
            let Kind::Case { case, runtime, .. } = &trial.kind else { continue };
            if selected(&trial.name) && !blessed.iter().any(|done| Arc::ptr_eq(done, case)) {
                let runtime = tollgate_runtimes::open(runtime)?;
                golden::bless(case, &*runtime)?;
                blessed.push(case);
            }
        }
        Ok(blessed.len())
    }
}

impl Trial {
    /// Runs it.
    pub fn run(&self) -> Verdict {
        let begun = Instant::now();
        let failure = catch_unwind(AssertUnwindSafe(|| self.failure())).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(format!("panicked: {}", said.unwrap_or_default()))
        });
        Verdict { name: self.name.clone(), failure, time: begun.elapsed() }
    }

    fn failure(&self) -> Option<String> {
        match &self.kind {
            Kind::Check(wrong) => wrong.clone(),
            Kind::Differential { seed } => {
                let case = differential::case_file(&mut Choices::seeded(*seed));
                differential::compare(&case).err()
            }
            Kind::Case { case, abi, runtime, predicted } => match (run_case(case, *abi, runtime), predicted) {
                (Ok(()), None) | (Err(_), Some(_)) => None,
                (Err(difference), None) => Some(difference),
                (Ok(()), Some(reason)) => Some(format!(
                    "it was predicted to fail ({reason}) and passes: remove it from expected/{runtime}.toml"
                )),
            },
        }
    }
}

fn run_case(case: &Case, abi: AbiVersion, runtime: &str) -> Result<(), String> {
    let runtime = tollgate_runtimes::open(runtime).map_err(|error| error.to_string())?;
    let transcript = run::transcript(case, abi, &*runtime).map_err(|error| format!("{error:#}"))?;
    golden::check(case, abi, &transcript)
}
