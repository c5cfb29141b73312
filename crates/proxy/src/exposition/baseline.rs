//! What counters are counted from, where somebody has reset them.

use super::{Kind, Snapshot};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The counters as they were when they were reset, by name. What counts knows nothing of it: plugins, stats sinks and limits go
/// on with the whole number.
#[derive(Debug, Default)]
pub(crate) struct Baseline(Mutex<HashMap<String, u64>>);

impl Baseline {
    /// Counters begin at 0 from now on.
    pub(crate) fn reset(&self, now: Snapshot) {
        let counters = now.numbers.into_iter().filter(|number| number.kind == Kind::Counter && number.value > 0);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            counters.map(|number| (number.name, number.value)).collect();
    }

    /// Takes off what was there when counters were reset. One that has become less since has begun anew by itself.
    pub(crate) fn apply(&self, snapshot: &mut Snapshot) {
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_empty() {
            return;
        }
        for number in snapshot.numbers.iter_mut().filter(|number| number.kind == Kind::Counter) {
            let since = before.get(&number.name).and_then(|before| number.value.checked_sub(*before));
            number.value = since.unwrap_or(number.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use crate::exposition::Snapshot;

    fn snapshot(counter: u64, gauge: u64) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.add("http.a.downstream_rq_total".to_owned(), counter);
        snapshot.add("http.a.downstream_rq_active".to_owned(), gauge);
        snapshot
    }

    #[test]
    fn counters_begin_anew_and_gauges_do_not() {
        let baseline = Baseline::default();
        let values = |mut snapshot: Snapshot| {
            baseline.apply(&mut snapshot);
            snapshot.numbers.iter().map(|number| (number.value, number.used)).collect::<Vec<_>>()
        };
        assert_eq!(values(snapshot(5, 2)), [(5, true), (2, true)]);
        baseline.reset(snapshot(5, 2));
        assert_eq!(values(snapshot(5, 2)), [(0, true), (2, true)], "it was used all the same");
        assert_eq!(values(snapshot(7, 1)), [(2, true), (1, true)]);
        assert_eq!(values(snapshot(3, 1)), [(3, true), (1, true)], "what counts has begun anew");
    }
}
