//! How long to wait before trying again.

use crate::source::Source;
use std::time::Duration;

/// The most to wait before a retry, counted from 0: twice as much each time, up to a limit.
fn most(source: &Source, retry: u32) -> Duration {
    source.base_interval.saturating_mul(2_u32.saturating_pow(retry)).min(source.max_interval)
}

/// A random part of it, so that proxies that failed together do not come back together.
pub(crate) fn pause(source: &Source, retry: u32) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    most(source, retry).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{most, pause};
    use crate::source::Source;
    use std::time::Duration;

    #[test]
    fn twice_as_much_each_time_up_to_a_limit() {
        let source = Source::new("https://a/b");
        let seconds: Vec<_> = [0, 1, 2, 3, 4, 40, u32::MAX].map(|retry| most(&source, retry).as_secs()).into();
        assert_eq!(seconds, [1, 2, 4, 8, 10, 10, 10]);
        assert!(pause(&source, 0) <= Duration::from_secs(1));
    }
}
