//! Statistics as JSON, in the form of Envoy's `/stats?format=json`.

use super::{QUANTILES, Snapshot};
use serde_json::{Value, json as object};
use tollgate_host::metrics::HistogramSnapshot;

/// An object with the list `stats`. Histograms are together in its last element.
pub(crate) fn json(snapshot: &Snapshot) -> Value {
    let number = |number: &super::Number| object!({"name": number.name, "value": number.value});
    let mut stats: Vec<Value> = snapshot.numbers.iter().map(number).collect();
    if !snapshot.distributions.is_empty() {
        let quantiles = snapshot.distributions.iter().map(|distribution| {
            let values = QUANTILES.map(|percent| {
                object!({"cumulative": value(&distribution.all, percent), "interval": value(&distribution.interval, percent)})
            });
            object!({"name": distribution.name, "values": values})
        });
        let quantiles: Vec<Value> = quantiles.collect();
        stats.push(object!({
            "histograms": {"supported_quantiles": QUANTILES.map(plain), "computed_quantiles": quantiles},
        }));
    }
    object!({ "stats": stats })
}

fn value(samples: &HistogramSnapshot, percent: f64) -> Value {
    samples.quantile(percent / 100.0).map_or(Value::Null, plain)
}

/// A number, without `.0` where it is whole.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { Value::from(number as i64) } else { Value::from(number) }
}
