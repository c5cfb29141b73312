//! Stats sinks: plugins that are handed all numbers every now and then.

use crate::admin::State;
use crate::stats::is_gauge;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tollgate_abi::encoding::stats::{Counter, Gauge, encode};
use tollgate_host::plugin::PluginHandle;

/// The stats sinks of the process.
pub(crate) struct StatsSinks {
    statistics: Arc<State>,
    sinks: Vec<PluginHandle>,
    /// What was handed over the last time. Numbers that have never been other than 0 are left out, as in Envoy.
    last: BTreeMap<String, u64>,
}

impl StatsSinks {
    pub(crate) fn new(statistics: Arc<State>, sinks: Vec<PluginHandle>) -> Self {
        Self { statistics, sinks, last: BTreeMap::new() }
    }

    /// Hands the numbers over every `interval` until told to stop, and then once more.
    pub(crate) async fn run(mut self, interval: Duration, mut stop: watch::Receiver<bool>) {
        if self.sinks.is_empty() {
            let _ = stop.wait_for(|stop| *stop).await;
            return;
        }
        let mut flushes = interval_at(Instant::now() + interval, interval);
        flushes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stopping = tokio::select! {
                _ = flushes.tick() => false,
                _ = stop.wait_for(|stop| *stop) => true,
            };
            let numbers = self.statistics.collect().await;
            self.flush(numbers);
            if stopping {
                return;
            }
        }
    }

    fn flush(&mut self, mut numbers: BTreeMap<String, u64>) {
        numbers.retain(|name, value| *value != 0 || self.last.contains_key(name));
        let (mut counters, mut gauges) = (Vec::new(), Vec::new());
        for (name, &value) in &numbers {
            if is_gauge(name) {
                gauges.push(Gauge { name, value });
            } else {
                let before = self.last.get(name).copied().unwrap_or_default();
                counters.push(Counter { name, value, delta: value.saturating_sub(before) });
            }
        }
        // Nobody has names for 4 GiB.
        if let Some(update) = encode(&counters, &gauges) {
            let update = bytes::Bytes::from(update);
            self.sinks.iter().for_each(|sink| sink.handle_stats_update(update.clone()));
        }
        self.last = numbers;
    }
}
