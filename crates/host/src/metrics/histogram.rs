//! Histograms: samples in bins of two decimal digits, and what can be told from the bins.
//!
//! Envoy keeps samples in the same bins (libcircllhist) and tells the same from them, so that numbers compare. A bin
//! holds what begins with the same two digits: 10 to 10.99, 11 to 11.99, ... 99 to 99.9, 100 to 109.9, and so on; below
//! 10 the steps are tenths. Samples are whole numbers, so that of the small bins each holds one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bins of a decade: the digits 10 to 99.
const BINS: usize = 90;

/// Decades of the magnitude of a 64-bit number with a sign.
const DECADES: usize = 19;

type Decade = OnceLock<Box<[AtomicU64; BINS]>>;

/// Samples. Recording one is a single atomic addition; the space for a decade comes with its first sample.
#[derive(Debug, Default)]
pub struct Histogram {
    negative: [Decade; DECADES],
    zero: AtomicU64,
    positive: [Decade; DECADES],
}

/// A range of values and how many samples it has.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bin {
    /// Place in the order of values: 0 for zero itself, negative below.
    place: i32,
    count: u64,
}

impl Bin {
    fn of(negative: bool, decade: usize, bin: usize, count: u64) -> Self {
        let place = (decade * BINS + bin + 1) as i32;
        Self { place: if negative { -place } else { place }, count }
    }

    /// The bound nearer to zero, and the distance to the other, both with the sign.
    fn bound_and_width(self) -> (f64, f64) {
        if self.place == 0 {
            return (0.0, 0.0);
        }
        let place = self.place.unsigned_abs() as usize - 1;
        let (decade, digits) = ((place / BINS) as i32, (place % BINS + 10) as f64);
        // Powers of ten as whole numbers are exact, those of a tenth are not.
        let power = 10_f64.powi(decade);
        let sign = f64::from(self.place.signum());
        (sign * (digits * power / 10.0), sign * (power / 10.0))
    }

    /// The lowest value.
    fn left(self) -> f64 {
        let (bound, width) = self.bound_and_width();
        bound + width.min(0.0)
    }

    fn width(self) -> f64 {
        self.bound_and_width().1.abs()
    }

    /// The value that stands for all samples of the bin where they are summed up: nearer to zero than the middle, since
    /// there are more small values than large ones.
    fn representative(self) -> f64 {
        if self.place == 0 {
            return 0.0;
        }
        let (bound, width) = self.bound_and_width();
        bound + width * (bound / (bound + (bound + width)))
    }
}

/// Decade and digits of a magnitude above 0.
fn place_of(magnitude: u64) -> (usize, usize) {
    let decade = magnitude.ilog10();
    let digits = if decade == 0 { magnitude * 10 } else { magnitude / 10_u64.pow(decade - 1) };
    (decade as usize, digits as usize - 10)
}

impl Histogram {
    /// Adds a sample.
    pub fn record(&self, value: i64) {
        let bin = if value == 0 {
            &self.zero
        } else {
            let (decade, bin) = place_of(value.unsigned_abs());
            let decades = if value < 0 { &self.negative } else { &self.positive };
            &decades[decade].get_or_init(|| Box::new([const { AtomicU64::new(0) }; BINS]))[bin]
        };
        bin.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether there are samples.
    pub fn is_used(&self) -> bool {
        self.zero.load(Ordering::Relaxed) > 0
            || self.negative.iter().chain(&self.positive).any(|decade| decade.get().is_some())
    }

    /// What there is now. Samples that come meanwhile may be in it or not.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let mut bins = Vec::new();
        let mut collect = |negative, decades: &[Decade]| {
            for (decade, counts) in decades.iter().enumerate() {
                let Some(counts) = counts.get() else { continue };
                for (bin, count) in counts.iter().enumerate() {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        bins.push(Bin::of(negative, decade, bin, count));
                    }
                }
            }
        };
        collect(true, &self.negative);
        collect(false, &self.positive);
        let zeros = self.zero.load(Ordering::Relaxed);
        if zeros > 0 {
            bins.push(Bin { place: 0, count: zeros });
        }
        bins.sort_unstable_by_key(|bin| bin.place);
        HistogramSnapshot { bins }
    }
}

/// Samples as they were at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramSnapshot {
    /// Bins with samples, in the order of values.
    bins: Vec<Bin>,
}

impl HistogramSnapshot {
    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// The sum of all samples, as near as the bins allow.
    pub fn sum(&self) -> f64 {
        // An empty sum of floating-point numbers would be -0.
        self.bins.iter().fold(0.0, |sum, bin| sum + bin.representative() * bin.count as f64)
    }

    /// How many samples are in bins that begin at `bound` or below.
    pub fn count_up_to(&self, bound: f64) -> u64 {
        self.bins.iter().take_while(|bin| bin.left() <= bound).map(|bin| bin.count).sum()
    }

    /// The value that a share of the samples does not exceed; `None` without samples. Samples are taken to lie evenly
    /// inside their bin. `share` is 0 to 1.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (share * self.count() as f64).ceil().max(1.0);
        let mut below = 0.0;
        let mut last = None;
        for bin in &self.bins {
            let count = bin.count as f64;
            let at = (rank - below).min(count);
            last = Some(bin.left() + bin.width() * at / (count + 1.0));
            below += count;
            if rank <= below {
                break;
            }
        }
        last
    }

    /// Adds the samples of another histogram.
    pub fn merge(&mut self, other: &Self) {
        let mut bins = Vec::with_capacity(self.bins.len() + other.bins.len());
        let mut theirs = other.bins.iter().copied().peekable();
        for mut bin in self.bins.drain(..) {
            while let Some(before) = theirs.next_if(|their| their.place < bin.place) {
                bins.push(before);
            }
            bin.count += theirs.next_if(|their| their.place == bin.place).map_or(0, |their| their.count);
            bins.push(bin);
        }
        bins.extend(theirs);
        self.bins = bins;
    }

    /// The samples that have come since an earlier moment.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut old = earlier.bins.iter().peekable();
        let mut bins = Vec::new();
        for bin in &self.bins {
            while old.next_if(|old| old.place < bin.place).is_some() {}
            let before = old.next_if(|old| old.place == bin.place).map_or(0, |old| old.count);
            let count = bin.count.saturating_sub(before);
            if count > 0 {
                bins.push(Bin { count, ..*bin });
            }
        }
        Self { bins }
    }
}
