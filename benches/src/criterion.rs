//! Cases as criterion benchmarks.

use crate::case::{Case, Run};
use criterion::{BenchmarkId, Criterion, SamplingMode};
use std::time::Duration;

/// Runs the cases with the settings of this crate, which the command line may override (`-- --measurement-time 5`).
pub fn run(cases: Vec<Case>) {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(20)
        .nresamples(2_000)
        .configure_from_args();
    for case in cases {
        let mut group = criterion.benchmark_group(case.group);
        if case.heavy {
            group.sampling_mode(SamplingMode::Flat).sample_size(10);
        }
        let mut prepared: Option<Run> = None;
        group.bench_function(BenchmarkId::new(case.scenario, &case.subject), |bencher| {
            let run = prepared.get_or_insert_with(|| case.prepare());
            bencher.iter_custom(run);
        });
        group.finish();
    }
    criterion.final_summary();
}
