//! What was measured, as Markdown.

use super::Options;
use super::load::CONNECTIONS;
use super::measure::{Figures, Measured, Subject};
use super::proxy::Kind;
use super::tools::Tools;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const HEADING: &str = "\
| scenario | proxy | CPU µs per request | times Envoy | times Envoy without a plugin | requests/s | p50 µs | p99 µs | p99.9 µs | memory MiB | start ms |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// What one has to know of a run: when, where, with what.
pub(super) fn header(options: &Options, tools: &Tools) -> String {
    let Options { rounds, seconds, .. } = options;
    let mut out = format!("# Beside Envoy, {}\n\n", date());
    out.push_str("```sh\ncargo build --release --workspace --all-features\n");
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!(" {}", arguments.join(" ")) };
    let _ = writeln!(out, "target/release/envoy{arguments}\n```\n");
    let _ = writeln!(out, "* Machine: {}.", machine());
    let _ = writeln!(out, "* Commit {}.", said("git", &["describe", "--always", "--dirty"]));
    for version in tools.versions() {
        let _ = writeln!(out, "* {version}");
    }
    let _ = writeln!(
        out,
        "* One worker each (`--concurrency 1`), {CONNECTIONS} connections that are kept alive, one request at a time on each: wrk for
  HTTP/1.1, h2load for HTTP/2. The proxies of a table take turns of {seconds} s; figures are medians over {rounds} rounds, multiples
  are medians of each round's.
* CPU is user and system time of all threads of the process. Latency is under as much load as the proxy takes.
* Memory is resident, after the load. Start is from the process to its first answer; Tollgate compiles the plugin in it."
    );
    out
}

/// A table for each group.
pub(super) fn tables(measured: &[Measured]) -> String {
    let mut out = String::new();
    for group in measured {
        let _ = writeln!(out, "\n## {}\n\n{}{}", group.group.title, HEADING, rows(group).trim_end());
    }
    out
}

fn rows(group: &Measured) -> String {
    let floor = group.figures("none", &Kind::Envoy);
    group
        .subjects
        .iter()
        .map(|subject| row(subject, group.figures(subject.scenario.name, &Kind::Envoy), floor))
        .collect()
}

fn row(subject: &Subject, envoy: Option<&Figures>, floor: Option<&Figures>) -> String {
    let name = format!("| {} | {} |", subject.scenario.title, subject.kind.title());
    let Some(figures) = &subject.figures else {
        return format!("{name} not supported | | | | | | | | |\n");
    };
    let times = |other: Option<&Figures>| other.map_or(String::new(), |other| format!("{:.2}", figures.times(other)));
    format!(
        "{name} {:.1} | {} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.0} |\n",
        figures.median(|turn| turn.cpu),
        times(envoy),
        times(floor),
        figures.median(|turn| turn.load.per_second),
        figures.median(|turn| turn.load.p50),
        figures.median(|turn| turn.load.p99),
        figures.median(|turn| turn.load.p999),
        figures.memory as f64 / f64::from(1 << 20),
        figures.started.as_secs_f64() * 1e3,
    )
}

/// Writes the report to `benches/results`.
///
/// # Errors
///
/// It cannot be written.
pub(super) fn write(text: &str) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("results/{}-envoy.md", date()));
    fs::write(&path, text)?;
    eprintln!("written: {}", path.display());
    Ok(())
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{model}, {cores} cores, Linux {}, load average {load} before the run", said("uname", &["-r"]))
}

pub(super) fn date() -> String {
    said("date", &["-u", "+%F"])
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Measured, Subject, tables};
    use crate::envoy::measure::tests::figures;
    use crate::envoy::scenario::GROUPS;

    #[test]
    fn every_row_has_its_multiples_or_says_that_there_are_none() {
        let group = &GROUPS[0];
        let subject = |scenario: usize, kind: Kind, cpu: &[f64]| Subject {
            scenario: &group.scenarios[scenario],
            kind,
            figures: (!cpu.is_empty()).then(|| figures(cpu)),
        };
        let ours = Kind::Tollgate { runtime: None };
        let subjects = vec![
            subject(0, Kind::Envoy, &[10.0]),
            subject(0, ours.clone(), &[]),
            subject(2, Kind::Envoy, &[20.0]),
            subject(2, ours, &[5.0]),
        ];
        let text = tables(&[Measured { group, subjects }]);
        assert!(text.contains("| no plugin | Tollgate | not supported |"), "{text}");
        assert!(text.contains("| header plugin | Tollgate | 5.0 | 0.25 | 0.50 | 50000 |"), "{text}");
        let columns = |line: &str| line.matches('|').count();
        let mut rows = text.lines().filter(|line| line.starts_with('|'));
        let expected = columns(rows.next().unwrap());
        assert!(rows.all(|row| columns(row) == expected), "{text}");
    }
}
