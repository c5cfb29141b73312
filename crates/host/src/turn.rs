//! A guest's turn: which context the running callback is about, and what it has asked for.
//!
//! Host functions reach it through the VM's state. The host itself, which begins and ends turns, has it at hand without
//! asking the engine for that state.

use crate::stream::{Action, MANY};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// The turn of a VM: one callback after the other.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The context that the running callback is about; 0 for none.
    current: Cell<u32>,
    /// The callback has done something of what stands below. Most do not, and then nothing of it is looked at.
    touched: Cell<bool>,
    /// The context that host functions act on instead, set by the guest for the rest of the callback; 0 for none.
    effective: Cell<u32>,
    /// See [`Self::stop`].
    stops: Cell<bool>,
    /// Messages that the callback has logged.
    messages: Cell<u32>,
    /// Bytes of the answers that it has sent.
    answers: Cell<u64>,
    /// How long it has waited for a store of shared data.
    waited: Cell<Duration>,
    /// What the callback asked for, to be done once it has returned.
    deferred: RefCell<Vec<(u32, Action)>>,
}

/// How a turn has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The callback sent a local response: whatever it returned means stop.
    pub(crate) stops: bool,
    /// It has asked for something: [`Turn::take_deferred`].
    pub(crate) deferred: bool,
}

impl Turn {
    /// Begins a callback about a context. What an earlier one asked for, and nobody took, is forgotten.
    #[inline]
    pub(crate) fn begin(&self, context_id: u32) {
        self.current.set(context_id);
        if self.touched.get() {
            self.forget();
        }
    }

    #[cold]
    fn forget(&self) {
        self.touched.set(false);
        self.effective.set(0);
        self.stops.set(false);
        self.messages.set(0);
        self.answers.set(0);
        self.waited.set(Duration::ZERO);
        self.deferred.borrow_mut().clear();
    }

    /// Ends it.
    #[inline]
    pub(crate) fn end(&self) -> Ended {
        self.current.set(0);
        if self.touched.get() { self.ended() } else { Ended { stops: false, deferred: false } }
    }

    fn ended(&self) -> Ended {
        self.effective.set(0);
        Ended { stops: self.stops.get(), deferred: !self.deferred.borrow().is_empty() }
    }

    /// What the callback asked for: each with the context that it acted on.
    pub(crate) fn take_deferred(&self) -> Vec<(u32, Action)> {
        self.deferred.take()
    }

    /// Puts something off until the callback has returned. What would change nothing is forgotten, however often a callback
    /// asks for it.
    pub(crate) fn defer(&self, context_id: u32, action: Action) {
        self.touched.set(true);
        let mut deferred = self.deferred.borrow_mut();
        let same = || deferred.iter().filter(|(of, _)| *of == context_id).map(|(_, waiting)| waiting);
        if deferred.len() < MANY || !action.is_moot_after(same()) {
            deferred.push((context_id, action));
        }
    }

    /// Counts the bytes of an answer, and tells how many there are with it.
    pub(crate) fn count_answer(&self, bytes: u64) -> u64 {
        self.touched.set(true);
        let answers = self.answers.get().saturating_add(bytes);
        self.answers.set(answers);
        answers
    }

    /// Waits for something, which is told how long the callback has waited before and adds its own time.
    pub(crate) fn wait<T>(&self, wait: impl FnOnce(&mut Duration) -> T) -> T {
        self.touched.set(true);
        let mut waited = self.waited.get();
        let result = wait(&mut waited);
        self.waited.set(waited);
        result
    }

    /// Whatever the callback returns means stop.
    pub(crate) fn stop(&self) {
        self.touched.set(true);
        self.stops.set(true);
    }

    /// Counts a message, and tells how many there are with it.
    pub(crate) fn count_message(&self) -> u32 {
        self.touched.set(true);
        let messages = self.messages.get().saturating_add(1);
        self.messages.set(messages);
        messages
    }

    /// The context that the callback is about; 0 for none.
    #[inline]
    pub(crate) fn current(&self) -> u32 {
        self.current.get()
    }

    /// The context that the guest has chosen instead, if it has.
    #[inline]
    pub(crate) fn effective(&self) -> Option<u32> {
        Some(self.effective.get()).filter(|id| *id != 0)
    }

    /// Chooses another context; 0 goes back to the one that the callback is about.
    pub(crate) fn set_effective(&self, context_id: u32) {
        self.touched.set(true);
        self.effective.set(context_id);
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Turn};
    use crate::stream::{Action, Direction, MANY};
    use std::time::Duration;

    #[test]
    fn what_is_asked_for_again_and_again_is_done_as_often_as_it_changes_anything() {
        let turn = Turn::default();
        turn.begin(1);
        for _ in 0..100_000 {
            for context in 1..=2 {
                turn.defer(context, Action::Continue(Direction::Request));
                turn.defer(context, Action::Continue(Direction::Response));
                turn.defer(context, Action::Close);
                turn.defer(context, Action::Reply(Box::default()));
            }
        }
        let deferred = turn.take_deferred();
        assert_eq!(deferred.len(), MANY);
        assert!((1..=2).all(|context| {
            deferred.iter().any(|(of, action)| *of == context && matches!(action, Action::Reply(_)))
        }));
    }

    #[test]
    fn nothing_of_a_turn_is_left_to_the_next() {
        let turn = Turn::default();
        turn.begin(7);
        turn.set_effective(3);
        turn.stop();
        assert_eq!((turn.count_message(), turn.count_message()), (1, 2));
        turn.wait(|waited| *waited += Duration::from_millis(5));
        assert_eq!(turn.wait(|waited| *waited), Duration::from_millis(5));
        turn.defer(3, Action::Close);
        assert_eq!((turn.current(), turn.effective()), (7, Some(3)));
        assert_eq!(turn.end(), Ended { stops: true, deferred: true });
        assert_eq!((turn.current(), turn.effective()), (0, None));
        turn.begin(8);
        assert_eq!(turn.end(), Ended { stops: false, deferred: false });
        assert!(turn.take_deferred().is_empty());
        assert_eq!(turn.count_message(), 1);
        assert_eq!(turn.wait(|waited| *waited), Duration::ZERO);
    }
}
