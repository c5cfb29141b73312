//! Callbacks of plugins in Prometheus' text format. Envoy has nothing like it, so that the names are ours.

use super::Query;
use crate::plugin_report::PluginReport;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tollgate_host::plugin::CallbackRecord;

/// Upper bounds of buckets, in nanoseconds and as seconds.
const BOUNDS: [(f64, &str); 12] = [
    (1e3, "0.000001"),
    (5e3, "0.000005"),
    (1e4, "0.00001"),
    (2.5e4, "0.000025"),
    (5e4, "0.00005"),
    (1e5, "0.0001"),
    (2.5e5, "0.00025"),
    (1e6, "0.001"),
    (5e6, "0.005"),
    (2.5e7, "0.025"),
    (1e8, "0.1"),
    (1e9, "1"),
];

/// What plugins of one name have come to.
#[derive(Default)]
struct Sum {
    callbacks: BTreeMap<&'static str, CallbackRecord>,
    traps: u64,
    memory: Vec<u64>,
}

/// How often each callback ran and how long it took, traps, and memory of VMs, by the plugin's name. A filter is matched against
/// the names.
pub(crate) fn callbacks(reports: &[PluginReport], query: &Query) -> String {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for report in reports {
        let sum = sums.entry(label(report.name())).or_default();
        sum.traps += report.traps;
        sum.memory.extend(&report.memory);
        for record in &report.callbacks {
            match sum.callbacks.get_mut(record.name) {
                Some(known) => {
                    known.calls += record.calls;
                    known.nanos.merge(&record.nanos);
                }
                None => drop(sum.callbacks.insert(record.name, record.clone())),
            }
        }
    }
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, write: &dyn Fn(&mut String, &str, &str, &Sum)| {
        let mut lines = String::new();
        sums.iter().for_each(|(plugin, sum)| write(&mut lines, name, plugin, sum));
        if query.wants_name(name) && !lines.is_empty() {
            let _ = write!(out, "# TYPE {name} {kind}\n{lines}");
        }
    };
    family("tollgate_wasm_callbacks_total", "counter", &|out, name, plugin, sum| {
        for (callback, record) in &sum.callbacks {
            let _ = writeln!(out, "{name}{{plugin=\"{plugin}\",callback=\"{callback}\"}} {}", record.calls);
        }
    });
    family("tollgate_wasm_traps_total", "counter", &|out, name, plugin, sum| {
        let _ = writeln!(out, "{name}{{plugin=\"{plugin}\"}} {}", sum.traps);
    });
    family("tollgate_wasm_vm_memory_max_bytes", "gauge", &|out, name, plugin, sum| {
        let largest = sum.memory.iter().max().copied().unwrap_or_default();
        let _ = writeln!(out, "{name}{{plugin=\"{plugin}\"}} {largest}");
    });
    family("tollgate_wasm_callback_seconds", "histogram", &|out, name, plugin, sum| {
        for (callback, CallbackRecord { nanos, .. }) in &sum.callbacks {
            let (count, labels) = (nanos.count(), format!("plugin=\"{plugin}\",callback=\"{callback}\""));
            if count == 0 {
                continue;
            }
            for (bound, seconds) in BOUNDS {
                let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{seconds}\"}} {}", nanos.count_up_to(bound));
            }
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "{name}_sum{{{labels}}} {}", nanos.sum() / 1e9);
            let _ = writeln!(out, "{name}_count{{{labels}}} {count}");
        }
    });
    out
}

/// A name as it may stand in a label.
fn label(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
