//! Stats sinks: plugins that are handed all numbers every now and then.

use crate::admin::State;
use crate::exposition::{Kind, Snapshot};
use std::collections::HashMap;
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
    last: HashMap<String, u64>,
}

impl StatsSinks {
    pub(crate) fn new(statistics: Arc<State>, sinks: Vec<PluginHandle>) -> Self {
        Self { statistics, sinks, last: HashMap::new() }
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
            let snapshot = self.statistics.snapshot().await;
            self.flush(snapshot);
            if stopping {
                return;
            }
        }
    }

    fn flush(&mut self, mut snapshot: Snapshot) {
        snapshot.numbers.retain(|number| number.value != 0 || self.last.contains_key(&number.name));
        let (mut counters, mut gauges) = (Vec::new(), Vec::new());
        for number in &snapshot.numbers {
            let (name, value) = (&number.name, number.value);
            match number.kind {
                Kind::Gauge => gauges.push(Gauge { name, value }),
                Kind::Counter => {
                    let before = self.last.get(name).copied().unwrap_or_default();
                    counters.push(Counter { name, value, delta: value.saturating_sub(before) });
                }
            }
        }
        // Nobody has names for 4 GiB.
        if let Some(update) = encode(&counters, &gauges) {
            let update = bytes::Bytes::from(update);
            self.sinks.iter().for_each(|sink| sink.handle_stats_update(update.clone()));
        }
        self.last = snapshot.numbers.into_iter().map(|number| (number.name, number.value)).collect();
    }
}
