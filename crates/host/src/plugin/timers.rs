//! The timers of a worker: one per plugin context that wants ticks, and one per plugin that is waited for.

use crate::state::VmId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Duration;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// `proxy_on_tick`.
    Tick,
    /// The end of patience with a plugin that is not done.
    Linger,
    /// A plugin whose last handle has gone while its VM ran is stopped as soon as it does not.
    Stop,
}

/// A timer of a plugin context.
pub(super) type Key = (VmId, u32, Purpose);

/// The timers of a worker. Each operation takes logarithmic time.
#[derive(Debug, Default)]
pub(crate) struct Timers(RefCell<Inner>);

#[derive(Debug, Default)]
struct Inner {
    timers: BTreeMap<Key, Timer>,
    /// By deadline, and in the order of setting where that is the same.
    deadlines: BTreeMap<Deadline, Key>,
    set: u64,
    waker: Option<Waker>,
}

/// Nanoseconds on the monotonic clock, and a number that makes it unique.
type Deadline = (u64, u64);

#[derive(Debug)]
struct Timer {
    period: u64,
    /// `None` from when it is due until it is set again.
    deadline: Option<Deadline>,
}

impl Timers {
    /// Starts the ticks of a plugin context anew, or stops them if the period is 0.
    pub(crate) fn set_tick_period(&self, now: u64, vm: VmId, context_id: u32, period: Duration) {
        let key = (vm, context_id, Purpose::Tick);
        match u64::try_from(period.as_nanos()).unwrap_or(u64::MAX) {
            0 => self.0.borrow_mut().remove(key),
            period => self.set(now, key, period),
        }
    }

    /// Sets a timer; what it was before does not matter.
    pub(super) fn set(&self, now: u64, key: Key, period: u64) {
        let waker = {
            let mut inner = self.0.borrow_mut();
            let earliest = inner.earliest();
            inner.remove(key);
            inner.timers.insert(key, Timer { period, deadline: None });
            inner.arm(now, key);
            if inner.earliest() < earliest || earliest.is_none() { inner.waker.clone() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The callback of a timer that was due has returned: it runs again, if it is still wanted, from when the callback
    /// began, but not before `earliest`.
    pub(super) fn again(&self, begun: u64, earliest: u64, key: Key) {
        let mut inner = self.0.borrow_mut();
        if let Some(timer) = inner.timers.get(&key) {
            let begun = begun.max(earliest.saturating_sub(timer.period));
            inner.disarm(key);
            inner.arm(begun, key);
        }
    }

    pub(super) fn cancel(&self, key: Key) {
        self.0.borrow_mut().remove(key);
    }

    /// Cancels every timer of a VM.
    pub(crate) fn cancel_vm(&self, vm: VmId) {
        let mut inner = self.0.borrow_mut();
        while let Some(key) = inner.timers.range((vm, 0, Purpose::Tick)..).next().map(|(key, _)| *key)
            && key.0 == vm
        {
            inner.remove(key);
        }
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<u64> {
        self.0.borrow().earliest()
    }

    /// Takes the timers that are due out of the order; each stays known until it is cancelled or set again.
    pub(super) fn take_due(&self, now: u64) -> Vec<Key> {
        let mut inner = self.0.borrow_mut();
        let mut due = Vec::new();
        while let Some(first) = inner.deadlines.first_entry()
            && first.key().0 <= now
        {
            due.push(first.remove());
        }
        for key in &due {
            if let Some(timer) = inner.timers.get_mut(key) {
                timer.deadline = None;
            }
        }
        due
    }

    /// Whether a timer that was taken as due has neither been cancelled nor set since.
    pub(super) fn is_due(&self, key: Key) -> bool {
        self.0.borrow().timers.get(&key).is_some_and(|timer| timer.deadline.is_none())
    }

    /// Sets who is woken when the earliest deadline comes nearer.
    pub(super) fn set_waker(&self, waker: &Waker) {
        let mut inner = self.0.borrow_mut();
        match &mut inner.waker {
            Some(old) => old.clone_from(waker),
            None => inner.waker = Some(waker.clone()),
        }
    }
}

impl Inner {
    fn earliest(&self) -> Option<u64> {
        self.deadlines.first_key_value().map(|((nanos, _), _)| *nanos)
    }

    fn arm(&mut self, now: u64, key: Key) {
        let Some(timer) = self.timers.get_mut(&key) else { return };
        let deadline = (now.saturating_add(timer.period), self.set);
        self.set += 1;
        timer.deadline = Some(deadline);
        self.deadlines.insert(deadline, key);
    }

    fn disarm(&mut self, key: Key) {
        if let Some(deadline) = self.timers.get_mut(&key).and_then(|timer| timer.deadline.take()) {
            self.deadlines.remove(&deadline);
        }
    }

    fn remove(&mut self, key: Key) {
        self.disarm(key);
        self.timers.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Purpose, Timers};
    use crate::bell::Bell;
    use crate::state::VmId;
    use std::sync::Arc;
    use std::time::Duration;

    fn keys() -> [Key; 2] {
        let vm = VmId::new();
        [(vm, 1, Purpose::Tick), (vm, 2, Purpose::Tick)]
    }

    #[test]
    fn what_is_due_comes_in_the_order_of_deadlines_and_then_of_setting() {
        let timers = Timers::default();
        let [one, two] = keys();
        timers.set(0, one, 10);
        timers.set(0, two, 10);
        assert_eq!((timers.next(), timers.take_due(9)), (Some(10), vec![]));
        assert_eq!(timers.take_due(10), [one, two]);
        assert_eq!(timers.next(), None);
        timers.again(20, 20, two);
        timers.again(15, 15, one);
        assert_eq!(timers.take_due(100), [one, two]);
        timers.again(100, 109, one);
        timers.again(100, 111, two);
        assert_eq!((timers.take_due(110), timers.next()), (vec![one], Some(111)));
    }

    #[test]
    fn setting_again_restarts_and_zero_stops() {
        let timers = Timers::default();
        let [one @ (vm, ..), two] = keys();
        timers.set_tick_period(0, vm, 1, Duration::from_millis(10));
        timers.set_tick_period(5, vm, 1, Duration::from_millis(10));
        assert_eq!(timers.next(), Some(10_000_005));
        assert_eq!(timers.take_due(u64::MAX), [one]);
        assert!(timers.is_due(one));
        timers.set_tick_period(0, vm, 1, Duration::ZERO);
        assert!(!timers.is_due(one));
        timers.again(0, 0, one);
        timers.set_tick_period(0, vm, 2, Duration::MAX);
        assert_eq!(timers.take_due(u64::MAX), [two]);
        // Set in its own callback: the period counts from the same moment as if it had not been.
        timers.set(3, two, 10);
        assert!(!timers.is_due(two));
        timers.again(7, 7, two);
        assert_eq!((timers.next(), timers.take_due(17).len()), (Some(17), 1));
    }

    #[test]
    fn a_vm_takes_its_timers_with_it() {
        let timers = Timers::default();
        let ([one, two], [other, _]) = (keys(), keys());
        [one, two, other].into_iter().for_each(|key| timers.set(0, key, 1));
        timers.cancel_vm(one.0);
        assert_eq!(timers.take_due(1), [other]);
    }

    #[test]
    fn an_earlier_deadline_wakes_and_a_later_one_does_not() {
        let timers = Timers::default();
        let bell = Arc::new(Bell::default());
        timers.set_waker(&bell.waker());
        let [one, two] = keys();
        timers.set(0, one, 10);
        timers.set(0, two, 11);
        timers.set(0, two, 10);
        assert_eq!(bell.count(), 1);
        timers.set(0, two, 9);
        assert_eq!(bell.count(), 2);
    }

    #[test]
    fn many_timers_are_cheap() {
        let timers = Timers::default();
        let vm = VmId::new();
        for round in 0..10 {
            (0..10_000).for_each(|context| timers.set(round, (vm, context, Purpose::Tick), 1000));
        }
        assert_eq!(timers.take_due(1009).len(), 10_000);
    }
}
