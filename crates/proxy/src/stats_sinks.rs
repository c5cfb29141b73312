//! Stats sinks: plugins that are handed all numbers every now and then.

use crate::exposition::{Kind, Snapshot};
use crate::process::Process;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tollgate_abi::encoding::stats::{Counter, Gauge, encode};
use tollgate_host::plugin::PluginHandle;

/// Envoy's default of `stats_flush_interval`, until a configuration has said another.
const INTERVAL: Duration = Duration::from_secs(5);

/// The stats sinks of the process.
pub(crate) struct StatsSinks {
    process: Arc<Process>,
    sinks: RefCell<Vec<PluginHandle>>,
    interval: Cell<Duration>,
    /// Rings when the sinks are others.
    adopted: Notify,
    /// What was handed over the last time, to whichever sinks there were then. Numbers that have never been other than 0 are
    /// left out, as in Envoy.
    last: RefCell<HashMap<String, u64>>,
}

impl StatsSinks {
    /// None yet.
    pub(crate) fn new(process: Arc<Process>) -> Rc<Self> {
        Rc::new(Self {
            process,
            sinks: RefCell::default(),
            interval: Cell::new(INTERVAL),
            adopted: Notify::new(),
            last: RefCell::default(),
        })
    }

    /// Hands over to these from now on.
    pub(crate) fn adopt(&self, sinks: Vec<PluginHandle>, interval: Duration) {
        self.interval.set(interval);
        let before = self.sinks.replace(sinks);
        // The last handle of a plugin may be among them.
        drop(before);
        self.adopted.notify_one();
    }

    /// Hands the numbers over again and again, for ever.
    pub(crate) async fn run(self: Rc<Self>) {
        loop {
            if self.sinks.borrow().is_empty() {
                self.adopted.notified().await;
                continue;
            }
            tokio::select! {
                () = sleep(self.interval.get()) => self.flush().await,
                () = self.adopted.notified() => {}
            }
        }
    }

    /// Hands the numbers over once.
    pub(crate) async fn flush(&self) {
        if self.sinks.borrow().is_empty() {
            return;
        }
        let snapshot = self.process.snapshot().await;
        self.hand_over(snapshot);
    }

    fn hand_over(&self, mut snapshot: Snapshot) {
        let mut last = self.last.borrow_mut();
        snapshot.numbers.retain(|number| number.value != 0 || last.contains_key(&number.name));
        let (mut counters, mut gauges) = (Vec::new(), Vec::new());
        for number in &snapshot.numbers {
            let (name, value) = (&number.name, number.value);
            match number.kind {
                Kind::Gauge => gauges.push(Gauge { name, value }),
                Kind::Counter => {
                    let before = last.get(name).copied().unwrap_or_default();
                    counters.push(Counter { name, value, delta: value.saturating_sub(before) });
                }
            }
        }
        // Nobody has names for 4 GiB.
        if let Some(update) = encode(&counters, &gauges) {
            let update = bytes::Bytes::from(update);
            let sinks = self.sinks.borrow().clone();
            sinks.iter().for_each(|sink| sink.handle_stats_update(update.clone()));
        }
        *last = snapshot.numbers.into_iter().map(|number| (number.name, number.value)).collect();
    }
}
