//! Statistics as lines of text, as `/stats` of Envoy has them.

use super::{Distribution, QUANTILES, Snapshot, decimal};
use std::fmt::Write as _;
use tollgate_host::metrics::HistogramSnapshot;

/// A line per statistic.
pub(crate) fn text(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    for number in &snapshot.numbers {
        let _ = writeln!(out, "{}: {}", number.name, number.value);
    }
    for Distribution { name, interval, all } in &snapshot.distributions {
        let _ = write!(out, "{name}:");
        if all.count() == 0 {
            out.push_str(" No recorded values");
        } else {
            for percent in QUANTILES {
                let _ = write!(out, " P{percent}({},{})", value(interval, percent), value(all, percent));
            }
        }
        out.push('\n');
    }
    out
}

fn value(samples: &HistogramSnapshot, percent: f64) -> String {
    samples.quantile(percent / 100.0).map_or_else(|| "nan".to_owned(), decimal)
}
