//! The metrics that one VM knows, by the numbers it was given.

use super::{Counter, Gauge, Histogram, Metric};
use std::sync::Arc;

/// Why a call about a metric was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no metric of this number.
    Unknown,
    /// Metrics of this type cannot do that, or not with this value.
    Unfit,
}

/// Bits of an id that tell the type; the rest counts from 1, so that the first ids are 4, 5 and 6.
const TYPE_BITS: u32 = 2;

/// The metrics that one VM knows. Defining a metric twice gives it two numbers. Numbers that were taken back are `None`.
#[derive(Debug, Default)]
pub(crate) struct MetricTable {
    counters: Vec<Option<Arc<Counter>>>,
    gauges: Vec<Option<Arc<Gauge>>>,
    histograms: Vec<Option<Arc<Histogram>>>,
}

/// What a number stands for.
enum Known<'a> {
    Counter(Option<&'a Counter>),
    Gauge(Option<&'a Gauge>),
    Histogram(Option<&'a Histogram>),
    /// No type has these bits.
    Nothing,
}

impl MetricTable {
    /// Gives a metric its next number. `None` if the numbers are used up.
    pub(crate) fn add(&mut self, metric: Metric) -> Option<u32> {
        let (bits, count) = match metric {
            Metric::Counter(counter) => {
                self.counters.push(Some(counter));
                (0, self.counters.len())
            }
            Metric::Gauge(gauge) => {
                self.gauges.push(Some(gauge));
                (1, self.gauges.len())
            }
            Metric::Histogram(histogram) => {
                self.histograms.push(Some(histogram));
                (2, self.histograms.len())
            }
        };
        let count = u32::try_from(count).ok().filter(|count| *count <= u32::MAX >> TYPE_BITS)?;
        Some(count << TYPE_BITS | bits)
    }

    /// How many numbers were given, those that were taken back included: each keeps its place.
    pub(crate) fn len(&self) -> usize {
        self.counters.len() + self.gauges.len() + self.histograms.len()
    }

    /// Adds to a counter or gauge. Counters do not take 0 or less. Whether the number is known is asked after what its
    /// type can do, as in Envoy.
    pub(crate) fn increment(&self, id: u32, offset: i64) -> Result<(), Refused> {
        match self.known(id) {
            Known::Counter(counter) => {
                let counter = counter.ok_or(Refused::Unknown)?;
                let offset = u64::try_from(offset).ok().filter(|offset| *offset > 0).ok_or(Refused::Unfit)?;
                counter.add(offset);
                Ok(())
            }
            Known::Gauge(gauge) => gauge.map(|gauge| gauge.add(offset)).ok_or(Refused::Unknown),
            Known::Histogram(_) | Known::Nothing => Err(Refused::Unfit),
        }
    }

    /// Adds to a counter, sets a gauge, records a sample.
    pub(crate) fn record(&self, id: u32, value: u64) -> Result<(), Refused> {
        let recorded = match self.known(id) {
            Known::Counter(counter) => counter.map(|counter| counter.add(value)),
            Known::Gauge(gauge) => gauge.map(|gauge| gauge.set(value)),
            // Samples have a sign, whatever the ABI says.
            Known::Histogram(histogram) => histogram.map(|histogram| histogram.record(value as i64)),
            Known::Nothing => None,
        };
        recorded.ok_or(Refused::Unknown)
    }

    /// Value of a counter or gauge.
    pub(crate) fn value(&self, id: u32) -> Result<u64, Refused> {
        match self.known(id) {
            Known::Counter(counter) => counter.map(Counter::value).ok_or(Refused::Unknown),
            Known::Gauge(gauge) => gauge.map(Gauge::value).ok_or(Refused::Unknown),
            Known::Histogram(_) | Known::Nothing => Err(Refused::Unfit),
        }
    }

    /// Takes a number back; it is not given again.
    pub(crate) fn remove(&mut self, id: u32) -> Option<Metric> {
        let (kind, place) = place(id);
        match kind {
            0 => self.counters.get_mut(place)?.take().map(Metric::Counter),
            1 => self.gauges.get_mut(place)?.take().map(Metric::Gauge),
            2 => self.histograms.get_mut(place)?.take().map(Metric::Histogram),
            _ => None,
        }
    }

    fn known(&self, id: u32) -> Known<'_> {
        let (kind, place) = place(id);
        match kind {
            0 => Known::Counter(self.counters.get(place).and_then(Option::as_deref)),
            1 => Known::Gauge(self.gauges.get(place).and_then(Option::as_deref)),
            2 => Known::Histogram(self.histograms.get(place).and_then(Option::as_deref)),
            _ => Known::Nothing,
        }
    }
}

/// The bits of a number that tell the type, and its place among those of the type. Numbers below 4 have a place that no
/// table reaches.
fn place(id: u32) -> (u32, usize) {
    (id & ((1 << TYPE_BITS) - 1), ((id >> TYPE_BITS) as usize).wrapping_sub(1))
}
