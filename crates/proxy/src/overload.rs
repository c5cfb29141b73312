//! What the process does when it is short of memory, or has as many connections as it may: Envoy's overload manager.

use crate::admin::resident;
use crate::stats::{ListenerStats, Number};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use tollgate_config::{Listener, Overload as Config, OverloadAction};

/// What is done at this moment. One for the process: all threads and listeners look at it.
#[derive(Debug)]
pub(crate) struct Overload {
    stops_requests: AtomicBool,
    ends_connections: AtomicBool,
    rejects_connections: AtomicBool,
    /// Whether connections are accepted.
    accepts: watch::Sender<bool>,
    /// Connections of clients that count against the limit for all listeners.
    connections: Number,
}

impl Default for Overload {
    fn default() -> Self {
        Self {
            stops_requests: AtomicBool::default(),
            ends_connections: AtomicBool::default(),
            rejects_connections: AtomicBool::default(),
            accepts: watch::Sender::new(true),
            connections: Number::default(),
        }
    }
}

impl Overload {
    /// Looks how things are, and does what the configuration says.
    pub(crate) fn update(&self, config: &Config) {
        if config.heaps.is_empty() {
            return self.act(config, None);
        }
        // Where the system does not tell, nothing is known to be wrong.
        self.act(config, resident());
    }

    fn act(&self, config: &Config, resident: Option<u64>) {
        let is_active = |action| is_active(config, action, resident);
        self.stops_requests.store(is_active(OverloadAction::StopAcceptingRequests), Ordering::Relaxed);
        self.ends_connections.store(is_active(OverloadAction::DisableHttpKeepalive), Ordering::Relaxed);
        self.rejects_connections.store(is_active(OverloadAction::RejectIncomingConnections), Ordering::Relaxed);
        let accepts = !is_active(OverloadAction::StopAcceptingConnections);
        self.accepts.send_if_modified(|now| std::mem::replace(now, accepts) != accepts);
    }

    /// Whether requests are turned away.
    #[inline]
    pub(crate) fn stops_requests(&self) -> bool {
        self.stops_requests.load(Ordering::Relaxed)
    }

    /// Whether connections take no further requests.
    #[inline]
    pub(crate) fn ends_connections(&self) -> bool {
        self.ends_connections.load(Ordering::Relaxed)
    }

    /// Tells whether connections are accepted, now and later.
    pub(crate) fn accepts(&self) -> watch::Receiver<bool> {
        self.accepts.subscribe()
    }

    /// The numbers, as the configuration asks for them.
    pub(crate) fn collect(config: &Config, out: &mut BTreeMap<String, u64>) {
        let resident = if config.heaps.is_empty() { None } else { resident() };
        for heap in &config.heaps {
            let percent = pressure(heap.max_heap_size_bytes, resident) * 100.0;
            out.insert(format!("overload.{}.pressure", heap.name), percent as u64);
        }
        for trigger in &config.actions {
            let is_active = is_active(config, trigger.action, resident);
            out.insert(format!("overload.{}.active", trigger.action.name()), u64::from(is_active));
        }
    }
}

/// How much of what there may be is used: 1 is all.
fn pressure(max_heap_size_bytes: u64, resident: Option<u64>) -> f64 {
    resident.unwrap_or_default() as f64 / max_heap_size_bytes as f64
}

fn is_active(config: &Config, action: OverloadAction, resident: Option<u64>) -> bool {
    config.actions.iter().filter(|trigger| trigger.action == action).any(|trigger| {
        let heap = config.heaps.iter().find(|heap| heap.name == trigger.monitor);
        heap.is_some_and(|heap| pressure(heap.max_heap_size_bytes, resident) >= trigger.threshold)
    })
}

/// What a listener does with new connections.
#[derive(Debug)]
pub(crate) struct Entrance {
    overload: Arc<Overload>,
    stats: Arc<ListenerStats>,
    /// Most connections of all listeners together; `None` if this one takes no part in that.
    global: Option<u64>,
    /// Most connections of this listener.
    own: u64,
    bypasses: bool,
}

impl Entrance {
    pub(crate) fn new(
        overload: Arc<Overload>,
        config: &Config,
        listener: &Listener,
        stats: Arc<ListenerStats>,
    ) -> Self {
        let own = config.listener_connections.iter().find(|(name, _)| *name == listener.name);
        Self {
            overload,
            stats,
            // Where there is no limit they are counted all the same: a later configuration may have one.
            global: (!listener.ignore_global_conn_limit).then(|| config.max_downstream_connections.unwrap_or(u64::MAX)),
            own: own.map_or(u64::MAX, |(_, most)| *most),
            bypasses: listener.bypass_overload_manager,
        }
    }

    /// Lets a connection in, unless there are too many.
    pub(crate) fn admit(&self) -> Option<Entered> {
        let Self { overload, stats, .. } = self;
        if !self.bypasses && overload.rejects_connections.load(Ordering::Relaxed) {
            stats.downstream_cx_overload_reject.inc();
            return None;
        }
        if !stats.downstream_cx_active.inc_below(self.own) {
            stats.downstream_cx_overflow.inc();
            return None;
        }
        // From here on it is one of the listener's.
        let mut entered = Entered { stats: stats.clone(), global: None };
        if let Some(most) = self.global {
            if !overload.connections.inc_below(most) {
                stats.downstream_global_cx_overflow.inc();
                return None;
            }
            entered.global = Some(overload.clone());
        }
        stats.downstream_cx_total.inc();
        Some(entered)
    }

    /// Whether it serves as ever, whatever the process is short of.
    pub(crate) fn bypasses(&self) -> bool {
        self.bypasses
    }
}

/// A connection that has been let in, for as long as it lasts.
#[derive(Debug)]
pub(crate) struct Entered {
    stats: Arc<ListenerStats>,
    global: Option<Arc<Overload>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.stats.downstream_cx_active.dec();
        if let Some(overload) = &self.global {
            overload.connections.dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Overload;
    use tollgate_config::{HeapMonitor, Overload as Config, OverloadAction, OverloadTrigger};

    fn config(triggers: &[(OverloadAction, f64)]) -> Config {
        let trigger = |(action, threshold): &(OverloadAction, f64)| OverloadTrigger {
            action: *action,
            monitor: "heap".to_owned(),
            threshold: *threshold,
        };
        Config {
            heaps: vec![HeapMonitor { name: "heap".to_owned(), max_heap_size_bytes: 1000 }],
            actions: triggers.iter().map(trigger).collect(),
            ..Config::default()
        }
    }

    #[test]
    fn an_action_is_taken_from_its_threshold_on_and_no_longer_than_that() {
        let overload = Overload::default();
        let config = config(&[
            (OverloadAction::StopAcceptingRequests, 0.95),
            (OverloadAction::StopAcceptingConnections, 1.0),
            (OverloadAction::DisableHttpKeepalive, 0.5),
        ]);
        let accepts = overload.accepts();
        for (resident, expected) in [
            (Some(499), (false, false, true)),
            (Some(500), (true, false, true)),
            (Some(950), (true, true, true)),
            (Some(1000), (true, true, false)),
            (Some(949), (true, false, true)),
            (Some(5000), (true, true, false)),
            // A configuration without it.
            (None, (false, false, true)),
        ] {
            overload.act(&config, resident);
            let is = (overload.ends_connections(), overload.stops_requests(), *accepts.borrow());
            assert_eq!(is, expected, "{resident:?}");
        }
    }
}
