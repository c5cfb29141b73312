//! `trace`: a stream whose plugin reads and adds a header, without an observer and with one that does nothing.
//!
//! Without one, a host call pays a branch and a callback nothing: `off` is `stream/get_add` under another name, to stand
//! beside what `on` costs before a line is written.

use crate::case::{Run, portions};
use crate::host::{Chain, Life};
use crate::{Case, guests, host};
use tollgate_host::plugin::Worker;
use tollgate_host::vm::Runtime;

const GROUP: &str = "trace";

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for runtime in host::runtimes() {
        let name = runtime.name();
        let other = runtime.clone();
        cases.push(Case::new(GROUP, "off", name, move || stream(&*runtime, &host::worker())));
        cases.push(Case::new(GROUP, "on", name, move || stream(&*other, &host::observed_worker())));
    }
    cases
}

fn stream(runtime: &dyn Runtime, worker: &Worker) -> Run {
    let (count, portion) = Chain::on(worker, runtime, &guests::get_add(), 1).streams(Life::PLAIN);
    portions(count, portion)
}
