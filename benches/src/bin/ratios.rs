//! Prints what the host costs as multiples of what the engine costs.
//!
//! Subjects take turns within one run, and figures are medians over the rounds: of the times, and of the ratios of each
//! round. On a shared machine only the ratios mean anything.

use std::time::Duration;
use tollgate_benches::{Case, Run, groups};

/// Rounds that count; one more comes before, to warm up.
const ROUNDS: usize = 151;

/// Length of a turn: shorter than what a scheduler gives to others at once, so that most turns are not interrupted.
const TURN: Duration = Duration::from_millis(1);

/// A figure.
struct Figure {
    what: &'static str,
    /// Group and scenario.
    scenario: &'static str,
    /// Group and scenario of what is on the way but not meant; it is subtracted.
    less: Option<&'static str>,
    /// What it is compared with: a name, and the suffix of the subject.
    floors: &'static [(&'static str, &'static str)],
}

const fn figure(what: &'static str, scenario: &'static str, floors: &'static [(&'static str, &'static str)]) -> Figure {
    Figure { what, scenario, less: None, floors }
}

const FIGURES: &[Figure] = &[
    Figure { less: Some("callback/no_callback"), ..figure("empty callback", "callback/body", &[("typed call", "")]) },
    figure("empty body callback, with the body's way", "callback/body", &[("typed call", "")]),
    figure("`get_header_map_value`", "hostcall/get_header_map_value", BYTES),
    figure("`get_header_map_pairs` (20)", "hostcall/get_header_map_pairs_20", BYTES),
    figure("`get_property` (request.path)", "hostcall/get_property_request_path", BYTES),
    figure("`add_header_map_value`", "hostcall/add_header_map_value", IMPORT),
    figure("`proxy_set_effective_context`: no memory touched", "hostcall/set_effective_context", IMPORT),
    figure("filtered `proxy_log`", "hostcall/log_filtered", IMPORT),
    figure("HTTP stream, empty callbacks", "stream/empty", &[("6 typed calls", "")]),
    figure("HTTP stream, 20 plugins", "stream/empty_20_plugins", &[("120 typed calls", "")]),
    figure("HTTP stream, get 1 + add 1", "stream/get_1_add_1", &[("the same calls", "")]),
];

const IMPORT: &[(&str, &str)] = &[("import call", "")];
const BYTES: &[(&str, &str)] = &[("import call", ""), ("import call, allocator, copy", "_alloc")];

/// A case that takes its turns.
struct Subject {
    run: Run,
    times: u64,
    /// Nanoseconds per repetition, one per round.
    rounds: Vec<f64>,
}

impl Subject {
    fn new(cases: &[Case], name: &str) -> Self {
        let case = cases.iter().find(|case| case.to_string() == name);
        let mut run = case.unwrap_or_else(|| panic!("there is no case {name}")).prepare();
        let mut times = 1;
        while times < 1 << 32 && run(times) < TURN {
            times *= 2;
        }
        Self { run, times, rounds: Vec::new() }
    }

    fn take_turn(&mut self) {
        let time = (self.run)(self.times);
        self.rounds.push(time.as_secs_f64() * 1e9 / self.times as f64);
    }
}

fn main() {
    let cases = groups::all();
    println!("| what | runtime | ns | floor | ns | multiple |");
    println!("|---|---|---:|---|---:|---:|");
    for figure in FIGURES {
        tollgate_runtimes::names().iter().for_each(|runtime| print_rows(&cases, figure, runtime));
    }
}

fn print_rows(cases: &[Case], figure: &Figure, runtime: &str) {
    let Figure { what, scenario, less, floors } = figure;
    // Ours, the floors in order, what is subtracted.
    let mut subjects = vec![Subject::new(cases, &format!("{scenario}/{runtime}"))];
    for (_, suffix) in *floors {
        subjects.push(Subject::new(cases, &format!("{scenario}/raw_{runtime}{suffix}")));
    }
    subjects.extend(less.map(|less| Subject::new(cases, &format!("{less}/{runtime}"))));
    for round in 0..=ROUNDS {
        subjects.iter_mut().for_each(Subject::take_turn);
        if round == 0 {
            subjects.iter_mut().for_each(|subject| subject.rounds.clear());
        }
    }
    let mut rounds = subjects.into_iter().map(|subject| subject.rounds);
    let mut ours = rounds.next().unwrap_or_default();
    let theirs: Vec<_> = rounds.by_ref().take(floors.len()).collect();
    if let Some(less) = rounds.next() {
        ours.iter_mut().zip(less).for_each(|(ours, less)| *ours -= less);
    }
    for ((floor, _), theirs) in floors.iter().zip(theirs) {
        let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect());
        let (ns, floor_ns) = (median(ours.clone()), median(theirs));
        println!("| {what} | {runtime} | {ns:.1} | {floor} | {floor_ns:.1} | {ratio:.2} |");
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
