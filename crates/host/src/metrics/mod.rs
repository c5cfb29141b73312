//! Metrics that plugins define: counters, gauges and histograms, one of each name and type in the process.
//!
//! An embedder has one [`Metrics`] for all its threads, puts it into the [`Services`](crate::services::Services) of each,
//! and shows what [`Metrics::all`] returns. Metrics stay until the registry goes, as in Envoy.
//!
//! Recording takes no lock: a VM looks its number up in its own table, and what it finds is atomic.

mod histogram;
mod table;

pub use histogram::{Histogram, HistogramSnapshot};
pub(crate) use table::{MetricTable, Refused};

use bytes::Bytes;
use std::collections::{BTreeMap, btree_map};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tollgate_abi::MetricType;

/// A number that grows; it starts again at 0 after 2^64 - 1.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The sum of what was added.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether it has ever been added to.
    pub fn is_used(&self) -> bool {
        self.value() != 0
    }
}

/// A number that goes up and down. Below 0 it goes on at 2^64 - 1, as in Envoy.
#[derive(Debug, Default)]
pub struct Gauge {
    value: AtomicU64,
    used: AtomicBool,
}

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: u64) {
        self.value.store(value, Ordering::Relaxed);
        self.mark();
    }

    /// Adds, or subtracts what is negative.
    pub fn add(&self, offset: i64) {
        self.value.fetch_add(offset as u64, Ordering::Relaxed);
        self.mark();
    }

    /// The value.
    pub fn value(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }

    /// Whether it has ever been set or added to.
    pub fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    fn mark(&self) {
        // Mostly it is set already; then nothing is written that other threads would have to fetch.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

/// A metric of whatever type.
#[derive(Clone, Debug)]
pub enum Metric {
    /// A counter.
    Counter(Arc<Counter>),
    /// A gauge.
    Gauge(Arc<Gauge>),
    /// A histogram.
    Histogram(Arc<Histogram>),
}

impl Metric {
    fn new(kind: MetricType) -> Self {
        match kind {
            MetricType::Counter => Self::Counter(Arc::default()),
            MetricType::Gauge => Self::Gauge(Arc::default()),
            MetricType::Histogram => Self::Histogram(Arc::default()),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Counter(one), Self::Counter(two)) => Arc::ptr_eq(one, two),
            (Self::Gauge(one), Self::Gauge(two)) => Arc::ptr_eq(one, two),
            (Self::Histogram(one), Self::Histogram(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }

    fn users(&self) -> usize {
        match self {
            Self::Counter(counter) => Arc::strong_count(counter),
            Self::Gauge(gauge) => Arc::strong_count(gauge),
            Self::Histogram(histogram) => Arc::strong_count(histogram),
        }
    }

    /// Whether anything has ever been recorded.
    pub fn is_used(&self) -> bool {
        match self {
            Self::Counter(counter) => counter.is_used(),
            Self::Gauge(gauge) => gauge.is_used(),
            Self::Histogram(histogram) => histogram.is_used(),
        }
    }
}

/// All metrics of the process, by name and type. A counter and a gauge of one name are two metrics.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<(Bytes, i32), Entry>>);

#[derive(Debug)]
struct Entry {
    metric: Metric,
    /// Who has made it, where that is counted.
    maker: Option<MetricMaker>,
}

/// How many metrics the VMs of a plugin have made that are still there, in all threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetricMaker(Arc<AtomicU32>);

impl Metrics {
    /// The metric of this name and type; makes it if there is none. Dots at the end of a name do not count.
    pub fn define(&self, kind: MetricType, name: &[u8]) -> Metric {
        let mut metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = metrics.entry(key(kind, name));
        entry.or_insert_with(|| Entry { metric: Metric::new(kind), maker: None }).metric.clone()
    }

    /// As [`define`](Self::define), for somebody who may make so many at most. `None` if this would be one more.
    pub(crate) fn define_for(&self, kind: MetricType, name: &[u8], maker: &MetricMaker, most: u32) -> Option<Metric> {
        let mut metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match metrics.entry(key(kind, name)) {
            btree_map::Entry::Occupied(known) => Some(known.get().metric.clone()),
            // The lock is held wherever the number changes.
            btree_map::Entry::Vacant(free) if maker.0.load(Ordering::Relaxed) < most => {
                maker.0.fetch_add(1, Ordering::Relaxed);
                let entry = Entry { metric: Metric::new(kind), maker: Some(maker.clone()) };
                Some(free.insert(entry).metric.clone())
            }
            btree_map::Entry::Vacant(_) => None,
        }
    }

    /// Removes a metric if only the registry and the caller know it.
    pub(crate) fn release(&self, metric: Metric) {
        let mut metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Numbers are given out under the lock, so that nobody begins to know it meanwhile.
        metrics.retain(|_, Entry { metric: known, maker }| {
            let goes = known.is(&metric) && known.users() <= 2;
            if let Some(maker) = maker.as_ref().filter(|_| goes) {
                maker.0.fetch_sub(1, Ordering::Relaxed);
            }
            !goes
        });
    }

    /// Every metric with its name, in the order of the names. Names are what plugins say: any bytes.
    pub fn all(&self) -> Vec<(Bytes, Metric)> {
        let metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.iter().map(|((name, _), entry)| (name.clone(), entry.metric.clone())).collect()
    }
}

fn key(kind: MetricType, name: &[u8]) -> (Bytes, i32) {
    let end = name.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    (Bytes::copy_from_slice(&name[..end]), kind.as_i32())
}

#[cfg(test)]
mod tests;
