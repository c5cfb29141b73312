//! What all threads of a proxy share, whatever the configuration: numbers, shared data, the way to each worker.

use crate::core_dumps::CoreDumps;
use crate::exposition::{Baseline, Intervals, Snapshot};
use crate::generation::Generation;
use crate::overload::Overload;
use crate::plugin_report::PluginReport;
use crate::server::{BoundListener, ObserverFactory};
use crate::stats::ChainStats;
use crate::worker::Command;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{mpsc, oneshot, watch};
use tollgate_config::ListenerKind;
use tollgate_host::metrics::Metrics;
use tollgate_host::plugin::CallbackTiming;
use tollgate_host::shared::Shared;

/// How long a worker may take to tell its numbers.
const PATIENCE: Duration = Duration::from_secs(1);

/// A proxy as its threads see it.
pub(crate) struct Process {
    /// Worker threads.
    pub(crate) concurrency: usize,
    /// How long connections may take to finish after the word to stop.
    pub(crate) drain: Duration,
    /// See [`Setup::observer`](crate::Setup::observer).
    pub(crate) observer: Option<ObserverFactory>,
    /// See [`Setup::core_dumps`](crate::Setup::core_dumps).
    pub(crate) core_dumps: Option<Arc<CoreDumps>>,
    /// What plugins of all workers share. It outlives every configuration.
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) intervals: Intervals,
    /// What counters are shown from.
    pub(crate) baseline: Baseline,
    pub(crate) started: Instant,
    pub(crate) stop: watch::Receiver<bool>,
    /// One per worker, then one for the thread of the plugins that the process has one of.
    pub(crate) threads: Vec<mpsc::UnboundedSender<Command>>,
    /// Generations of which something lives.
    pub(crate) living: Arc<AtomicU64>,
    /// Configurations that were taken, and that were not, since the start.
    pub(crate) reloads: Reloads,
    pub(crate) current: RwLock<Arc<Generation>>,
    /// Listeners that accept connections.
    pub(crate) open: RwLock<Vec<BoundListener>>,
    /// How many calls of callbacks are timed.
    pub(crate) timing: Arc<CallbackTiming>,
    /// What it does when it is short of something.
    pub(crate) overload: Arc<Overload>,
    /// It was told to say that it should get no more requests.
    pub(crate) told_to_fail: AtomicBool,
}

/// How reloading has gone.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    pub(crate) taken: AtomicU64,
    pub(crate) refused: AtomicU64,
}

impl Process {
    /// The configuration that new streams meet.
    pub(crate) fn current(&self) -> Arc<Generation> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Listeners that accept connections.
    pub(crate) fn open_listeners(&self) -> Vec<BoundListener> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it should get requests: it does not stop, and was not told to say otherwise.
    pub(crate) fn is_live(&self) -> bool {
        !*self.stop.borrow() && !self.told_to_fail.load(Ordering::Relaxed)
    }

    /// How the plugins are, of every generation that lives. What a thread says that is stuck in a callback is left out.
    pub(crate) async fn plugins(&self) -> Vec<PluginReport> {
        PluginReport::merged(self.ask(Command::Plugins).await.into_iter().flatten())
    }

    /// What every thread answers to a question, all asked at the same time.
    async fn ask<T>(&self, question: impl Fn(oneshot::Sender<T>) -> Command) -> Vec<T> {
        let mut asked = Vec::new();
        for thread in &self.threads {
            let (ask, told) = oneshot::channel();
            if thread.send(question(ask)).is_ok() {
                asked.push(told);
            }
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut answers = Vec::new();
        for told in asked {
            if let Ok(Ok(answer)) = tokio::time::timeout_at(deadline, told).await {
                answers.push(answer);
            }
        }
        answers
    }

    /// Everything there is at this moment, as the admin interface shows it.
    pub(crate) async fn shown(&self) -> Snapshot {
        let mut snapshot = self.snapshot().await;
        self.baseline.apply(&mut snapshot);
        snapshot
    }

    /// Everything there is at this moment.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.collect().await.into_iter().for_each(|(name, value)| snapshot.add(name, value));
        snapshot.add_vms(&self.shared);
        snapshot.add_custom(&self.metrics, &self.intervals);
        snapshot.keep(&self.current().configuration.bootstrap.stats_config.matcher);
        snapshot
    }

    /// Ends an interval of histograms every now and then, for ever.
    pub(crate) async fn count_intervals(self: Arc<Self>) {
        let mut ends = tokio::time::interval(crate::exposition::INTERVAL);
        ends.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ends.tick().await;
            self.intervals.advance(&self.metrics);
        }
    }

    /// Looks every now and then what the process is short of, for ever.
    pub(crate) async fn watch_overload(self: Arc<Self>) {
        loop {
            let interval = {
                let generation = self.current();
                let config = &generation.configuration.bootstrap.overload;
                self.overload.update(config);
                // A later configuration is not to wait for the interval of this one.
                config.refresh_interval.min(Duration::from_secs(1))
            };
            tokio::time::sleep(interval).await;
        }
    }

    /// Every number of the proxy's own, by name.
    async fn collect(&self) -> BTreeMap<String, u64> {
        let generation = self.current();
        let mut stats = BTreeMap::new();
        for (listener, numbers) in generation.configuration.bootstrap.listeners.iter().zip(&generation.stats) {
            let mut own: BTreeMap<String, u64> = BTreeMap::new();
            let mut add = |prefix: String, collect: &dyn Fn(&str, &mut BTreeMap<String, u64>)| {
                let mut numbers = BTreeMap::new();
                collect(&prefix, &mut numbers);
                // Filter chains may share a prefix.
                numbers.into_iter().for_each(|(name, number)| *own.entry(name).or_default() += number);
            };
            let prefix = format!("listener.{}", listener.name.replace(':', "_"));
            add(prefix.clone(), &|prefix, out| numbers.own.collect(prefix, out));
            if listener.filter_chains.iter().any(|chain| chain.tls.is_some()) {
                add(format!("{prefix}.ssl"), &|prefix, out| numbers.tls.collect(prefix, out));
            }
            for (chain, numbers) in listener.filter_chains.iter().zip(&numbers.chains) {
                for (limit, numbers) in chain.connection_limits.iter().zip(&numbers.limits) {
                    add(format!("connection_limit.{}", limit.stat_prefix), &|prefix, out| numbers.collect(prefix, out));
                }
                match (&chain.kind, &numbers.kind) {
                    (ListenerKind::Http(http), ChainStats::Http(numbers)) => {
                        add(format!("http.{}", http.stat_prefix), &|prefix, out| numbers.collect(prefix, out));
                    }
                    (ListenerKind::Tcp(tcp), ChainStats::Tcp(numbers)) => {
                        add(format!("tcp.{}", tcp.stat_prefix), &|prefix, out| numbers.collect(prefix, out));
                    }
                    // The two lists are made from one.
                    _ => {}
                }
            }
            // Listeners may share a prefix.
            for (name, number) in own {
                *stats.entry(name).or_default() += number;
            }
        }
        Overload::collect(&generation.configuration.bootstrap.overload, &mut stats);
        for cluster in &generation.clusters {
            let prefix = format!("cluster.{}", cluster.config.name);
            cluster.stats.collect(&prefix, &mut stats);
            cluster.circuit_breakers().collect(&format!("{prefix}.circuit_breakers.default"), &mut stats);
            if cluster.config.outlier_detection.is_some() {
                cluster.outlier_stats.collect(&format!("{prefix}.outlier_detection"), &mut stats);
            }
            if cluster.config.health_check.is_some() {
                cluster.health_stats.collect(&format!("{prefix}.health_check"), &mut stats);
            }
            cluster.connection_stats.collect(&prefix, &mut stats);
            if cluster.tls.is_some() {
                cluster.tls_stats.collect(&format!("{prefix}.ssl"), &mut stats);
            }
            cluster.status_codes.collect(&format!("{prefix}.upstream_rq"), &mut stats);
        }
        let number = |atomic: &AtomicU64| atomic.load(Ordering::Relaxed);
        stats.insert("server.concurrency".to_owned(), self.concurrency as u64);
        let contexts = generation.configuration.tls.listed.iter();
        if let Some(days) = contexts.filter_map(|context| context.days_left(SystemTime::now())).min() {
            stats.insert("server.days_until_first_cert_expiring".to_owned(), days);
        }
        stats.insert("server.live".to_owned(), u64::from(self.is_live()));
        stats.insert("server.uptime".to_owned(), self.started.elapsed().as_secs());
        stats.insert("reload.generation".to_owned(), generation.number);
        // The one that serves, and those before it that still have streams.
        stats.insert("reload.generations_active".to_owned(), number(&self.living));
        stats.insert("reload.success".to_owned(), number(&self.reloads.taken));
        stats.insert("reload.failure".to_owned(), number(&self.reloads.refused));
        stats.extend(
            self.shared.store_numbers().into_iter().map(|(name, number)| (format!("shared_data.{name}"), number)),
        );
        for (name, number) in self.ask(Command::Numbers).await.into_iter().flatten() {
            *stats.entry(name).or_default() += number;
        }
        stats
    }
}
