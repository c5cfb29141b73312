//! `limits`: what it costs to hold a guest to its limits, where that costs anything while it runs.
//!
//! `deadline_off` and `deadline_on` are a stream whose plugin reads and adds a header: what a deadline adds to each call.
//! What makes code stop at its deadline is compiled into it in any case, so that turning it off does not save that.
//! `memory_off` and `memory_on` ask for more memory, by nothing: a limit is looked at each time.

use crate::case::{Run, portions};
use crate::host::{Chain, Life};
use crate::{Case, guests, host};
use tollgate_host::vm::{Limits, Runtime};

const GROUP: &str = "limits";

/// Growths in one callback.
const GROWTHS: u64 = 100;

/// The cases.
pub fn cases() -> Vec<Case> {
    let unlimited = Limits { callback_deadline: None, start_deadline: None, ..Limits::default() };
    let roomy = Limits { memory_bytes: u64::MAX, ..Limits::default() };
    let mut cases = Vec::new();
    for runtime in host::runtimes() {
        let name = runtime.name();
        let mut add = |scenario, limits: &Limits, run: fn(&dyn Runtime, Limits) -> Run| {
            let (runtime, limits) = (runtime.clone(), limits.clone());
            cases.push(Case::new(GROUP, scenario, name, move || run(&*runtime, limits.clone())));
        };
        add("deadline_off", &unlimited, stream);
        add("deadline_on", &Limits::default(), stream);
        add("memory_off", &roomy, grow);
        add("memory_on", &Limits::default(), grow);
    }
    cases
}

fn stream(runtime: &dyn Runtime, limits: Limits) -> Run {
    let (count, portion) = Chain::limited(runtime, &guests::get_add(), limits).streams(Life::PLAIN);
    portions(count, portion)
}

/// Figures are per growth, with what there is of the stream around them.
fn grow(runtime: &dyn Runtime, limits: Limits) -> Run {
    let (streams, portion) = Chain::limited(runtime, &guests::grow(GROWTHS), limits).streams(Life::PLAIN);
    portions(streams * GROWTHS, portion)
}
