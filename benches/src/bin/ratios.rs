//! Prints what the host costs as multiples of what the engine costs.
//!
//! Subjects take turns within one run, and figures are medians over the rounds: of the times, and of the ratios of each
//! round. On a shared machine only the ratios mean anything.

use std::time::Duration;
use tollgate_benches::{Case, Run, groups};

/// Rounds that count; one more comes before, to warm up.
const ROUNDS: usize = 15;

/// Length of a turn.
const TURN: Duration = Duration::from_millis(20);

/// A figure: what it is, group and scenario, and the floors that it is compared with: scenario and suffix of the
/// subject.
type Figure = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

const FIGURES: &[Figure] = &[
    ("empty callback", "callback/body", &[("typed call", "callback/body", "")]),
    (
        "`get_header_map_value`",
        "hostcall/get_header_map_value",
        &[
            ("import call", "hostcall/get_header_map_value", ""),
            ("import call, allocator, copy", "hostcall/get_header_map_value", "_alloc"),
        ],
    ),
    ("filtered `proxy_log`", "hostcall/log_filtered", &[("import call", "hostcall/log_filtered", "")]),
    ("`get_header_map_pairs` (20)", "hostcall/get_header_map_pairs_20", &[PAIRS]),
    ("HTTP stream, empty callbacks", "stream/empty", &[("sum of 6 typed calls", "stream/empty", "")]),
    (
        "HTTP stream, 20 plugins",
        "stream/empty_20_plugins",
        &[("sum of 120 typed calls", "stream/empty_20_plugins", "")],
    ),
    ("HTTP stream, get 1 + add 1", "stream/get_1_add_1", &[("the same calls", "stream/get_1_add_1", "")]),
];

const PAIRS: (&str, &str, &str) = ("import call, allocator, copy", "hostcall/get_header_map_pairs_20", "_alloc");

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
        while times < 1 << 32 && run(times) < TURN / 2 {
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
    for (what, scenario, floors) in FIGURES {
        for runtime in tollgate_runtimes::names() {
            let mut ours = Subject::new(&cases, &format!("{scenario}/{runtime}"));
            let floor = |(_, scenario, suffix): &(&str, &str, &str)| {
                Subject::new(&cases, &format!("{scenario}/raw_{runtime}{suffix}"))
            };
            let mut theirs: Vec<_> = floors.iter().map(floor).collect();
            for round in 0..=ROUNDS {
                for subject in std::iter::once(&mut ours).chain(&mut theirs) {
                    subject.take_turn();
                    if round == 0 {
                        subject.rounds.clear();
                    }
                }
            }
            for (theirs, (floor, ..)) in theirs.iter().zip(*floors) {
                let ratios = ours.rounds.iter().zip(&theirs.rounds).map(|(ours, theirs)| ours / theirs).collect();
                let (ns, floor_ns) = (median(ours.rounds.clone()), median(theirs.rounds.clone()));
                println!("| {what} | {runtime} | {ns:.1} | {floor} | {floor_ns:.1} | {:.2} |", median(ratios));
            }
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
