//! Statistics in Prometheus' text format, under the names that Envoy gives them.
//!
//! Written by hand rather than by a client library: those own their metrics and refuse names they have seen, while here
//! names and types are what plugins say and Envoy's spelling decides.

use super::tags::{self, Tagged};
use super::{CUSTOM, Distribution, Kind, Number, Snapshot};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tollgate_config::StatsConfig;

/// Upper bounds of buckets; Envoy's defaults.
const BOUNDS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1000.0,
    2500.0,
    5000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// Significant digits of numbers with a fraction.
const DIGITS: usize = 32;

/// Everything, counters before gauges before histograms, each in the order of names.
pub(crate) fn prometheus(snapshot: &Snapshot, config: &StatsConfig) -> String {
    let mut out = String::new();
    for (kind, word) in [(Kind::Counter, "counter"), (Kind::Gauge, "gauge")] {
        let numbers = snapshot.numbers.iter().filter(|number| number.kind == kind);
        families(
            numbers,
            config,
            |number| &number.name,
            word,
            &mut out,
            |name, labels, number: &Number, out| {
                let _ = writeln!(out, "{name}{{{labels}}} {}", number.value);
            },
        );
    }
    families(snapshot.distributions.iter(), config, |d| &d.name, "histogram", &mut out, histogram);
    out
}

/// Writes what has one name but for its labels together, below a line with the type.
fn families<'a, T: 'a>(
    items: impl Iterator<Item = &'a T>,
    config: &StatsConfig,
    name: impl Fn(&T) -> &str,
    kind: &str,
    out: &mut String,
    write: impl Fn(&str, &str, &T, &mut String),
) {
    let mut families: BTreeMap<String, Vec<(Tagged, &T)>> = BTreeMap::new();
    for item in items {
        let tagged = tags::extract(name(item), config);
        families.entry(tagged.name.clone()).or_default().push((tagged, item));
    }
    for (stat, items) in families {
        let Some(name) = metric_name(&stat) else { continue };
        let _ = writeln!(out, "# TYPE {name} {kind}");
        for (tagged, item) in items {
            write(&name, &labels(&tagged), item, out);
        }
    }
}

fn histogram(name: &str, labels: &str, distribution: &Distribution, out: &mut String) {
    let samples = &distribution.all;
    let comma = if labels.is_empty() { "" } else { "," };
    for bound in BOUNDS {
        let count = samples.count_up_to(bound);
        let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}");
    }
    let count = samples.count();
    let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {count}");
    let _ = writeln!(out, "{name}_sum{{{labels}}} {}", digits(samples.sum()));
    let _ = writeln!(out, "{name}_count{{{labels}}} {count}");
}

/// Name of a metric: those of the proxy begin with `envoy_`, those of plugins as the plugin says. `None` if Prometheus
/// has no such name.
fn metric_name(stat: &str) -> Option<String> {
    let Some(own) = stat.strip_prefix(CUSTOM).and_then(|rest| rest.strip_prefix('.')) else {
        return Some(format!("envoy_{}", sanitized(stat)));
    };
    own.starts_with(|c: char| c == '_' || !c.is_ascii_digit()).then(|| sanitized(own))
}

/// A name with `_` for every byte that may not stand in one.
pub(super) fn sanitized(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

fn labels(tagged: &Tagged) -> String {
    let label = |(name, value): &(Cow<'_, str>, String)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    };
    tagged.labels.iter().map(label).collect::<Vec<_>>().join(",")
}

/// A number with as many digits as a sum of Envoy's has.
fn digits(value: f64) -> String {
    let whole = value.abs().trunc();
    let before = if whole < 1.0 { 1 } else { whole.log10() as usize + 1 };
    let text = format!("{value:.*}", DIGITS.saturating_sub(before));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
