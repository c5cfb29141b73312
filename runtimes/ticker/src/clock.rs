//! What a thread has used of the processor.

use std::time::{Duration, Instant};

/// Tells how much time the thread that asks has used.
pub trait Clock {
    /// What it has used so far. Only readings of one thread can be compared.
    fn read(&self) -> Reading;
}

/// What a clock said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Time for which the thread has had a processor.
    Processor(Duration),
    /// What there is on a system that does not tell: the time of day, in which everybody else's work is too.
    Wall(Instant),
}

impl Reading {
    /// What was used since an earlier reading; `None` if it was of another kind.
    pub(crate) fn since(self, earlier: Self) -> Option<Duration> {
        match (self, earlier) {
            (Self::Processor(now), Self::Processor(then)) => Some(now.saturating_sub(then)),
            (Self::Wall(now), Self::Wall(then)) => Some(now.saturating_duration_since(then)),
            _ => None,
        }
    }
}

/// The system's clock for threads (`CLOCK_THREAD_CPUTIME_ID`), where it has one. Reading it is a system call.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadClock;

impl Clock for ThreadClock {
    fn read(&self) -> Reading {
        #[cfg(any(unix, windows))]
        if let Ok(time) = cpu_time::ThreadTime::try_now() {
            return Reading::Processor(time.as_duration());
        }
        Reading::Wall(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Reading, ThreadClock};
    use std::time::{Duration, Instant};

    #[test]
    fn readings_of_two_kinds_are_not_compared() {
        let (processor, wall) = (Reading::Processor(Duration::from_secs(5)), Reading::Wall(Instant::now()));
        assert_eq!((processor.since(wall), wall.since(processor)), (None, None));
        assert_eq!(processor.since(Reading::Processor(Duration::from_secs(2))), Some(Duration::from_secs(3)));
        assert_eq!(wall.since(wall), Some(Duration::ZERO));
    }

    /// That work is counted; that waiting is not, is tested with guests.
    #[test]
    fn a_thread_that_works_uses_time() {
        let before = ThreadClock.read();
        let mut n = 0_u64;
        while ThreadClock.read().since(before).unwrap() < Duration::from_millis(1) {
            n = std::hint::black_box(n + 1);
        }
        assert_ne!(n, 0);
    }
}
