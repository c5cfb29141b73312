//! Which endpoints fail too often, or more often than the others.

use std::sync::atomic::{AtomicU32, Ordering};
use tollgate_config::{FailurePercentage, SuccessRate};

/// What has come of the requests of an interval.
#[derive(Debug, Default)]
pub(super) struct Counts {
    total: AtomicU32,
    failed: AtomicU32,
}

impl Counts {
    /// Counts a request.
    pub(super) fn add(&self, has_failed: bool) {
        self.total.fetch_add(1, Ordering::Relaxed);
        if has_failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Ends an interval. `None` if there was no request in it.
    pub(super) fn take(&self) -> Option<Rate> {
        let failed = self.failed.swap(0, Ordering::Relaxed);
        let total = self.total.swap(0, Ordering::Relaxed);
        // Counted in two steps: a failure of the next interval may be among those.
        let succeeded = total.saturating_sub(failed);
        (total > 0).then(|| Rate { volume: total, percent: 100.0 * f64::from(succeeded) / f64::from(total) })
    }
}

/// How often requests of an interval have succeeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// How many there were.
    volume: u32,
    /// How many of them have succeeded, in percent.
    percent: f64,
}

/// The places of those that succeed less often than the others, by their standard deviation.
pub(super) fn too_low(rates: &[Option<Rate>], policy: &SuccessRate) -> Vec<usize> {
    let compared = with_volume(rates, policy.request_volume, policy.minimum_hosts);
    let count = compared.len() as f64;
    let mean = compared.iter().map(|(_, percent)| percent).sum::<f64>() / count;
    let variance = compared.iter().map(|(_, percent)| (percent - mean).powi(2)).sum::<f64>() / count;
    let threshold = mean - f64::from(policy.stdev_factor) / 1000.0 * variance.sqrt();
    places(&compared, |percent| percent < threshold)
}

/// The places of those that fail too often.
pub(super) fn too_many_failures(rates: &[Option<Rate>], policy: &FailurePercentage) -> Vec<usize> {
    let compared = with_volume(rates, policy.request_volume, policy.minimum_hosts);
    places(&compared, |percent| 100.0 - percent >= f64::from(policy.threshold))
}

fn places(compared: &[(usize, f64)], is_bad: impl Fn(f64) -> bool) -> Vec<usize> {
    compared.iter().filter(|(_, percent)| is_bad(*percent)).map(|(at, _)| *at).collect()
}

/// Those that have had enough requests to be judged, if there are enough of them.
fn with_volume(rates: &[Option<Rate>], volume: u32, minimum: u32) -> Vec<(usize, f64)> {
    let enough =
        |(at, rate): (usize, &Option<Rate>)| rate.filter(|rate| rate.volume >= volume).map(|rate| (at, rate.percent));
    let compared: Vec<_> = rates.iter().enumerate().filter_map(enough).collect();
    if compared.len() < minimum as usize { Vec::new() } else { compared }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Rate, too_low, too_many_failures};
    use tollgate_config::{FailurePercentage, SuccessRate};

    const SUCCESS: SuccessRate =
        SuccessRate { enforcing: 100, minimum_hosts: 5, request_volume: 100, stdev_factor: 1900 };
    const FAILURE: FailurePercentage =
        FailurePercentage { enforcing: 100, minimum_hosts: 3, request_volume: 50, threshold: 85 };

    fn rates(percents: &[f64], volume: u32) -> Vec<Option<Rate>> {
        percents.iter().map(|percent| Some(Rate { volume, percent: *percent })).collect()
    }

    #[test]
    fn an_interval_begins_with_nothing() {
        let counts = Counts::default();
        assert_eq!(counts.take(), None);
        (0..8).for_each(|n| counts.add(n == 0));
        assert_eq!(counts.take(), Some(Rate { volume: 8, percent: 87.5 }));
        assert_eq!(counts.take(), None);
    }

    #[test]
    fn who_is_far_below_the_others_is_found() {
        // Mean 92, standard deviation 16: below 61.6.
        assert_eq!(too_low(&rates(&[100.0, 60.0, 100.0, 100.0, 100.0], 100), &SUCCESS), [1]);
        // Mean 80, standard deviation 40: below 4.
        assert_eq!(too_low(&rates(&[100.0, 0.0, 100.0, 100.0, 100.0], 100), &SUCCESS), [1]);
        // Mean 98.2, standard deviation 1.72: below 94.9.
        assert_eq!(too_low(&rates(&[100.0, 95.0, 99.0, 98.0, 99.0], 100), &SUCCESS), [0_usize; 0]);
        assert_eq!(too_low(&rates(&[50.0; 5], 100), &SUCCESS), [0_usize; 0], "all are equal");
    }

    #[test]
    fn nobody_is_judged_by_few_requests_nor_among_few() {
        let mut few = rates(&[100.0, 0.0, 100.0, 100.0, 100.0], 100);
        assert_eq!(too_low(&few[..4], &SUCCESS), [0_usize; 0]);
        few[4] = Some(Rate { volume: 99, percent: 100.0 });
        assert_eq!(too_low(&few, &SUCCESS), [0_usize; 0]);
        few.push(None);
        few.push(Some(Rate { volume: 100, percent: 100.0 }));
        assert_eq!(too_low(&few, &SUCCESS), [1], "others make up for them");
        assert_eq!(too_low(&[], &SuccessRate { minimum_hosts: 0, ..SUCCESS }), [0_usize; 0]);
    }

    #[test]
    fn who_fails_too_often_is_found_whatever_the_others_do() {
        assert_eq!(too_many_failures(&rates(&[15.0, 15.1, 0.0], 50), &FAILURE), [0, 2]);
        assert_eq!(too_many_failures(&rates(&[15.0, 15.1, 0.0], 49), &FAILURE), [0_usize; 0]);
        assert_eq!(too_many_failures(&rates(&[15.0, 0.0], 50), &FAILURE), [0_usize; 0]);
    }
}
