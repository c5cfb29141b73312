//! Time that passes only when told to.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tollgate_host::services::Clock;

/// Wall time at the start: 2023-11-14 22:13:20 UTC, in nanoseconds since the Unix epoch.
pub const START_WALL: u64 = 1_700_000_000_000_000_000;

/// Monotonic time at the start, in nanoseconds.
pub const START_MONOTONIC: u64 = 1_000_000_000;

/// Time that passes only when told to. Clones share one time.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock(Rc<Cell<u64>>);

impl VirtualClock {
    /// A clock at its start.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.0.set(self.0.get() + u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Nanoseconds since the start.
    pub fn elapsed_nanos(&self) -> u64 {
        self.0.get()
    }
}

impl Clock for VirtualClock {
    fn wall_nanos(&self) -> u64 {
        START_WALL + self.0.get()
    }

    fn monotonic_nanos(&self) -> u64 {
        START_MONOTONIC + self.0.get()
    }
}
