//! The load, and what it says about answers.

use super::scenario::{Protocol, Scenario};
use super::tools::Tools;
use anyhow::{Context as _, bail};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// Connections that are kept alive, each with one request at a time.
pub(super) const CONNECTIONS: u32 = 32;

const SCRIPT: &str = include_str!("../../envoy/wrk.lua");

/// What a turn of load has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Load {
    /// Requests answered.
    pub(super) requests: f64,
    pub(super) per_second: f64,
    /// Latency in microseconds that half of the requests stay below.
    pub(super) p50: f64,
    /// And 99 of 100.
    pub(super) p99: f64,
    /// And 999 of 1000.
    pub(super) p999: f64,
}

/// Puts load on a proxy for some seconds.
///
/// # Errors
///
/// The tool fails, or a request is not answered with success.
pub(super) fn run(
    tools: &Tools,
    protocol: Protocol,
    scenario: &Scenario,
    address: SocketAddr,
    seconds: u32,
    folder: &Path,
) -> anyhow::Result<Load> {
    match protocol {
        Protocol::Http1 => wrk(tools, scenario, address, seconds, folder),
        Protocol::Http2 => h2load(tools, scenario, address, seconds, folder),
    }
}

fn wrk(tools: &Tools, scenario: &Scenario, address: SocketAddr, seconds: u32, folder: &Path) -> anyhow::Result<Load> {
    let script = folder.join("wrk.lua");
    fs::write(&script, SCRIPT)?;
    let mut command = Command::new(&tools.wrk);
    command.args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-d", &seconds.to_string()]).arg("-s").arg(script);
    let output = output(command, scenario, address)?;
    parse_wrk(&output).with_context(|| format!("wrk says: {output}"))
}

/// Reads the line that `wrk.lua` writes. Nothing if it is missing or tells of errors.
fn parse_wrk(output: &str) -> Option<Load> {
    let line = output.lines().find_map(|line| line.strip_prefix("figures "))?;
    let figures = line.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>().ok()?;
    let [requests, micros, p50, p99, p999, 0.0] = figures[..] else { return None };
    (requests > 0.0).then_some(Load { requests, per_second: requests * 1e6 / micros, p50, p99, p999 })
}

fn h2load(
    tools: &Tools,
    scenario: &Scenario,
    address: SocketAddr,
    seconds: u32,
    folder: &Path,
) -> anyhow::Result<Load> {
    let log = folder.join("h2load.log");
    let _ = fs::remove_file(&log);
    let mut command = Command::new(&tools.h2load);
    command.args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-m", "1", "-D", &seconds.to_string()]);
    command.arg(format!("--log-file={}", log.display()));
    let output = output(command, scenario, address)?;
    parse_h2load(&fs::read_to_string(log)?, f64::from(seconds)).with_context(|| format!("h2load says: {output}"))
}

/// Reads h2load's log: a line per request with its start, status and duration, both times in microseconds. Nothing if
/// there is none, or one that failed.
fn parse_h2load(log: &str, seconds: f64) -> Option<Load> {
    let mut micros = Vec::new();
    for line in log.lines() {
        let mut fields = line.split('\t').skip(1);
        let (status, took) = (fields.next()?, fields.next()?);
        if status != "200" {
            return None;
        }
        micros.push(took.parse::<f64>().ok()?);
    }
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros.get(((micros.len() as f64 * share) as usize).min(micros.len().saturating_sub(1)));
    let (p50, p99, p999) = (*at(0.5)?, *at(0.99)?, *at(0.999)?);
    let requests = micros.len() as f64;
    Some(Load { requests, per_second: requests / seconds, p50, p99, p999 })
}

fn output(mut command: Command, scenario: &Scenario, address: SocketAddr) -> anyhow::Result<String> {
    for header in scenario.headers {
        command.args(["-H", header]);
    }
    let output = command.arg(url(scenario, address)).output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn url(scenario: &Scenario, address: SocketAddr) -> String {
    format!("http://{address}{}", scenario.path)
}

/// A response, as far as two proxies have to agree on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    status: String,
    /// Sorted.
    headers: Vec<String>,
    body: Vec<u8>,
}

/// Headers on which they need not agree: names and times of their own, and how the end of the body is told.
const OWN: &[&str] = &["server", "date", "x-envoy-upstream-service-time", "content-length", "transfer-encoding"];

/// Asks a proxy once. `None` if it does not speak the protocol.
///
/// # Errors
///
/// curl fails for another reason.
pub(super) fn ask(
    tools: &Tools,
    protocol: Protocol,
    scenario: &Scenario,
    address: SocketAddr,
) -> anyhow::Result<Option<Answer>> {
    let mut command = Command::new(&tools.curl);
    command.args(["--silent", "--show-error", "--include", "--noproxy", "*", "--max-time", "10"]);
    command.arg(match protocol {
        Protocol::Http1 => "--http1.1",
        Protocol::Http2 => "--http2-prior-knowledge",
    });
    for header in scenario.headers {
        command.args(["-H", header]);
    }
    let output = command.arg(url(scenario, address)).output()?;
    match Answer::parse(&output.stdout) {
        Some(answer) if output.status.success() => Ok(Some(answer)),
        // It answers HTTP/2 with words of HTTP/1.1, or closes the connection.
        _ if protocol == Protocol::Http2 => Ok(None),
        _ => bail!("curl: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let split = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..split]).ok()?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.to_owned();
        let mut headers: Vec<_> = lines.map(str::to_ascii_lowercase).collect();
        headers.retain(|line| line.split_once(':').is_none_or(|(name, _)| !OWN.contains(&name)));
        headers.sort();
        Some(Self { status, headers, body: bytes[split + 4..].to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Load, parse_h2load, parse_wrk};

    #[test]
    fn the_line_of_the_script_is_read_and_errors_are_none() {
        let expected = Load { requests: 1000.0, per_second: 500.0, p50: 10.0, p99: 20.0, p999: 30.0 };
        assert_eq!(parse_wrk("Running 2s test\nfigures 1000 2000000 10 20 30 0\n"), Some(expected));
        assert_eq!(parse_wrk("figures 1000 2000000 10 20 30 1\n"), None);
        assert_eq!(parse_wrk("figures 0 2000000 0 0 0 0\n"), None);
        assert_eq!(parse_wrk("Running 2s test\n"), None);
    }

    #[test]
    fn percentiles_are_made_from_the_log_of_requests() {
        let log: String = (1..=1000).map(|n| format!("{n}\t200\t{n}\n")).collect();
        let expected = Load { requests: 1000.0, per_second: 500.0, p50: 501.0, p99: 991.0, p999: 1000.0 };
        assert_eq!(parse_h2load(&log, 2.0), Some(expected));
        assert_eq!(parse_h2load(&format!("{log}7\t503\t1\n"), 2.0), None);
        assert_eq!(parse_h2load("", 2.0), None);
    }

    #[test]
    fn answers_are_equal_if_what_matters_is() {
        let parse = |text: &str| Answer::parse(text.as_bytes());
        let one = parse("HTTP/1.1 200 OK\r\nserver: envoy\r\nX-A: 1\r\ncontent-length: 2\r\n\r\nhi");
        assert_eq!(one, parse("HTTP/2 200\r\nx-a: 1\r\nserver: tollgate\r\n\r\nhi"));
        assert_ne!(one, parse("HTTP/1.1 200 OK\r\nx-a: 2\r\n\r\nhi"));
        assert_ne!(one, parse("HTTP/1.1 200 OK\r\nx-a: 1\r\n\r\nho"));
        assert_eq!(parse("HTTP/1.1 200 OK\r\n"), None);
    }
}
