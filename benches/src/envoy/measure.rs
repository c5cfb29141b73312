//! Turns and rounds.

use super::Options;
use super::config;
use super::load::{self, Load};
use super::proxy::{Kind, Proxy};
use super::scenario::{Group, Scenario};
use super::tools::Tools;
use super::upstream::Upstream;
use anyhow::bail;
use std::path::Path;
use std::time::Duration;

/// A turn of load before those that count: connections are made, caches are filled, and lazy work is done.
const WARM_UP: u32 = 1;

/// What a group has come to.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) group: &'static Group,
    pub(super) subjects: Vec<Subject>,
}

/// A proxy with a scenario, and what was measured of it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) scenario: &'static Scenario,
    pub(super) kind: Kind,
    /// `None`: it does not speak the protocol.
    pub(super) figures: Option<Figures>,
}

/// What was measured of a proxy.
#[derive(Debug)]
pub(super) struct Figures {
    /// From the start of the process to its first answer.
    pub(super) started: Duration,
    /// Bytes in use after the last turn.
    pub(super) memory: u64,
    /// One per round.
    pub(super) turns: Vec<Turn>,
}

/// A turn of load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// Processor time of the proxy, in microseconds per request.
    pub(super) cpu: f64,
    pub(super) load: Load,
}

impl Figures {
    /// The median over the rounds.
    pub(super) fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(of).collect())
    }

    /// The median of each round's processor time per request as a multiple of another proxy's in that round.
    pub(super) fn times(&self, other: &Self) -> f64 {
        median(self.turns.iter().zip(&other.turns).map(|(own, other)| own.cpu / other.cpu).collect())
    }
}

impl Measured {
    /// What was measured of a scenario with a proxy.
    pub(super) fn figures(&self, scenario: &str, kind: &Kind) -> Option<&Figures> {
        let is_it = |subject: &&Subject| subject.scenario.name == scenario && subject.kind == *kind;
        self.subjects.iter().find(is_it)?.figures.as_ref()
    }
}

/// Measures the scenarios of a group that are wanted.
///
/// # Errors
///
/// A program fails, or the two proxies do not answer the same.
pub(super) fn group(group: &'static Group, options: &Options, tools: &Tools) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    config::write_modules(folder)?;
    let upstream = Upstream::start(&tools.nginx, &folder.join("nginx"))?;
    // In the order of rows: for each scenario Envoy, then what it is compared with.
    let mut running = Vec::new();
    for scenario in group.scenarios.iter().filter(|scenario| options.wants(group.name, scenario.name)) {
        let mut expected = None;
        for kind in kinds(scenario, options) {
            eprintln!("{}/{}: {} starts", group.name, scenario.name, kind.title());
            let yaml = config::yaml(scenario, group.answer, upstream.port, folder);
            let own = folder.join(running.len().to_string());
            let proxy = Proxy::start(&kind, tools, &yaml, &own)?;
            let answer = load::ask(tools, group.protocol, scenario, proxy.address)?;
            if answer.is_some() && expected.is_some() && answer != expected {
                bail!("{}/{}: {kind:?} answers {answer:?}, Envoy {expected:?}", group.name, scenario.name);
            }
            let speaks = answer.is_some();
            expected = expected.or(answer);
            let figures = speaks.then(|| Figures { started: proxy.started, memory: 0, turns: Vec::new() });
            running.push((Subject { scenario, kind, figures }, proxy));
        }
    }
    for round in 0..=options.rounds {
        eprintln!("{}: round {round} of {}", group.name, options.rounds);
        for (subject, proxy) in &mut running {
            let Some(figures) = &mut subject.figures else { continue };
            let seconds = if round == 0 { WARM_UP } else { options.seconds };
            let turn = turn(group, subject.scenario, proxy, seconds, tools, folder)?;
            if round > 0 {
                figures.turns.push(turn);
            }
            figures.memory = proxy.memory()?;
        }
    }
    Ok(Measured { group, subjects: running.into_iter().map(|(subject, _)| subject).collect() })
}

fn kinds(scenario: &Scenario, options: &Options) -> Vec<Kind> {
    let runtimes = scenario.runtimes.iter().map(|runtime| Kind::Tollgate { runtime: Some(runtime) });
    let mut kinds = vec![Kind::Envoy, Kind::Tollgate { runtime: None }];
    kinds.extend(runtimes);
    kinds.extend(options.against.clone().map(Kind::Against));
    kinds
}

fn turn(
    group: &Group,
    scenario: &Scenario,
    proxy: &Proxy,
    seconds: u32,
    tools: &Tools,
    folder: &Path,
) -> anyhow::Result<Turn> {
    let before = proxy.cpu_seconds()?;
    let load = load::run(tools, group.protocol, scenario, proxy.address, seconds, folder)?;
    let used = proxy.cpu_seconds()? - before;
    Ok(Turn { cpu: used * 1e6 / load.requests, load })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Figures, Load, Turn};
    use std::time::Duration;

    /// Figures with these processor times.
    pub(in super::super) fn figures(cpu: &[f64]) -> Figures {
        let load = Load { requests: 1.0, per_second: 50_000.0, p50: 600.0, p99: 900.0, p999: 1200.0 };
        let turns = cpu.iter().map(|&cpu| Turn { cpu, load }).collect();
        Figures { started: Duration::from_millis(12), memory: 32 << 20, turns }
    }

    #[test]
    fn ratios_are_those_of_rounds() {
        // The machine was slow in the second round, for both.
        let (one, two) = (figures(&[5.0, 50.0, 6.0]), figures(&[10.0, 100.0, 10.0]));
        assert!((one.times(&two) - 0.5).abs() < 1e-9);
        assert!((one.median(|turn| turn.cpu) - 6.0).abs() < 1e-9);
    }
}
