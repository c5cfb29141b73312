//! How many messages a VM may log in a second.

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// A bucket with a token for each message of a second, which is full at first. Time is looked at only when it is empty.
#[derive(Debug)]
pub(crate) struct LogRate {
    per_second: u32,
    tokens: u32,
    filled_nanos: Option<u64>,
    said_nanos: Option<u64>,
}

/// Whether a message may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    Yes,
    No,
    /// No, and for the first time in a second.
    NoAndSaid,
}

impl LogRate {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, tokens: per_second, filled_nanos: None, said_nanos: None }
    }

    /// Takes a token for a message. `now` tells the time on the monotonic clock.
    pub(crate) fn admit(&mut self, now: impl FnOnce() -> u64) -> Admitted {
        if self.tokens == 0 {
            let now = now();
            // Nobody knows when the bucket was full the first time: no longer ago than now.
            let since = now.saturating_sub(*self.filled_nanos.get_or_insert(now));
            let tokens = u128::from(since) * u128::from(self.per_second) / u128::from(SECOND);
            self.tokens = u32::try_from(tokens).unwrap_or(u32::MAX).min(self.per_second);
            if self.tokens == 0 {
                let is_first = self.said_nanos.is_none_or(|said| now.saturating_sub(said) >= SECOND);
                if is_first {
                    self.said_nanos = Some(now);
                }
                return if is_first { Admitted::NoAndSaid } else { Admitted::No };
            }
            self.filled_nanos = Some(now);
        }
        self.tokens -= 1;
        Admitted::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::{Admitted, LogRate, SECOND};

    fn admitted(rate: &mut LogRate, now: u64, of: usize) -> usize {
        (0..of).filter(|_| rate.admit(|| now) == Admitted::Yes).count()
    }

    #[test]
    fn a_second_has_so_many_and_they_come_back_with_time() {
        let mut rate = LogRate::new(10);
        assert_eq!(admitted(&mut rate, 0, 15), 10);
        assert_eq!(admitted(&mut rate, SECOND / 10 - 1, 5), 0);
        assert_eq!(admitted(&mut rate, SECOND / 10, 5), 1);
        assert_eq!(admitted(&mut rate, SECOND / 2, 50), 4);
        assert_eq!(admitted(&mut rate, 1000 * SECOND, 50), 10);
        assert_eq!(admitted(&mut LogRate::new(0), SECOND, 5), 0);
        assert_eq!(admitted(&mut LogRate::new(u32::MAX), SECOND, 5), 5);
    }

    #[test]
    fn that_there_are_too_many_is_said_once_a_second() {
        let mut rate = LogRate::new(1);
        let said = |rate: &mut LogRate, now| (0..10).filter(|_| rate.admit(|| now) == Admitted::NoAndSaid).count();
        assert_eq!((said(&mut rate, 0), said(&mut rate, SECOND - 1), said(&mut rate, SECOND)), (1, 0, 1));
    }
}
