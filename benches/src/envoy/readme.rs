//! The headline of the README.

use super::measure::Measured;
use super::proxy::Kind;
use super::report::date;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- envoy: begin";
const END: &str = "<!-- envoy: end -->";

/// Rows of the headline: group, scenario.
const ROWS: &[(&str, &str)] = &[
    ("direct", "none"),
    ("direct", "header"),
    ("direct", "header_20"),
    ("upstream", "none"),
    ("upstream", "header"),
    ("upstream", "body_64k"),
    ("h2", "header"),
];

/// Puts the headline into the README, between its markers.
///
/// # Errors
///
/// The README has no markers, or cannot be written.
pub(super) fn bless(measured: &[Measured]) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(&path)?;
    let text = replaced(&text, &table(measured)).context("README.md lacks the markers of the headline")?;
    fs::write(path, text)?;
    Ok(())
}

fn table(measured: &[Measured]) -> String {
    let mut out = "| | | CPU µs per request: Envoy | Tollgate | times |\n|---|---|---:|---:|---:|\n".to_owned();
    for (group, scenario) in ROWS {
        let Some(of_group) = measured.iter().find(|measured| measured.group.name == *group) else { continue };
        let (envoy, ours) = (Kind::Envoy, Kind::Tollgate { runtime: None });
        if let (Some(envoy), Some(ours), Some(scenario)) = (
            of_group.figures(scenario, &envoy),
            of_group.figures(scenario, &ours),
            of_group.group.scenarios.iter().find(|known| known.name == *scenario),
        ) {
            let cpu = |turn: &super::measure::Turn| turn.cpu;
            let (theirs, own, times) = (envoy.median(cpu), ours.median(cpu), ours.times(envoy));
            let _ = writeln!(
                out,
                "| {} | {} | {theirs:.1} | {own:.1} | {times:.2} |",
                of_group.group.title, scenario.title
            );
        }
    }
    let date = date();
    let _ = writeln!(
        out,
        "\nFrom the [report of {date}](benches/results/{date}-envoy.md), which names the machine, its load, versions and commands."
    );
    out
}

/// The text with the table between the markers, each of which is a line of its own.
fn replaced(text: &str, table: &str) -> Option<String> {
    let begin = text.find(BEGIN)?;
    let begin = begin + text[begin..].find('\n')? + 1;
    let end = begin + text[begin..].find(END)?;
    Some(format!("{}\n{table}\n{}", &text[..begin], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn what_is_between_the_markers_is_replaced_however_often() {
        let text = "a\n<!-- envoy: begin (how) -->\n\nold\n\n<!-- envoy: end -->\nb\n";
        let new = replaced(text, "| new |\n").unwrap();
        assert_eq!(new, "a\n<!-- envoy: begin (how) -->\n\n| new |\n\n<!-- envoy: end -->\nb\n");
        assert_eq!(replaced(&new, "| new |\n").unwrap(), new);
        assert_eq!(replaced("a\n", "| new |\n"), None);
    }
}
