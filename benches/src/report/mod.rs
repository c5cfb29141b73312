//! Tables and plots of what criterion has measured.
//!
//! * [`figures`]: reads `target/criterion`.
//! * [`table`]: all figures of a group. [`headline`]: the few for the README, and what they say about which runtime to choose.
//! * [`plot`] and [`curves`]: SVG. [`svg`]: what both draw with.
//! * [`machine`]: where and when it was.

pub mod curves;
pub mod figures;
pub mod headline;
pub mod machine;
pub mod plot;
pub mod svg;
pub mod table;

/// A time in nanoseconds with three digits and its unit.
pub fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        _ if ns < 999.5 => (ns, "ns"),
        _ if ns < 999.5e3 => (ns / 1e3, "µs"),
        _ if ns < 999.5e6 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// A round time, without the digits that say nothing.
pub fn round_time(ns: f64) -> String {
    let said = time(ns);
    match said.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => said,
    }
}

/// A number with three digits, or all before the point.
pub fn three_digits(value: f64) -> String {
    let decimals = match value {
        _ if value < 9.995 => 2,
        _ if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::{round_time, time};

    #[test]
    fn times_have_three_digits() {
        let said: Vec<_> = [8.0, 76.64, 576.6, 999.7, 12_345.0, 41.0e6, 6.524e9].into_iter().map(time).collect();
        assert_eq!(said, ["8.00 ns", "76.6 ns", "577 ns", "1.00 µs", "12.3 µs", "41.0 ms", "6.52 s"]);
    }

    #[test]
    fn ticks_are_round() {
        let said = [5.0, 100.0, 2000.0, 1e9].map(round_time);
        assert_eq!(said, ["5 ns", "100 ns", "2 µs", "1 s"]);
    }
}
