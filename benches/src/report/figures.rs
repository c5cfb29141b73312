//! What criterion has written.

use crate::Case;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Figures of all cases, in their order.
#[derive(Clone, Debug)]
pub struct Figures(Vec<Figure>);

/// What a case takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The case's group.
    pub group: &'static str,
    /// The case's scenario.
    pub scenario: &'static str,
    /// The case's subject.
    pub subject: String,
    /// The quickest of the samples, in nanoseconds per repetition: what else a machine does only ever adds to a time, and on
    /// one that is busy it adds to most of them.
    pub time: f64,
    /// When it was measured.
    pub at: SystemTime,
}

/// Why there are no figures.
#[derive(Debug)]
pub enum Missing {
    /// Cases that were not measured, by their names.
    Cases(Vec<String>),
    /// A file that is not what criterion writes.
    Broken(PathBuf, serde_json::Error),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cases(names) => {
                write!(f, "not measured, so run `cargo bench -p tollgate-benches` first: {}", names.join(", "))
            }
            Self::Broken(path, error) => write!(f, "{} is not what criterion writes: {error}", path.display()),
        }
    }
}

impl std::error::Error for Missing {}

/// `sample.json`: how often each sample did the work, and how long that took, in nanoseconds.
#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
    times: Vec<f64>,
}

impl Samples {
    fn quickest(&self) -> f64 {
        self.times.iter().zip(&self.iters).map(|(time, iters)| time / iters).fold(f64::INFINITY, f64::min)
    }
}

impl Figures {
    /// Reads what criterion has written of these cases, and nothing else that may lie there from other versions.
    ///
    /// # Errors
    ///
    /// [`Missing`] if one was not measured or its file is broken.
    pub fn read(folder: &Path, cases: &[Case]) -> Result<Self, Missing> {
        let mut figures = Vec::new();
        let mut missing = Vec::new();
        for case in cases {
            let path = folder.join(case.to_string()).join("new/sample.json");
            let file = std::fs::read(&path).and_then(|text| Ok((text, std::fs::metadata(&path)?.modified()?)));
            let Ok((text, at)) = file else {
                missing.push(case.to_string());
                continue;
            };
            let samples: Samples = serde_json::from_slice(&text).map_err(|error| Missing::Broken(path, error))?;
            let time = samples.quickest();
            figures.push(Figure {
                group: case.group,
                scenario: case.scenario,
                subject: case.subject.clone(),
                time,
                at,
            });
        }
        if missing.is_empty() { Ok(Self(figures)) } else { Err(Missing::Cases(missing)) }
    }

    /// Those of a group.
    pub fn group(&self, group: &str) -> impl Iterator<Item = &Figure> + Clone {
        self.0.iter().filter(move |figure| figure.group == group)
    }

    /// Scenarios of a group, each once.
    pub fn scenarios(&self, group: &str) -> Vec<&'static str> {
        let mut scenarios = Vec::new();
        for figure in self.group(group) {
            if !scenarios.contains(&figure.scenario) {
                scenarios.push(figure.scenario);
            }
        }
        scenarios
    }

    /// Time of a case, given as group and scenario, in nanoseconds.
    pub fn time(&self, scenario: &str, subject: &str) -> Option<f64> {
        let (group, scenario) = scenario.split_once('/')?;
        self.group(group)
            .find(|figure| figure.scenario == scenario && figure.subject == subject)
            .map(|figure| figure.time)
    }

    /// When the last one was measured.
    pub fn last(&self) -> SystemTime {
        self.0.iter().map(|figure| figure.at).max().unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl FromIterator<Figure> for Figures {
    fn from_iter<T: IntoIterator<Item = Figure>>(figures: T) -> Self {
        Self(figures.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Missing};
    use crate::Case;
    use crate::case::repeat;

    fn cases() -> Vec<Case> {
        ["wasmi", "native"].map(|subject| Case::new("stream", "empty", subject, || repeat(|| {}))).into()
    }

    #[test]
    fn a_case_that_was_not_measured_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("stream/empty/native/new");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(
            place.join("sample.json"),
            r#"{"sampling_mode": "Flat", "iters": [2.0, 4.0], "times": [60.0, 50.0]}"#,
        )
        .unwrap();
        match Figures::read(folder.path(), &cases()) {
            Err(Missing::Cases(names)) => assert_eq!(names, ["stream/empty/wasmi"]),
            other => panic!("{other:?}"),
        }
        let figures = Figures::read(folder.path(), &cases()[1..]).unwrap();
        assert_eq!(figures.time("stream/empty", "native"), Some(12.5));
    }
}
