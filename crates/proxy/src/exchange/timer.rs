//! A timer that requests of a connection hand on to each other.
//!
//! Every request has deadlines, and nearly every one is complete long before them. A timer that is made, entered into the
//! wheel and taken out of it for each would cost more than looking at it does. So the timer stays where it is as long as
//! it goes off before the deadline, and is set anew when it has.

use std::cell::Cell;
use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep};

/// The timer of a connection, while no request has it.
#[derive(Default)]
pub(crate) struct SpareTimer(Cell<Option<Timer>>);

impl fmt::Debug for SpareTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpareTimer")
    }
}

impl SpareTimer {
    pub(super) fn take(&self) -> Option<Timer> {
        self.0.take()
    }

    pub(super) fn give_back(&self, timer: Timer) {
        self.0.set(Some(timer));
    }
}

/// A timer that goes off no later than it has to.
#[derive(Debug)]
pub(crate) struct Timer(Pin<Box<Sleep>>);

impl Timer {
    pub(super) fn new(deadline: Instant) -> Self {
        Self(Box::pin(tokio::time::sleep_until(deadline)))
    }

    /// Ready once `deadline` has passed; until then the task is woken at that time, or before.
    pub(super) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if deadline < self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
        while self.0.as_mut().poll(cx).is_ready() {
            if self.0.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::Timer;
    use std::future::poll_fn;
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn it_goes_off_at_the_deadline_whatever_it_was_set_to_before() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let begun = Instant::now();
            let mut timer = Timer::new(begun + Duration::from_secs(3600));
            for millis in [5, 10, 10, 7] {
                let deadline = begun + Duration::from_millis(millis);
                poll_fn(|cx| timer.poll(deadline, cx)).await;
                assert!(Instant::now() >= deadline);
            }
            // Set to a time that has passed, and asked for a later one.
            let later = Instant::now() + Duration::from_millis(3);
            poll_fn(|cx| timer.poll(later, cx)).await;
            assert!(Instant::now() >= later);
        });
    }
}
