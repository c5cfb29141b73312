//! Histograms of the last interval: Envoy shows them beside those of all time.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tollgate_host::metrics::{HistogramSnapshot, Metric, Metrics};

/// Length of an interval; Envoy's default `stats_flush_interval`.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

/// What a histogram has got in the last whole interval.
#[derive(Debug, Default)]
struct Interval {
    /// Samples at its end.
    end: HistogramSnapshot,
    samples: HistogramSnapshot,
}

/// The last interval of each histogram, by name.
#[derive(Debug, Default)]
pub(crate) struct Intervals(Mutex<HashMap<Bytes, Interval>>);

impl Intervals {
    /// Ends an interval.
    pub(crate) fn advance(&self, metrics: &Metrics) {
        let mut intervals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, metric) in metrics.all() {
            let Metric::Histogram(histogram) = metric else { continue };
            let interval = intervals.entry(name).or_default();
            let end = histogram.snapshot();
            interval.samples = end.since(&interval.end);
            interval.end = end;
        }
    }

    /// Samples of a histogram in the last whole interval.
    pub(super) fn last(&self, name: &Bytes) -> HistogramSnapshot {
        let intervals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        intervals.get(name).map(|interval| interval.samples.clone()).unwrap_or_default()
    }
}
