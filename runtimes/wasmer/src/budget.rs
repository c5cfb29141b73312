//! The fuel that a call may use, where its code counts.

/// Fuel between two looks at the deadline: about a tenth of a millisecond of plain instructions.
const SLICE: i32 = 100_000;

/// What a call may use, and what it has been given of that.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    most: Option<u64>,
    given: u64,
}

impl Budget {
    /// Sets what the following calls may use.
    pub(crate) fn allow(&mut self, most: Option<u64>) {
        *self = Self { most, given: 0 };
    }

    /// Begins a call. What it is to count down from, if there is a budget.
    #[inline]
    pub(crate) fn begin(&mut self) -> Option<i32> {
        let first = slice(self.most?);
        self.given = u64::from(first.unsigned_abs());
        Some(first)
    }

    /// What is to be counted down from next, when so much is left: below zero, what it has used is more than it was given.
    /// `None` if that is more than the budget.
    pub(crate) fn next(&mut self, left: i32) -> Option<i32> {
        let Some(most) = self.most else { return Some(SLICE) };
        let used = self.counted(left);
        let next = slice(most.checked_sub(used)?);
        self.given = used + u64::from(next.unsigned_abs());
        Some(next)
    }

    /// What the call has used, when so much is left; `None` without a budget. It ends behind what it cannot pay for, which does
    /// not count.
    pub(crate) fn used(&self, left: i32) -> Option<u64> {
        self.most.map(|most| self.counted(left).min(most))
    }

    fn counted(&self, left: i32) -> u64 {
        self.given.saturating_add_signed(-i64::from(left))
    }
}

fn slice(left: u64) -> i32 {
    i32::try_from(left).unwrap_or(SLICE).min(SLICE)
}

#[cfg(test)]
mod tests {
    use super::{Budget, SLICE};

    #[test]
    fn a_budget_is_given_out_in_slices() {
        let whole = SLICE as u64;
        let mut budget = Budget::default();
        assert_eq!((budget.begin(), budget.next(-5), budget.used(3)), (None, Some(SLICE), None));
        budget.allow(Some(2 * whole + 10));
        assert_eq!((budget.begin(), budget.used(SLICE), budget.used(1)), (Some(SLICE), Some(0), Some(whole - 1)));
        // What was used beyond a slice is missing to the next.
        assert_eq!((budget.next(-7), budget.used(SLICE)), (Some(SLICE), Some(whole + 7)));
        assert_eq!((budget.next(-1), budget.used(0)), (Some(2), Some(2 * whole + 10)));
        // To the last bit, and no further.
        assert_eq!((budget.next(0), budget.used(0)), (Some(0), Some(2 * whole + 10)));
        assert_eq!((budget.next(-1), budget.used(-1)), (None, Some(2 * whole + 10)));
        // A call for itself.
        assert_eq!((budget.begin(), budget.used(SLICE)), (Some(SLICE), Some(0)));
        budget.allow(Some(u64::MAX));
        assert_eq!((budget.begin(), budget.next(i32::MIN)), (Some(SLICE), Some(SLICE)));
        assert_eq!(budget.used(SLICE), Some(whole + (1 << 31)));
    }
}
