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
    /// What it is compared with.
    floors: &'static [Floor],
}

/// What a figure is compared with.
struct Floor {
    what: &'static str,
    /// Group and scenario, where it is not the figure's.
    scenario: Option<&'static str>,
    /// What the subject's name ends with.
    suffix: &'static str,
    /// How many of them.
    times: f64,
}

const fn floor(what: &'static str, suffix: &'static str) -> Floor {
    Floor { what, scenario: None, suffix, times: 1.0 }
}

const fn figure(what: &'static str, scenario: &'static str, floors: &'static [Floor]) -> Figure {
    Figure { what, scenario, less: None, floors }
}

const FIGURES: &[Figure] = &[
    Figure { less: Some("callback/life_less_one"), ..figure("empty callback", "callback/life", &[TYPED_CALL]) },
    figure("empty body callback, with the body's way", "callback/body", &[TYPED_CALL]),
    figure("`get_header_map_value`", "hostcall/get_header_map_value", VALUE),
    figure("`get_header_map_pairs` (20)", "hostcall/get_header_map_pairs_20", BYTES),
    figure("`get_property` (request.path)", "hostcall/get_property_request_path", BYTES),
    figure("`add_header_map_value`", "hostcall/add_header_map_value", IMPORT),
    figure("`proxy_set_effective_context`: no memory touched", "hostcall/set_effective_context", IMPORT),
    figure("filtered `proxy_log`", "hostcall/log_filtered", IMPORT),
    figure("HTTP stream, empty callbacks", "stream/empty", &[floor("6 typed calls", "")]),
    figure("HTTP stream, 20 plugins", "stream/empty_20_plugins", &[floor("120 typed calls", "")]),
    figure("HTTP stream, get 1 + add 1", "stream/get_1_add_1", &[floor("the same calls", "")]),
    figure(
        "HTTP stream, 20 plugins, get 1 + add 1 each",
        "stream/get_1_add_1_20_plugins",
        &[floor("the same calls", "")],
    ),
];

/// Of three integers, which answers with one.
const TYPED_CALL: Floor = Floor { what: "typed call", scenario: Some("callback/body"), suffix: "", times: 1.0 };
const IMPORT: &[Floor] = &[floor("import call", "")];
const BYTES: &[Floor] = &[floor("import call", ""), floor("import call, allocator, copy", "_alloc")];
/// The last is what the target is in.
const VALUE: &[Floor] = &[
    floor("import call", ""),
    floor("import call, allocator, copy", "_alloc"),
    Floor { what: "3 typed calls", times: 3.0, ..TYPED_CALL },
];

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
    for Floor { scenario: other, suffix, .. } in *floors {
        subjects.push(Subject::new(cases, &format!("{}/raw_{runtime}{suffix}", other.unwrap_or(scenario))));
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
    for (Floor { what: floor, times, .. }, mut theirs) in floors.iter().zip(theirs) {
        theirs.iter_mut().for_each(|theirs| *theirs *= times);
        let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect());
        let (ns, floor_ns) = (median(ours.clone()), median(theirs));
        println!("| {what} | {runtime} | {ns:.1} | {floor} | {floor_ns:.1} | {ratio:.2} |");
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
