//! What hot cases cost in instructions, counted by callgrind and compared with the last time.
//!
//! Instructions do not depend on what else the machine does, so that they can be held to a few percent where times cannot.
//! What a repetition costs is (count(2n) - count(n)) / n of `src/bin/case.rs`, so that what happens only at first drops out,
//! and only what is measured is counted ([`crate::case::measured`]).
//!
//! Counts agree between machines as far as these run the same instructions. The C library picks its `memcpy` by the
//! processor, so it is told to pick the plainest; engines compile for the processor that they see, which valgrind shows
//! without AVX-512. Another compiler makes other code: counts of another rustc are shown, and held to nothing.

use crate::Case;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// Growth from which on a case fails, as a part of what it was; the same part less is worth a line.
pub const TOLERANCE: f64 = 0.05;

/// Instructions that are no change whatever part they are: the same source costs so many more or less from build to build.
const SLACK: u64 = 10;

/// What a field may cost where there are many, as a multiple of what it costs where there are few. A search is linear, but
/// not exactly so (1.3 times); a search for each field would make it five times.
const LINEAR: f64 = 2.0;

/// What a case may cost where the host has more of something that the stream does not use, as a multiple.
const FLAT: f64 = 1.3;

/// Groups and scenarios that each request or call passes, on every runtime.
const HOT: &[&str] =
    &["callback/body", "stream/empty", "stream/empty_5_plugins", "stream/empty_20_plugins", "stream/get_1_add_1"];

/// What valgrind has no room for: it gives a program 128 GiB of addresses, and wasmer reserves several for each memory.
const NO_ROOM: &str = "stream/empty_20_plugins/wasmer";

/// Group all of whose scenarios are hot.
const HOT_GROUP: &str = "hostcall";

/// What is compared with each other. On the native engine, where nothing but the host is counted.
const COMPARED: &[&str] = &[
    "stream/live_1/native",
    "stream/live_10000/native",
    "stream/configured_1000/native",
    "stream/headers_200/native",
    "stream/headers_1000/native",
];

/// Counts by the names of cases, and who counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// What `rustc --version` says.
    pub rustc: String,
    /// Instructions per repetition.
    pub instructions: BTreeMap<String, u64>,
}

/// How a count stands to the baseline's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// About the same.
    None,
    /// More, by this part.
    Grown(f64),
    /// Less, by this part.
    Shrunk(f64),
    /// The baseline has no such case.
    New,
}

impl Change {
    /// The change from one count to the next.
    pub fn between(before: Option<u64>, now: u64) -> Self {
        let Some(before) = before else { return Self::New };
        let part = (now as f64 - before as f64) / before.max(1) as f64;
        match part {
            _ if before.abs_diff(now) <= SLACK => Self::None,
            _ if part > TOLERANCE => Self::Grown(part),
            _ if part < -TOLERANCE => Self::Shrunk(-part),
            _ => Self::None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Grown(part) => write!(f, "GREW by {:.1} %", part * 100.0),
            Self::Shrunk(part) => write!(f, "shrank by {:.1} %: lower the baseline", part * 100.0),
            Self::New => f.write_str("NEW: not in the baseline"),
        }
    }
}

/// Whether the case is counted.
pub fn is_counted(case: &Case) -> bool {
    let name = case.to_string();
    let hot = case.group == HOT_GROUP || HOT.contains(&format!("{}/{}", case.group, case.scenario).as_str());
    hot && !case.subject.starts_with("raw_") && name != NO_ROOM || COMPARED.contains(&name.as_str())
}

/// What a repetition of a case costs.
///
/// # Errors
///
/// What failed: valgrind is not there, or does not say what it should, or the case fails.
pub fn count(program: &Path, case: &str) -> Result<u64, String> {
    let times = repetitions(case);
    let (once, twice) = (collected(program, case, times)?, collected(program, case, 2 * times)?);
    Ok(twice.saturating_sub(once) / times)
}

/// A multiple of what the case does in one portion.
fn repetitions(case: &str) -> u64 {
    match case.split('/').next() {
        Some("stream") => 320,
        _ => 1000,
    }
}

fn collected(program: &Path, case: &str, times: u64) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*case::counted*"])
        .arg(program)
        .args([case, &times.to_string()])
        // Names that this version of the C library does not know are ignored.
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM")
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), count_in(&said)) {
        (true, Some(count)) if count > 0 => Ok(count),
        _ => Err(format!("{case}: {}: {said}", output.status)),
    }
}

/// The number in "==123== Collected : 456".
fn count_in(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

/// What is wrong with how counts stand to each other: what a stream does not use must not cost it anything.
pub fn steep(counts: &BTreeMap<String, u64>) -> Vec<String> {
    let count =
        |scenario: &str| counts.get(&format!("stream/{scenario}/native")).map_or(f64::NAN, |count| *count as f64);
    let per_field = |from: (&str, f64), to: (&str, f64)| (count(to.0) - count(from.0)) / (to.1 - from.1);
    let (few, more, many) = (("get_1_add_1", 20.0), ("headers_200", 200.0), ("headers_1000", 1000.0));
    let compared = [
        ("a stream among 10,000, to one among 2", count("live_10000") / count("live_1"), FLAT),
        (
            "a stream of one of 1,000 plugins, to one of the only plugin",
            count("configured_1000") / count("get_1_add_1"),
            FLAT,
        ),
        ("each field of 1,000, to each field of 200", per_field(more, many) / per_field(few, more), LINEAR),
    ];
    let steep = compared.into_iter().filter(|(_, multiple, most)| multiple.is_nan() || multiple > most);
    steep.map(|(what, multiple, most)| format!("{what}: {multiple:.2} times; at most {most}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{COMPARED, Change, HOT, count_in, is_counted, steep};
    use crate::groups;
    use std::collections::BTreeMap;

    #[test]
    fn growth_beyond_five_percent_is_growth() {
        assert_eq!(Change::between(Some(1000), 1050), Change::None);
        assert_eq!(Change::between(Some(1000), 1051), Change::Grown(0.051));
        assert_eq!(Change::between(Some(1000), 950), Change::None);
        assert_eq!(Change::between(Some(1000), 949), Change::Shrunk(0.051));
        assert_eq!(Change::between(None, 1), Change::New);
        assert_eq!(Change::between(Some(75), 85), Change::None);
        assert_ne!(Change::between(Some(75), 86), Change::None);
    }

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        assert_eq!(count_in("==7== Events    : Ir\n==7== Collected : 2938495\n"), Some(2_938_495));
        assert_eq!(count_in("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn every_case_that_is_to_be_counted_exists() {
        let counted: Vec<_> = groups::all().iter().filter(|case| is_counted(case)).map(ToString::to_string).collect();
        for hot in HOT {
            assert!(counted.iter().any(|name| name.starts_with(hot)), "{hot}");
        }
        for compared in COMPARED {
            assert!(counted.iter().any(|name| name == compared), "{compared}");
        }
    }

    #[test]
    fn costs_that_rise_are_found() {
        let counts = |live_10000: u64, headers_1000: u64| -> BTreeMap<String, u64> {
            let counts = [
                ("live_1", 100),
                ("live_10000", live_10000),
                ("get_1_add_1", 100),
                ("configured_1000", 100),
                ("headers_200", 280),
                ("headers_1000", headers_1000),
            ];
            counts.iter().map(|(name, count)| (format!("stream/{name}/native"), *count)).collect()
        };
        assert_eq!(steep(&counts(130, 1880)), Vec::<String>::new());
        assert_eq!(steep(&counts(131, 1080)).len(), 1);
        assert_eq!(steep(&counts(100, 1881)).len(), 1);
        assert_eq!(steep(&BTreeMap::new()).len(), 3);
    }
}
