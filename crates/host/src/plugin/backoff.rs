//! When a plugin whose VM has failed may be started anew.

use crate::services::Services;
use std::cell::Cell;
use std::time::Duration;

/// A plugin that has run for this long after it could be started anew is on good terms again.
const PROBATION: Duration = Duration::from_secs(60);

/// When a plugin whose VM has failed may be started anew, as far as that depends on what was before.
#[derive(Debug)]
pub(super) struct Backoff {
    /// Calls in a row that met their deadlines, before what the present VM did.
    strikes: Cell<u32>,
    /// When the present VM was started, or that was last tried.
    tried_nanos: Cell<u64>,
    /// Chosen by chance once the present VM has failed, as a fraction of half the interval.
    jitter: Cell<Option<u16>>,
    /// How the present VM ended is in the strikes already: starting another has failed.
    counted: Cell<bool>,
    quarantined: Cell<bool>,
}

/// Whether to start a plugin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be started.
    Start,
    /// Not yet.
    Later,
    /// Never again; this is the first time that it is said.
    Quarantine,
    /// Never again, as was said.
    Never,
}

impl Backoff {
    /// The plugin is started for the first time.
    pub(super) fn new(services: &Services) -> Self {
        let this = Self {
            strikes: Cell::new(0),
            tried_nanos: Cell::default(),
            jitter: Cell::default(),
            counted: Cell::default(),
            quarantined: Cell::default(),
        };
        this.begin(services);
        this
    }

    /// Whether the plugin is never started anew.
    pub(super) fn is_quarantined(&self) -> bool {
        self.quarantined.get()
    }

    fn begin(&self, services: &Services) {
        self.tried_nanos.set(services.clock.monotonic_nanos());
        self.jitter.set(None);
    }

    /// Whether the plugin may be started anew now. `interrupted`: its VM has failed because a call met its deadline.
    pub(super) fn verdict(&self, services: &Services, base: Duration, interrupted: bool, most: u32) -> Verdict {
        if self.quarantined.get() {
            return Verdict::Never;
        }
        if self.jitter.get().is_none() {
            let mut bytes = [0; 2];
            services.random.fill(&mut bytes);
            self.jitter.set(Some(u16::from_le_bytes(bytes)));
        }
        let waited = self.waited(services);
        let strikes = self.strikes_with(interrupted, waited, base);
        if most > 0 && strikes >= most {
            self.quarantined.set(true);
            return Verdict::Quarantine;
        }
        if waited < self.interval(base, strikes) { Verdict::Later } else { Verdict::Start }
    }

    fn waited(&self, services: &Services) -> Duration {
        Duration::from_nanos(services.clock.monotonic_nanos().saturating_sub(self.tried_nanos.get()))
    }

    fn strikes_with(&self, interrupted: bool, waited: Duration, base: Duration) -> u32 {
        let before = self.strikes.get();
        if self.counted.get() {
            return before;
        }
        if waited >= self.interval(base, before).saturating_add(PROBATION) {
            return u32::from(interrupted);
        }
        before.saturating_add(u32::from(interrupted))
    }

    /// As Envoy has it for no strikes: the base, and up to half of it by chance.
    fn interval(&self, base: Duration, strikes: u32) -> Duration {
        let doubled = base.saturating_mul(1_u32.checked_shl(strikes.min(16)).unwrap_or(1));
        let jitter = (base / 2).saturating_mul(u32::from(self.jitter.get().unwrap_or_default())) / u32::from(u16::MAX);
        doubled.saturating_add(jitter)
    }

    /// The plugin is started anew. `interrupted` is as for [`Self::verdict`].
    pub(super) fn restart(&self, services: &Services, base: Duration, interrupted: bool) {
        let waited = self.waited(services);
        // One that failed in another way has not been stuck in a row.
        let in_a_row = interrupted || self.counted.get();
        self.strikes.set(if in_a_row { self.strikes_with(interrupted, waited, base) } else { 0 });
        self.counted.set(true);
        self.begin(services);
    }

    /// It has been, and has a VM of which nothing is known yet.
    pub(super) fn restarted(&self) {
        self.counted.set(false);
    }

    /// Instead, starting it has met a deadline, after [`Self::restart`].
    pub(super) fn strike(&self) {
        self.strikes.set(self.strikes.get().saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Verdict};
    use crate::services::{Clock, LogOrigin, LogSink, Random, Services};
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;
    use tollgate_abi::LogLevel;

    const BASE: Duration = Duration::from_secs(1);

    #[derive(Default)]
    struct Rig {
        now: Cell<u64>,
        chance: Cell<u8>,
    }

    impl Clock for Rig {
        fn wall_nanos(&self) -> u64 {
            self.now.get()
        }

        fn monotonic_nanos(&self) -> u64 {
            self.now.get()
        }
    }

    impl Random for Rig {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.chance.get());
        }
    }

    impl LogSink for Rig {
        fn level(&self) -> LogLevel {
            LogLevel::Trace
        }

        fn log(&self, _: LogLevel, _: LogOrigin<'_>, _: &[u8]) {}
    }

    fn rig() -> (Rc<Rig>, Services) {
        let rig = Rc::new(Rig::default());
        (rig.clone(), Services::new(rig.clone(), rig.clone(), rig))
    }

    impl Rig {
        fn at<'a>(&self, millis: u64, services: &'a Services) -> &'a Services {
            self.now.set(millis * 1_000_000);
            services
        }
    }

    #[test]
    fn a_trap_costs_the_interval_and_up_to_half_of_it() {
        for (chance, wait) in [(0, 1000), (0xff, 1500)] {
            let (rig, services) = rig();
            rig.chance.set(chance);
            let backoff = Backoff::new(&services);
            assert_eq!(backoff.verdict(rig.at(wait - 1, &services), BASE, false, 5), Verdict::Later);
            assert_eq!(backoff.verdict(rig.at(wait, &services), BASE, false, 5), Verdict::Start);
        }
    }

    #[test]
    fn the_interval_doubles_with_each_interruption_until_the_last() {
        let (rig, services) = rig();
        let backoff = Backoff::new(&services);
        let mut now = 0;
        for wait in [2000, 4000] {
            assert_eq!(backoff.verdict(rig.at(now + wait - 1, &services), BASE, true, 3), Verdict::Later);
            now += wait;
            assert_eq!(backoff.verdict(rig.at(now, &services), BASE, true, 3), Verdict::Start);
            backoff.restart(&services, BASE, true);
            backoff.restarted();
        }
        assert_eq!(backoff.verdict(rig.at(now, &services), BASE, true, 3), Verdict::Quarantine);
        assert_eq!(backoff.verdict(rig.at(now + 1_000_000, &services), BASE, true, 3), Verdict::Never);
    }

    #[test]
    fn a_start_that_is_interrupted_is_a_strike_and_the_vm_before_counts_once() {
        let (rig, services) = rig();
        let backoff = Backoff::new(&services);
        let mut now = 0;
        for wait in [2000, 4000, 8000] {
            assert_eq!(backoff.verdict(rig.at(now + wait - 1, &services), BASE, true, 4), Verdict::Later, "{wait}");
            now += wait;
            assert_eq!(backoff.verdict(rig.at(now, &services), BASE, true, 4), Verdict::Start, "{wait}");
            backoff.restart(&services, BASE, true);
            backoff.strike();
        }
        assert_eq!(backoff.verdict(rig.at(now, &services), BASE, true, 4), Verdict::Quarantine);
    }

    #[test]
    fn another_failure_or_a_good_time_between_ends_the_row() {
        let (rig, services) = rig();
        let backoff = Backoff::new(&services);
        let mut now = 0;
        for interrupted in [true, false, true, false, true] {
            now += 5000;
            assert_eq!(backoff.verdict(rig.at(now, &services), BASE, interrupted, 2), Verdict::Start);
            backoff.restart(&services, BASE, interrupted);
            backoff.restarted();
        }
        now += 63_000;
        assert_eq!(backoff.verdict(rig.at(now, &services), BASE, true, 2), Verdict::Start);
    }

    #[test]
    fn no_number_of_strikes_means_never_in_quarantine() {
        let (rig, services) = rig();
        let backoff = Backoff::new(&services);
        for n in 1..100 {
            rig.at(n * 1_000_000, &services);
            backoff.restart(&services, BASE, true);
            backoff.strike();
        }
        assert_ne!(backoff.verdict(rig.at(1 << 43, &services), BASE, true, 0), Verdict::Quarantine);
    }
}
