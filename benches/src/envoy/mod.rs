//! Tollgate and a real Envoy on the same configurations, modules and load.
//!
//! * `scenario`: what is measured; `config`: the YAML and the modules of it.
//! * `tools`, `proxy`, `upstream`, `load`: the processes, and what they say.
//! * `measure`: turns and rounds. `report`: Markdown of what they have found; `readme`: its headline.
//!
//! All proxies of a group run at once, and the load goes from one to the next, round after round, so that a change of the
//! machine's speed meets all of them. Figures are medians over the rounds.

mod config;
mod load;
mod measure;
mod proxy;
mod readme;
mod report;
mod scenario;
mod tools;
mod upstream;

use anyhow::bail;
use clap::Parser;
use measure::Measured;
use scenario::GROUPS;
use std::path::PathBuf;
use tools::Tools;

/// Measure Tollgate beside a real Envoy.
#[derive(Debug, Parser)]
#[command(name = "envoy")]
pub struct Options {
    /// Rounds, in each of which every proxy has a turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Length of a turn.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Another build of Tollgate, measured in the same rounds.
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// Groups (direct) or scenarios of them (direct/header); all of them, and a report in benches/results, if none is
    /// named.
    scenario: Vec<String>,
}

impl Options {
    fn is_whole(&self) -> bool {
        self.scenario.is_empty() && self.against.is_none()
    }

    /// Whether a scenario is to be measured. The one without a plugin always is: the others are compared with it.
    fn wants(&self, group: &str, scenario: &str) -> bool {
        let name = format!("{group}/{scenario}");
        let of_group = |wanted: &String| *wanted == name || wanted == group;
        let is_floor =
            scenario == "none" && self.scenario.iter().any(|wanted| wanted.starts_with(&format!("{group}/")));
        self.scenario.is_empty() || is_floor || self.scenario.iter().any(of_group)
    }
}

/// Measures, prints the report, and after a whole run writes it to `benches/results`. With `BLESS` in the environment,
/// the README's headline is made from it.
///
/// # Errors
///
/// A program is missing or fails, or the two proxies do not answer the same.
pub fn compare(options: &Options) -> anyhow::Result<()> {
    let names = GROUPS.iter().flat_map(|g| g.scenarios.iter().map(|s| format!("{}/{}", g.name, s.name)));
    let names: Vec<_> = names.chain(GROUPS.iter().map(|group| group.name.to_owned())).collect();
    if let Some(unknown) = options.scenario.iter().find(|wanted| !names.contains(wanted)) {
        bail!("there is no scenario {unknown}; there are: {}", names.join(" "));
    }
    let tools = Tools::find()?;
    let header = report::header(options, &tools);
    let mut measured: Vec<Measured> = Vec::new();
    for group in GROUPS.iter().filter(|group| group.scenarios.iter().any(|s| options.wants(group.name, s.name))) {
        measured.push(measure::group(group, options, &tools)?);
    }
    let text = format!("{header}{}", report::tables(&measured));
    println!("{text}");
    if options.is_whole() {
        report::write(&text)?;
        if std::env::var_os("BLESS").is_some() {
            readme::bless(&measured)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Options;
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn the_scenario_without_a_plugin_comes_along() {
        Options::command().debug_assert();
        let options = Options::parse_from(["envoy", "direct/header"]);
        assert!(options.wants("direct", "header") && options.wants("direct", "none"));
        assert!(!options.wants("direct", "pairs") && !options.wants("upstream", "none"));
        assert!(Options::parse_from(["envoy", "h2"]).wants("h2", "header"));
        assert!(Options::parse_from(["envoy"]).is_whole());
    }
}
