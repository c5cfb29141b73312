//! What a plugin's callbacks come to on a thread: how often each ran, how long it took, how the plugin failed.

use super::obituary::Obituary;
use crate::metrics::{Histogram, HistogramSnapshot};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_abi::callbacks::CALLBACKS;

/// Of how many calls of a callback one is timed; the same for all threads. One in 64 unless said otherwise.
#[derive(Debug)]
pub struct CallbackTiming {
    /// Calls are timed whose number has none of these bits.
    mask: AtomicU64,
}

/// No number has none of these bits.
const OFF: u64 = u64::MAX;

impl Default for CallbackTiming {
    fn default() -> Self {
        Self { mask: AtomicU64::new(63) }
    }
}

impl CallbackTiming {
    /// One in so many calls of a callback is timed; `None`: none is.
    pub fn one_in(&self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.mask.load(Ordering::Relaxed).wrapping_add(1))
    }

    /// Times one in so many calls from now on, rounded up to a power of two; `None` times none.
    pub fn set_one_in(&self, calls: Option<NonZeroU64>) {
        // What is more than any power of two is as good as never.
        let mask = calls.and_then(|calls| calls.get().checked_next_power_of_two()).map_or(OFF, |power| power - 1);
        self.mask.store(mask, Ordering::Relaxed);
    }
}

/// What a callback of a plugin has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct CallbackRecord {
    /// Name of the export.
    pub name: &'static str,
    /// How often it ran, traps included.
    pub calls: u64,
    /// What it took in nanoseconds, of the calls that were timed ([`CallbackTiming`]).
    pub nanos: HistogramSnapshot,
}

/// Places for callbacks: more than there are, so that a multiplication tells them apart.
const PLACES: usize = 128;

/// Found by trying: with it, each name of a callback has a place of its own.
const MULTIPLIER: u64 = 0x17ae_6c2a_d8d4_35d7;

/// The place of a callback by its name. Names differ in their length or in the eight bytes before the last two.
#[inline]
const fn place(name: &str) -> usize {
    match name.as_bytes().last_chunk::<10>() {
        Some([a, b, c, d, e, f, g, h, _, _]) => {
            let tail = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            ((tail ^ ((name.len() as u64) << 56)).wrapping_mul(MULTIPLIER) >> 57) as usize
        }
        None => 0,
    }
}

/// What every HTTP stream has: beside each other, so that a stream does not bring a line of the processor's cache for each.
const OF_STREAMS: [&str; 8] = [
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_log",
    "proxy_on_done",
    "proxy_on_delete",
];

/// Counts by place.
const SLOTS: [u8; PLACES] = {
    let mut slots = [PLACES as u8; PLACES];
    let mut next = 0;
    while next < OF_STREAMS.len() {
        slots[place(OF_STREAMS[next])] = next as u8;
        next += 1;
    }
    let mut at = 0;
    while at < PLACES {
        if slots[at] == PLACES as u8 {
            slots[at] = next as u8;
            next += 1;
        }
        at += 1;
    }
    slots
};

/// So many calls of each callback.
#[derive(Debug)]
#[repr(align(64))]
struct Calls([Cell<u64>; PLACES]);

impl Calls {
    #[inline]
    fn of(&self, callback: &str) -> &Cell<u64> {
        &self.0[usize::from(SLOTS[place(callback)])]
    }
}

/// The counts of a plugin on a thread. They outlive its VMs.
#[derive(Debug)]
pub(crate) struct Tally {
    calls: Calls,
    /// In nanoseconds. Made when the first call is timed.
    times: OnceCell<RefCell<BTreeMap<&'static str, Histogram>>>,
    timing: Arc<CallbackTiming>,
    traps: Cell<u64>,
    last_trap: RefCell<Option<Obituary>>,
}

impl Tally {
    pub(crate) fn new(timing: Arc<CallbackTiming>) -> Self {
        Self {
            calls: Calls([const { Cell::new(0) }; PLACES]),
            times: OnceCell::new(),
            timing,
            traps: Cell::default(),
            last_trap: RefCell::default(),
        }
    }

    /// Counts a call; whether it is to be timed.
    #[inline]
    pub(super) fn count(&self, callback: &'static str) -> bool {
        let calls = self.calls.of(callback);
        let number = calls.get() + 1;
        calls.set(number);
        number & self.timing.mask.load(Ordering::Relaxed) == 0
    }

    /// A call that was to be timed has taken so long.
    #[cold]
    pub(super) fn took(&self, callback: &'static str, nanos: u64) {
        let mut times = self.times.get_or_init(RefCell::default).borrow_mut();
        times.entry(callback).or_default().record(i64::try_from(nanos).unwrap_or(i64::MAX));
    }

    /// A callback has failed a VM.
    pub(super) fn trapped(&self, obituary: Obituary) {
        self.traps.set(self.traps.get() + 1);
        self.last_trap.replace(Some(obituary));
    }

    pub(super) fn traps(&self) -> u64 {
        self.traps.get()
    }

    pub(super) fn last_trap(&self) -> Option<Obituary> {
        self.last_trap.borrow().clone()
    }

    /// The callbacks that ran, in the order of the table of the ABI.
    pub(super) fn callbacks(&self) -> Vec<CallbackRecord> {
        let times = self.times.get().map(RefCell::borrow);
        let mut records: Vec<CallbackRecord> = Vec::new();
        for callback in CALLBACKS.iter().filter(|callback| is_counted(callback.name)) {
            let (name, calls) = (callback.name, self.calls.of(callback.name).get());
            // Versions of the ABI that differ in a callback's type have a row each.
            if calls > 0 && records.iter().all(|record| record.name != name) {
                let nanos = times.as_ref().and_then(|times| times.get(name)).map(Histogram::snapshot);
                records.push(CallbackRecord { name, calls, nanos: nanos.unwrap_or_default() });
            }
        }
        records
    }
}

/// Whether it is a callback of the specification, and no function that starts the module.
fn is_counted(name: &str) -> bool {
    name.starts_with("proxy_") || name.starts_with("envoy_")
}

#[cfg(test)]
mod tests {
    use super::{CALLBACKS, CallbackTiming, OF_STREAMS, SLOTS, Tally, is_counted, place};
    use std::collections::{BTreeSet, HashMap};
    use std::num::NonZeroU64;
    use std::sync::Arc;

    #[test]
    fn each_callback_has_a_place_of_its_own() {
        let mut places = HashMap::new();
        for callback in CALLBACKS.iter().filter(|callback| is_counted(callback.name)) {
            let other = *places.entry(place(callback.name)).or_insert(callback.name);
            assert_eq!(other, callback.name, "find another multiplier");
        }
        assert!(places.len() > 40);
    }

    #[test]
    fn each_place_has_a_count_of_its_own_and_those_of_streams_are_the_first() {
        assert_eq!(SLOTS.iter().collect::<BTreeSet<_>>().len(), SLOTS.len());
        assert_eq!(OF_STREAMS.map(|name| SLOTS[place(name)]), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(OF_STREAMS.iter().all(|name| CALLBACKS.iter().any(|callback| callback.name == *name)));
    }

    #[test]
    fn one_in_so_many_calls_is_timed_all_of_them_or_none() {
        for (one_in, timed) in [(Some(64), 3), (Some(50), 3), (Some(1), 200), (Some(u64::MAX), 0), (None, 0)] {
            let timing = Arc::new(CallbackTiming::default());
            timing.set_one_in(one_in.and_then(NonZeroU64::new));
            let tally = Tally::new(timing);
            let was_timed = (0..200).filter(|_| tally.count("proxy_on_tick")).count();
            assert_eq!(was_timed, timed, "{one_in:?}");
            assert_eq!(tally.callbacks()[0].calls, 200);
        }
        assert_eq!(CallbackTiming::default().one_in(), NonZeroU64::new(64));
    }

    #[test]
    fn what_ran_is_told_in_the_order_of_the_table() {
        let tally = Tally::new(Arc::default());
        tally.count("proxy_on_request_headers");
        tally.count("proxy_on_log");
        tally.count("proxy_on_request_headers");
        tally.took("proxy_on_log", 1500);
        let told: Vec<_> = tally.callbacks().into_iter().map(|one| (one.name, one.calls, one.nanos.count())).collect();
        assert_eq!(told, [("proxy_on_log", 1, 1), ("proxy_on_request_headers", 2, 0)]);
    }
}
