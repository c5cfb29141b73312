//! Whether a call may go on.

use crate::clock::{Clock, Reading, ThreadClock};
use crate::{TICK, keep_ticking, now};
use std::time::Duration;

/// No tick. Far enough from the end that it can be added to one.
const NEVER: u64 = u64::MAX / 2;

/// Ticks until the first look at a call. The one under way may be over at once: so only calls that have taken a whole tick
/// are looked at, and all others cost nothing.
const FIRST: u64 = 2;

/// Watches the calls of a guest, one at a time: each may use so much time of the processor.
///
/// A deadline is for what the guest does, and not for what the machine does meanwhile: on a busy one, a call may take any
/// multiple of its time and be a sound one. So the thread's own time decides. Asking for it is a system call, which no call
/// should cost that is quick: it is first asked for when a call has taken a tick or two of wall time, counts from there, and
/// is asked for again when what is left may have been used.
///
/// A call so has at least the time that it is allowed. On a machine that keeps up it is told to stop up to four ticks later.
#[derive(Clone, Debug)]
pub struct Watch<C = ThreadClock> {
    allowed: Option<Duration>,
    /// Tick of the next look.
    due: u64,
    /// What the clock said at the first look at this call.
    first: Option<Reading>,
    clock: C,
}

/// What a look at a call has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It may go on, and the next look is due in so many ticks.
    GoOn(u64),
    /// It has used its time.
    Stop,
}

impl Watch {
    /// Watches nothing until it is told what is [allowed](Self::allow).
    pub fn new() -> Self {
        Self::with_clock(ThreadClock)
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Clock> Watch<C> {
    /// As [`Watch::new`], by another clock.
    pub fn with_clock(clock: C) -> Self {
        Self { allowed: None, due: NEVER, first: None, clock }
    }

    /// Sets how much time each of the following calls may use. `None` is as much as they want.
    pub fn allow(&mut self, allowed: Option<Duration>) {
        self.allowed = allowed;
        self.due = NEVER;
    }

    /// Begins a call, and tells in how many ticks the first look is due.
    #[inline]
    pub fn begin(&mut self) -> u64 {
        if self.allowed.is_none() {
            return NEVER;
        }
        self.first = None;
        self.due_in(FIRST)
    }

    #[inline]
    fn due_in(&mut self, ticks: u64) -> u64 {
        self.due = now().saturating_add(ticks);
        keep_ticking(self.due);
        ticks
    }

    /// Whether it is time for a look.
    #[inline]
    pub fn is_due(&self) -> bool {
        now() >= self.due
    }

    /// Looks whether the call that runs may go on, for those that do not count ticks themselves.
    #[inline]
    pub fn may_go_on(&mut self) -> bool {
        !self.is_due() || self.look() != Look::Stop
    }

    /// Looks whether the call that runs may go on. To be called on its thread.
    #[cold]
    pub fn look(&mut self) -> Look {
        match self.left() {
            None => Look::GoOn(NEVER),
            Some(Duration::ZERO) => Look::Stop,
            Some(left) => Look::GoOn(self.due_in(ticks(left))),
        }
    }

    /// Looks whether the call that runs may do what takes about so much time and cannot be interrupted. With no time at all, this is
    /// [`may_go_on`](Self::may_go_on).
    pub fn has(&mut self, time: Duration) -> bool {
        self.may_go_on() && (time.is_zero() || self.left().is_none_or(|left| left >= time))
    }

    /// What the call that runs has left of its time; counts from the first look at it.
    fn left(&mut self) -> Option<Duration> {
        let allowed = self.allowed?;
        let reading = self.clock.read();
        let used = match self.first.and_then(|first| reading.since(first)) {
            Some(used) => used,
            None => {
                self.first = Some(reading);
                Duration::ZERO
            }
        };
        Some(allowed.saturating_sub(used))
    }
}

/// How many ticks a time is, begun ones included. No more than what ticks can be asked for ahead without keeping an idle
/// thread awake for the sake of one long deadline.
fn ticks(time: Duration) -> u64 {
    const MOST: u64 = 100;
    u64::try_from(time.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(MOST).clamp(1, MOST)
}

#[cfg(test)]
mod tests {
    use super::{FIRST, Look, NEVER, TICK, Watch};
    use crate::clock::{Clock, Reading};
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    /// Says what it is told to.
    #[derive(Clone)]
    struct Scripted {
        now: Rc<Cell<Reading>>,
        readings: Rc<Cell<u32>>,
    }

    impl Clock for Scripted {
        fn read(&self) -> Reading {
            self.readings.set(self.readings.get() + 1);
            self.now.get()
        }
    }

    impl Scripted {
        fn at(reading: Reading) -> Self {
            Self { now: Rc::new(Cell::new(reading)), readings: Rc::default() }
        }

        fn use_up(&self, time: Duration) {
            self.now.set(match self.now.get() {
                Reading::Processor(now) => Reading::Processor(now + time),
                Reading::Wall(now) => Reading::Wall(now + time),
            });
        }
    }

    const START: Reading = Reading::Processor(Duration::from_secs(1000));

    fn watch(allowed: Duration, clock: &Scripted) -> Watch<Scripted> {
        let mut watch = Watch::with_clock(clock.clone());
        watch.allow(Some(allowed));
        assert_eq!(watch.begin(), FIRST);
        watch
    }

    #[test]
    fn a_call_that_has_the_processor_is_stopped_when_it_has_used_its_time() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK * 20, &clock);
        assert_eq!(watch.look(), Look::GoOn(20));
        clock.use_up(TICK * 20 - Duration::from_nanos(1));
        assert_eq!(watch.look(), Look::GoOn(1));
        clock.use_up(Duration::from_nanos(1));
        assert_eq!(watch.look(), Look::Stop);
        // Whoever asks again is told the same.
        assert_eq!(watch.look(), Look::Stop);
    }

    #[test]
    fn what_takes_longer_than_what_is_left_is_not_begun() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK * 20, &clock);
        assert!(!watch.has(TICK * 21));
        assert!(watch.has(TICK * 20));
        clock.use_up(TICK * 15);
        assert!(watch.has(TICK * 5));
        assert!(!watch.has(TICK * 6));
        // What is small may still be done.
        assert_eq!(watch.look(), Look::GoOn(5));
        clock.use_up(TICK * 5);
        assert!(!watch.has(Duration::from_nanos(1)));
        // Whether there is any is not asked before the next look is due.
        assert!(watch.has(Duration::ZERO));
        watch.allow(None);
        assert!(watch.has(Duration::MAX));
    }

    #[test]
    fn a_call_that_waits_for_a_busy_machine_goes_on_however_long_that_takes() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK * 4, &clock);
        assert_eq!(watch.look(), Look::GoOn(4));
        // A hundredth of the time of the others.
        for waited in 1..400 {
            clock.use_up(TICK / 100);
            assert!(matches!(watch.look(), Look::GoOn(1..=4)), "{waited}");
        }
        clock.use_up(TICK / 100);
        assert_eq!(watch.look(), Look::Stop);
    }

    #[test]
    fn what_a_call_has_used_is_not_missing_to_the_next() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK * 4, &clock);
        for _ in 0..10 {
            assert_eq!(watch.look(), Look::GoOn(4));
            clock.use_up(TICK * 3);
            assert_eq!(watch.look(), Look::GoOn(1));
            assert_eq!(watch.begin(), FIRST);
        }
    }

    /// Quick calls, which nearly all are, do not pay for the clock.
    #[test]
    fn to_begin_a_call_reads_no_clock() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK, &clock);
        for _ in 0..1000 {
            watch.begin();
        }
        assert_eq!(clock.readings.get(), 0);
    }

    #[test]
    fn where_threads_have_no_clock_the_time_of_day_decides() {
        let clock = Scripted::at(Reading::Wall(Instant::now()));
        let mut watch = watch(TICK * 2, &clock);
        assert_eq!(watch.look(), Look::GoOn(2));
        clock.use_up(TICK);
        assert_eq!(watch.look(), Look::GoOn(1));
        clock.use_up(TICK);
        assert_eq!(watch.look(), Look::Stop);
    }

    #[test]
    fn a_clock_that_is_lost_on_the_way_begins_anew() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK * 2, &clock);
        assert_eq!(watch.look(), Look::GoOn(2));
        clock.now.set(Reading::Wall(Instant::now()));
        assert_eq!(watch.look(), Look::GoOn(2));
        clock.use_up(TICK * 2);
        assert_eq!(watch.look(), Look::Stop);
    }

    #[test]
    fn without_a_deadline_nothing_is_ever_due() {
        let clock = Scripted::at(START);
        let mut watch = watch(TICK, &clock);
        watch.allow(None);
        assert_eq!((watch.begin(), watch.is_due()), (NEVER, false));
        clock.use_up(TICK * 1000);
        assert!(watch.may_go_on());
        assert_eq!(watch.look(), Look::GoOn(NEVER));
    }

    #[test]
    fn the_longest_deadline_can_be_asked_for() {
        let clock = Scripted::at(START);
        let mut watch = watch(Duration::MAX, &clock);
        assert!(matches!(watch.look(), Look::GoOn(1..)));
        clock.use_up(Duration::from_secs(1 << 40));
        assert!(matches!(watch.look(), Look::GoOn(1..)));
    }

    #[test]
    fn a_look_is_due_when_its_tick_has_come_and_not_before() {
        let mut watch = Watch::new();
        watch.allow(Some(TICK));
        let begun = Instant::now();
        watch.begin();
        while !watch.is_due() {
            std::thread::park_timeout(TICK / 5);
        }
        assert!(begun.elapsed() >= TICK);
    }
}
