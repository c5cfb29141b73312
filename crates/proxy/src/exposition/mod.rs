//! Statistics as the admin interface shows them: what there is at a moment, a choice of it, and its forms.

mod baseline;
mod callbacks;
mod intervals;
mod json;
mod prometheus;
mod query;
mod tags;
mod text;

pub(crate) use baseline::Baseline;
pub(crate) use callbacks::callbacks;
pub(crate) use intervals::{INTERVAL, Intervals};
pub(crate) use json::json;
pub(crate) use prometheus::prometheus;
pub(crate) use query::{Format, Query};
pub(crate) use text::text;

use std::borrow::Cow;
use tollgate_config::StatsMatcher;
use tollgate_host::metrics::{HistogramSnapshot, Metric, Metrics};
use tollgate_host::shared::Shared;

/// What stands before the names of metrics that plugins define. Prometheus does not see it.
const CUSTOM: &str = "wasmcustom";

/// Shares of samples that Envoy shows, in percent.
const QUANTILES: [f64; 10] = [0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 100.0];

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Counter,
    Gauge,
}

/// A number with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) value: u64,
    /// Whether anything has ever been recorded.
    pub(crate) used: bool,
}

/// A histogram with a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Distribution {
    pub(crate) name: String,
    /// Samples of the last whole interval.
    pub(crate) interval: HistogramSnapshot,
    /// All samples.
    pub(crate) all: HistogramSnapshot,
}

/// Statistics at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) numbers: Vec<Number>,
    pub(crate) distributions: Vec<Distribution>,
}

impl Snapshot {
    /// Adds a number of the proxy's own. Which of them are gauges is told by their names, which are Envoy's.
    pub(crate) fn add(&mut self, name: String, value: u64) {
        let kind = if is_gauge(&name) { Kind::Gauge } else { Kind::Counter };
        self.numbers.push(Number { name, kind, value, used: value != 0 });
    }

    /// Adds the numbers of VMs.
    pub(crate) fn add_vms(&mut self, shared: &Shared) {
        let counts = shared.vm_counts();
        for count in &counts {
            let prefix = format!("wasm.envoy.wasm.runtime.{}", count.runtime);
            self.add(format!("{prefix}.active"), count.active);
            self.add(format!("{prefix}.created"), count.created);
        }
        self.add("wasm.wasm_vm_count".to_owned(), counts.iter().map(|count| count.active).sum());
    }

    /// Adds what plugins have defined.
    pub(crate) fn add_custom(&mut self, metrics: &Metrics, intervals: &Intervals) {
        for (name, metric) in metrics.all() {
            let full = custom_name(&name);
            let number = |kind, value| Number { name: full.clone(), kind, value, used: metric.is_used() };
            match &metric {
                Metric::Counter(counter) => self.numbers.push(number(Kind::Counter, counter.value())),
                Metric::Gauge(gauge) => self.numbers.push(number(Kind::Gauge, gauge.value())),
                Metric::Histogram(histogram) => self.distributions.push(Distribution {
                    interval: intervals.last(&name),
                    all: histogram.snapshot(),
                    name: full,
                }),
            }
        }
    }

    /// Leaves out what the configuration does not want to have.
    pub(crate) fn keep(&mut self, matcher: &StatsMatcher) {
        if *matcher != StatsMatcher::All {
            self.numbers.retain(|number| matcher.wants(&number.name));
            self.distributions.retain(|distribution| matcher.wants(&distribution.name));
        }
    }

    /// Puts everything in the order of names, and leaves out what the query does not ask for.
    pub(crate) fn select(&mut self, query: &Query) {
        self.numbers.retain(|number| query.wants_number(number));
        self.distributions.retain(|distribution| query.wants_distribution(distribution));
        self.numbers.sort_by(|one, two| (&one.name, one.kind).cmp(&(&two.name, two.kind)));
        self.distributions.sort_by(|one, two| one.name.cmp(&two.name));
    }
}

/// Name of a plugin's metric. Control characters become `_`, so that no plugin can write a line of somebody else.
fn custom_name(name: &[u8]) -> String {
    if name.is_empty() {
        return CUSTOM.to_owned();
    }
    let name: Cow<'_, str> = String::from_utf8_lossy(name);
    format!("{CUSTOM}.{}", name.replace(char::is_control, "_"))
}

/// Whether a statistic of the proxy's own is a gauge.
fn is_gauge(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    name.starts_with("server.")
        || last.ends_with("active")
        || last.starts_with("membership_")
        || matches!(
            last,
            "cx_open"
                | "generation"
                | "healthy"
                | "memory_bytes"
                | "pressure"
                | "rq_open"
                | "rq_pending_open"
                | "rq_retry_open"
        )
        || matches!(last, "vm_failed" | "vms" | "wasm_vm_count")
}

/// A number with a fraction, as Envoy prints it.
fn decimal(value: f64) -> String {
    if value.abs() >= 1e16 {
        // Rust would write all digits.
        let text = format!("{value:e}");
        return text.replace('e', "e+");
    }
    value.to_string()
}

#[cfg(test)]
mod tests;
