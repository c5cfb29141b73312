//! `/plugins`.

use super::reply::{self, Reply};
use super::{Query, State};
use crate::plugin_report::PluginReport;
use hyper::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::num::NonZeroU64;
use tollgate_host::metrics::HistogramSnapshot;
use tollgate_host::plugin::{CallbackRecord, CallbackTiming, Obituary};

/// Every plugin of every generation that lives; with `timing`, has others of their calls timed.
pub(super) async fn page(state: &State, query: &Query<'_>) -> Reply {
    let timing = &state.process.timing;
    if let Some(wanted) = query.value("timing") {
        match parse_timing(&wanted) {
            Ok(one_in) => timing.set_one_in(one_in),
            Err(usage) => return reply::bad(usage),
        }
    }
    let wants_json = match query.wants_json(true) {
        Ok(wants_json) => wants_json,
        Err(refused) => return refused,
    };
    let plugins = state.process.plugins().await;
    if wants_json {
        let plugins: Vec<_> = plugins.iter().map(document).collect();
        reply::json(&json!({"timing": timed(timing), "plugins": plugins}))
    } else {
        let plugins: String = plugins.iter().map(lines).collect();
        reply::text(StatusCode::OK, format!("timing: {}\n{plugins}", timed(timing)))
    }
}

fn parse_timing(text: &str) -> Result<Option<NonZeroU64>, &'static str> {
    match text {
        "on" => Ok(Some(NonZeroU64::MIN)),
        "off" => Ok(None),
        number => {
            let number = number.strip_prefix("1/").unwrap_or(number).parse();
            number.map(Some).map_err(|_| "usage: /plugins?timing=(on|off|N): every call is timed, none, or one in N")
        }
    }
}

/// Which calls are timed, in the words of the parameter.
fn timed(timing: &CallbackTiming) -> String {
    match timing.one_in().map(NonZeroU64::get) {
        None => "off".to_owned(),
        Some(1) => "on".to_owned(),
        Some(one_in) => format!("1/{one_in}"),
    }
}

fn document(report: &PluginReport) -> Value {
    let (spec, module) = (report.plugin.spec(), report.plugin.module());
    let (policy, base_interval) = report.failure_policy();
    json!({
        "name": spec.name,
        "root_id": spec.root_id,
        "vm_id": report.plugin.vm_config().vm_id,
        "generation": report.generation,
        "runtime": module.runtime(),
        "abi": module.abi().label(),
        "source": report.source,
        "state": report.state(),
        "threads": report.states.len(),
        "threads_running": report.threads_running(),
        "failure_policy": policy,
        "base_interval_ms": base_interval.map(|interval| u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)),
        "isolation": report.isolation(),
        "vms": report.memory.len(),
        "memory_bytes": report.memory,
        "streams_active": report.streams,
        "callbacks": report.callbacks.iter().map(callback).collect::<Vec<_>>(),
        "traps": report.traps,
        "interrupted": report.interrupted,
        "refused": report.refused,
        "rebuilt": report.rebuilt,
        "rebuild_failed": report.rebuild_failed,
        "last_trap": report.last_trap.as_ref().map(trap),
    })
}

fn callback(record: &CallbackRecord) -> Value {
    let nanos = &record.nanos;
    json!({
        "name": record.name,
        "calls": record.calls,
        "timed": nanos.count(),
        "p50_us": micros(nanos, 0.5),
        "p90_us": micros(nanos, 0.9),
        "p99_us": micros(nanos, 0.99),
        "max_us": micros(nanos, 1.0),
    })
}

/// What a share of the calls did not exceed, in microseconds with one digit after the point.
fn micros(nanos: &HistogramSnapshot, share: f64) -> Option<f64> {
    nanos.quantile(share).map(|nanos| (nanos / 100.0).round() / 10.0)
}

fn trap(trap: &Obituary) -> Value {
    json!({
        "unix_ms": trap.wall_nanos / 1_000_000,
        "callback": trap.callback,
        "message": trap.message,
        "backtrace": trap.backtrace,
        "request": trap.request,
        "memory_bytes": trap.memory_bytes,
        "fuel_used": trap.fuel,
    })
}

/// A line for the plugin; below it, indented, one for each callback, and how it failed the last time.
fn lines(report: &PluginReport) -> String {
    let (spec, module) = (report.plugin.spec(), report.plugin.module());
    let (policy, _) = report.failure_policy();
    let mut out = format!(
        "{}: {} on {}/{} threads, generation {}, {}, ABI {}, {policy}, {} VMs, {} bytes, {} streams, {} traps\n",
        // Names are what configurations say.
        report.name().escape_debug(),
        report.state(),
        report.threads_running(),
        report.states.len(),
        report.generation,
        module.runtime(),
        module.abi().label(),
        report.memory.len(),
        report.memory.iter().sum::<u64>(),
        report.streams,
        report.traps,
    );
    let _ = writeln!(out, "  root_id: {}", spec.root_id.escape_debug());
    if let Some(source) = &report.source {
        let _ = writeln!(out, "  source: {}", source.escape_debug());
    }
    for record in &report.callbacks {
        let _ = write!(out, "  {}: {} calls", record.name, record.calls);
        if let (Some(p50), Some(p99)) = (micros(&record.nanos, 0.5), micros(&record.nanos, 0.99)) {
            let _ = write!(out, ", P50 {p50} us, P99 {p99} us");
        }
        out.push('\n');
    }
    if let Some(trap) = &report.last_trap {
        let _ = writeln!(out, "  last trap, {} s after 1970:", trap.wall_nanos / 1_000_000_000);
        for line in trap.to_string().lines() {
            let _ = writeln!(out, "    {}", line.escape_debug());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{CallbackTiming, parse_timing, timed};

    #[test]
    fn what_is_timed_is_said_as_it_is_asked_for() {
        let said = |text| {
            let timing = CallbackTiming::default();
            parse_timing(text).map(|one_in| timing.set_one_in(one_in)).map(|()| timed(&timing))
        };
        for (text, is) in [("on", "on"), ("off", "off"), ("1", "on"), ("1/16", "1/16"), ("1000", "1/1024")] {
            assert_eq!(said(text).as_deref(), Ok(is));
        }
        for wrong in ["", "0", "-1", "1/0", "yes"] {
            assert!(said(wrong).is_err(), "{wrong}");
        }
    }
}
