//! A thing to measure.

use std::fmt;
use std::time::{Duration, Instant};

/// Does the work a number of times and tells how long that took, preparations left out.
pub type Run = Box<dyn FnMut(u64) -> Duration>;

/// Work of one subject: a runtime, or an engine without us.
pub struct Case {
    /// The group: which part of the host is measured.
    pub group: &'static str,
    /// What is done; the same for all subjects.
    pub scenario: &'static str,
    /// Who does it.
    pub subject: String,
    /// Work so heavy that few samples must do.
    pub heavy: bool,
    prepare: Box<dyn Fn() -> Run>,
}

impl Case {
    /// A case. `prepare` runs only if the case does.
    pub fn new(
        group: &'static str,
        scenario: &'static str,
        subject: impl Into<String>,
        prepare: impl Fn() -> Run + 'static,
    ) -> Self {
        Self { group, scenario, subject: subject.into(), heavy: false, prepare: Box::new(prepare) }
    }

    /// The same case, marked heavy.
    pub fn heavy(self) -> Self {
        Self { heavy: true, ..self }
    }

    /// Makes ready what the work needs.
    pub fn prepare(&self) -> Run {
        (self.prepare)()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.group, self.scenario, self.subject)
    }
}

/// Does work and tells how long that took.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = counted(work);
    (made, start.elapsed())
}

/// Everything that is measured runs in here and nothing else does, so that a profiler can be told to look at nothing else:
/// `--toggle-collect='*case::counted*'` of callgrind.
#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Work whose every repetition is the same.
pub fn repeat(mut work: impl FnMut() + 'static) -> Run {
    Box::new(move |times| measured(|| (0..times).for_each(|_| work())).1)
}

/// Work that comes in portions of `size`: `portion` does one and tells how long it took.
pub fn portions(size: u64, mut portion: impl FnMut() -> Duration + 'static) -> Run {
    Box::new(move |times| {
        let count = times.div_ceil(size);
        let total: Duration = (0..count).map(|_| portion()).sum();
        total.mul_f64(times as f64 / (count * size) as f64)
    })
}
