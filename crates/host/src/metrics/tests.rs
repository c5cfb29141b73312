//! Metrics as numbers: what a real Envoy 1.40 says of the same samples.

use super::{Histogram, Metric, MetricMaker, MetricTable, Metrics, Refused};
use tollgate_abi::MetricType::{Counter, Gauge, Histogram as Distribution};

#[test]
fn ids_tell_the_type_and_count_per_table() {
    let metrics = Metrics::default();
    let mut table = MetricTable::default();
    let mut ids = |kind, name: &[u8]| table.add(metrics.define(kind, name));
    assert_eq!(ids(Counter, b"a"), Some(4));
    assert_eq!(ids(Gauge, b"a"), Some(5));
    assert_eq!(ids(Distribution, b"a"), Some(6));
    assert_eq!(ids(Counter, b"b"), Some(8));
    assert_eq!(ids(Counter, b"a"), Some(12));
    // Two numbers, one metric.
    table.increment(4, 2).unwrap();
    table.increment(12, 3).unwrap();
    assert_eq!((table.value(4), table.value(12), table.value(8)), (Ok(5), Ok(5), Ok(0)));
    assert_eq!(metrics.all().len(), 4);
    assert_eq!(MetricTable::default().add(metrics.define(Counter, b"a")), Some(4));
}

#[test]
fn what_a_type_cannot_do_is_unfit_and_what_is_not_there_unknown() {
    let metrics = Metrics::default();
    let mut table = MetricTable::default();
    for kind in [Counter, Gauge, Distribution] {
        table.add(metrics.define(kind, b"x"));
    }
    let unfit = Err(Refused::Unfit);
    let unknown = Err(Refused::Unknown);
    assert_eq!([table.increment(4, 0), table.increment(4, -1), table.increment(6, 1)], [unfit; 3]);
    assert_eq!([table.increment(400, 1), table.increment(401, 1)], [unknown; 2]);
    assert_eq!([table.increment(402, 1), table.increment(403, 1), table.increment(3, 1)], [unfit; 3]);
    assert_eq!([table.record(400, 1), table.record(401, 1), table.record(402, 1), table.record(7, 1)], [unknown; 4]);
    assert_eq!([table.value(400), table.value(0), table.value(1)], [Err(Refused::Unknown); 3]);
    assert_eq!([table.value(6), table.value(402), table.value(2), table.value(7)], [Err(Refused::Unfit); 4]);
    assert_eq!(table.value(u32::MAX), Err(Refused::Unfit));
}

#[test]
fn record_adds_to_counters_and_sets_gauges() {
    let metrics = Metrics::default();
    let mut table = MetricTable::default();
    table.add(metrics.define(Counter, b"x"));
    table.add(metrics.define(Gauge, b"x"));
    for _ in 0..2 {
        table.record(4, 3).unwrap();
        table.record(5, 3).unwrap();
    }
    assert_eq!((table.value(4), table.value(5)), (Ok(6), Ok(3)));
    table.increment(5, -5).unwrap();
    assert_eq!(table.value(5), Ok(2_u64.wrapping_neg()));
}

#[test]
fn dots_at_the_end_of_a_name_do_not_count() {
    let metrics = Metrics::default();
    let Metric::Counter(one) = metrics.define(Counter, b"a.b") else { panic!("a counter") };
    let Metric::Counter(two) = metrics.define(Counter, b"a.b..") else { panic!("a counter") };
    one.add(1);
    assert_eq!(two.value(), 1);
    metrics.define(Counter, b"...");
    assert_eq!(metrics.all()[0].0, "");
}

#[test]
fn a_metric_goes_with_its_last_number() {
    let metrics = Metrics::default();
    let (mut one, mut two) = (MetricTable::default(), MetricTable::default());
    for table in [&mut one, &mut two] {
        assert_eq!(table.add(metrics.define(Counter, b"x")), Some(4));
    }
    metrics.release(one.remove(4).unwrap());
    assert_eq!((one.value(4), one.remove(4).is_none()), (Err(Refused::Unknown), true));
    two.increment(4, 1).unwrap();
    assert_eq!((one.add(metrics.define(Counter, b"x")), one.value(8)), (Some(8), Ok(1)));
    metrics.release(two.remove(4).unwrap());
    assert_eq!(metrics.all().len(), 1);
    metrics.release(one.remove(8).unwrap());
    assert_eq!(metrics.all().len(), 0);
    assert!([0, 3, 7, 40].into_iter().all(|id| one.remove(id).is_none()));
}

fn of(samples: &[i64]) -> Histogram {
    let histogram = Histogram::default();
    samples.iter().for_each(|sample| histogram.record(*sample));
    histogram
}

/// What Envoy printed for these samples, each recorded twice.
#[test]
fn quantiles_are_those_of_envoy() {
    let samples = [3, 10, 99, 100, 105, 12345, 0, -1];
    let snapshot = of(&[samples, samples].concat()).snapshot();
    let quantiles = [0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0].map(|share| snapshot.quantile(share).unwrap());
    let expected = [
        -1.0666666666666667,
        0.0,
        10.666666666666666,
        104.0,
        12333.333333333334,
        12666.666666666666,
        12666.666666666666,
    ];
    assert_eq!(quantiles, expected);
    assert_eq!(snapshot.count(), 16);
    assert_eq!(snapshot.sum(), 25_602.998_097_434_873);
}

#[test]
fn a_bound_counts_the_bin_that_begins_at_it() {
    let samples = [1, 5, 25, 50, 250, 1000, 1001, 3_600_000, 3_700_000];
    let snapshot = of(&samples).snapshot();
    let bounds = [0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 250.0, 1000.0, 1_800_000.0, 3_600_000.0];
    assert_eq!(bounds.map(|bound| snapshot.count_up_to(bound)), [0, 1, 2, 2, 3, 4, 5, 7, 7, 8]);
    assert_eq!(of(&[-1, -1, 0]).snapshot().count_up_to(0.5), 3);
}

#[test]
fn every_sample_has_a_bin() {
    for sample in [i64::MIN, i64::MIN + 1, -10, -9, -1, 0, 1, 9, 10, 11, 99, 100, 101, i64::MAX] {
        let snapshot = of(&[sample]).snapshot();
        let median = snapshot.quantile(0.5).unwrap();
        assert_eq!(snapshot.count(), 1);
        let error = (median - sample as f64).abs();
        assert!(error <= (sample as f64).abs() * 0.1, "{sample} became {median}");
    }
    assert_eq!(of(&[]).snapshot().quantile(0.5), None);
    assert!(!of(&[]).is_used());
    assert!(of(&[0]).is_used());
}

#[test]
fn an_interval_is_what_has_come_since() {
    let histogram = of(&[1, 1, 20, -3]);
    let before = histogram.snapshot();
    assert_eq!(before.since(&before), super::HistogramSnapshot::default());
    histogram.record(20);
    histogram.record(0);
    assert_eq!(histogram.snapshot().since(&before), of(&[0, 20]).snapshot());
    assert_eq!(histogram.snapshot().since(&Default::default()), histogram.snapshot());
}

#[test]
fn nothing_is_lost_between_threads() {
    let metrics = Metrics::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut table = MetricTable::default();
                for kind in [Counter, Gauge, Distribution] {
                    table.add(metrics.define(kind, b"x"));
                }
                for sample in 0..1000 {
                    table.increment(4, 1).unwrap();
                    table.increment(5, 1).unwrap();
                    table.record(6, sample).unwrap();
                }
            });
        }
    });
    for (_, metric) in metrics.all() {
        let total = match metric {
            Metric::Counter(counter) => counter.value(),
            Metric::Gauge(gauge) => gauge.value(),
            Metric::Histogram(histogram) => histogram.snapshot().count(),
        };
        assert_eq!(total, 4000);
    }
}

#[test]
fn samples_of_two_histograms_are_those_of_one_that_has_both() {
    let [one, two, both] = [(); 3].map(|()| Histogram::default());
    for (histogram, samples) in [(&one, [-5, 0, 7, 120, 120]), (&two, [0, 3, 120, 4000, -70])] {
        samples.iter().for_each(|sample| {
            histogram.record(*sample);
            both.record(*sample);
        });
    }
    let mut merged = one.snapshot();
    merged.merge(&two.snapshot());
    assert_eq!(merged, both.snapshot());
}

#[test]
fn who_makes_metrics_makes_so_many_and_those_that_go_count_no_more() {
    let (metrics, maker) = (Metrics::default(), MetricMaker::default());
    let mut table = MetricTable::default();
    metrics.define(Counter, b"other");
    let define = |name: &[u8]| metrics.define_for(Counter, name, &maker, 2);
    let first = table.add(define(b"a").unwrap()).unwrap();
    assert!(define(b"b").is_some() && define(b"c").is_none() && define(b"a.").is_some() && define(b"other").is_some());
    metrics.release(table.remove(first).unwrap());
    assert!(define(b"c").is_some() && define(b"d").is_none());
    metrics.release(define(b"other").unwrap());
    assert!(define(b"d").is_none());
}
