//! Metrics of a process, as lines.

use tollgate_host::metrics::{Metric, Metrics};

/// A line per metric, in the order of names.
pub(super) fn lines(metrics: &Metrics) -> Vec<String> {
    let line = |name: &[u8], metric: &Metric| {
        let name = name.escape_ascii();
        match metric {
            Metric::Counter(counter) => format!("metric counter \"{name}\": {}", counter.value()),
            Metric::Gauge(gauge) => format!("metric gauge \"{name}\": {}", gauge.value()),
            Metric::Histogram(histogram) => {
                let samples = histogram.snapshot();
                let at =
                    |share| samples.quantile(share).map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"));
                let [low, median, high] = [0.0, 0.5, 1.0].map(at);
                let count = samples.count();
                format!("metric histogram \"{name}\": {count} samples, quantiles 0: {low}, 0.5: {median}, 1: {high}")
            }
        }
    };
    metrics.all().iter().map(|(name, metric)| line(name, metric)).collect()
}
