//! Where and when it was measured.

use crate::host;
use std::fs;
use std::process::Command;
use std::time::SystemTime;

/// A day as `2026-11-21`, in UTC.
pub fn day(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years that begin in March.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Kind of processor, number of them, system.
pub fn hardware() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let model = model.as_deref().unwrap_or(std::env::consts::ARCH);
    format!("{model}, {count} processors, {}", std::env::consts::OS)
}

/// Versions of the compiler and the engines.
pub fn software() -> String {
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let rustc = rustc.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let engines = host::runtimes().map(|runtime| format!("{} {}", runtime.name(), runtime.version()));
    std::iter::once(rustc).chain(engines).collect::<Vec<_>>().join(", ")
}

/// Processes that wanted to run, on average over the last 15 minutes, which is the length of a run. Where the system does
/// not tell, none.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(2)?.parse().ok()
}

/// What is to be said of the figures if the machine did other things at the same time: a run takes one processor, and most
/// of the others while modules are compiled.
pub fn doubt(load: Option<f64>) -> Option<String> {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let load = load.filter(|load| *load > count as f64)?;
    Some(format!(
        "The machine was busy with other things (load {load:.1} on {count} processors): single figures may be off by several \
         times, and only what shows in many rows means anything."
    ))
}

#[cfg(test)]
mod tests {
    use super::{day, doubt};
    use std::time::{Duration, SystemTime};

    #[test]
    fn figures_of_a_busy_machine_are_doubted() {
        assert_eq!(doubt(Some(0.9)), None);
        assert_eq!(doubt(None), None);
        assert!(doubt(Some(1e6)).is_some_and(|doubt| doubt.contains("load 1000000.0")));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let at = |seconds| day(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(951_782_400), "2000-02-29");
        assert_eq!(at(1_700_000_000), "2023-11-14");
        assert_eq!(at(1_798_761_599), "2026-12-31");
    }
}
