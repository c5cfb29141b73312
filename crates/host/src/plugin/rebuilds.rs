//! How a plugin's VM is replaced that has been used enough.

use crate::services::Services;
use std::cell::Cell;

/// Least time after a failure until it is tried again, in nanoseconds; it doubles with each in a row.
const PAUSE: u64 = 1_000_000_000;

/// Most doublings.
const MOST_DOUBLINGS: u32 = 6;

/// The replacements of a plugin's VM. A start is in the way of the stream that it is for, and of everybody on the thread: one that
/// takes long is followed by as much time without one, and one that fails by more.
#[derive(Debug, Default)]
pub(super) struct Rebuilds {
    done: Cell<u64>,
    failed: Cell<u64>,
    /// Failures in a row.
    row: Cell<u32>,
    begun_nanos: Cell<u64>,
    not_before_nanos: Cell<u64>,
}

impl Rebuilds {
    /// How many there were.
    pub(super) fn done(&self) -> u64 {
        self.done.get()
    }

    /// How many failed.
    pub(super) fn failed(&self) -> u64 {
        self.failed.get()
    }

    pub(super) fn may_begin(&self, services: &Services) -> bool {
        services.clock.monotonic_nanos() >= self.not_before_nanos.get()
    }

    pub(super) fn begin(&self, services: &Services) {
        self.begun_nanos.set(services.clock.monotonic_nanos());
    }

    pub(super) fn succeeded(&self, services: &Services) {
        self.done.set(self.done.get() + 1);
        self.row.set(0);
        let now = services.clock.monotonic_nanos();
        self.not_before_nanos.set(now.saturating_add(now.saturating_sub(self.begun_nanos.get())));
    }

    pub(super) fn has_failed(&self, services: &Services) {
        self.failed.set(self.failed.get() + 1);
        let pause = PAUSE << self.row.get().min(MOST_DOUBLINGS);
        self.row.set(self.row.get().saturating_add(1));
        self.not_before_nanos.set(services.clock.monotonic_nanos().saturating_add(pause));
    }

    /// The plugin has been started anew for another reason.
    pub(super) fn forgive(&self) {
        self.row.set(0);
    }
}
