//! The few figures for the README, and what they say about which runtime to choose.

use super::figures::Figures;
use super::{table, three_digits};

/// What stands before and after what is written.
const BEGIN: &str = "<!-- benches: begin";
const END: &str = "<!-- benches: end -->";

/// What it is called, and its group and scenario.
const ROWS: [(&str, &str); 13] = [
    ("Load a plugin of 150 KB", "compile/sdk_150k"),
    ("The same from the cache on disk", "compile/sdk_150k_cached"),
    ("Load a plugin of 3 MB", "compile/large_3m"),
    ("The same from the cache on disk", "compile/large_3m_cached"),
    ("Start a plugin of 150 KB once it is loaded", "instantiate/sdk_150k"),
    ("Read a header", "hostcall/get_header_map_value"),
    ("Read 20 headers at once", "hostcall/get_header_map_pairs_20"),
    ("A request and its response through a plugin that does nothing", "stream/empty"),
    ("Through one that reads a header and adds one", "stream/get_1_add_1"),
    ("Through 20 that do nothing", "stream/empty_20_plugins"),
    ("In the plugin: SHA-256 of 4 KiB", "guest/sha256_4k"),
    ("In the plugin: JSON of 2 KB", "guest/json_2k"),
    ("In the plugin: product of 32 x 32 matrices", "guest/matrix_32"),
];

/// A plugin for headers, and loading one.
const LIFE: &str = "stream/get_1_add_1";
const LOAD: &str = "compile/sdk_150k";
const CACHED: &str = "compile/sdk_150k_cached";

/// How many times slower than in wasmtime code in wasmi has to be for what is said about it.
const MUCH_SLOWER: f64 = 5.0;

/// What the README says: a table, and what follows from it for choosing a runtime. `source` is where all figures are, `doubt`
/// what makes them doubtful, if anything does.
///
/// # Errors
///
/// A figure is missing, or contradicts what the sentences say: then they have to be written anew.
pub fn text(figures: &Figures, source: &str, machine: &str, doubt: Option<&str>) -> Result<String, String> {
    let time = |scenario: &str, subject: &str| {
        figures.time(scenario, subject).ok_or_else(|| format!("{scenario}/{subject} is missing"))
    };
    let said = |scenario: &str, subject: &str| time(scenario, subject).map(super::time);
    let over =
        |scenario: &str, subject: &str, other: &str| Ok::<_, String>(time(scenario, subject)? / time(scenario, other)?);
    // How many times slower code in the guest is than on another subject: least and most.
    let guests = |subject: &str, other: &str| -> Result<(f64, f64), String> {
        let scenarios = figures.scenarios("guest");
        let times = scenarios.into_iter().map(|work| over(&format!("guest/{work}"), subject, other));
        times.collect::<Result<Vec<f64>, _>>().map(|times| {
            (times.iter().copied().fold(f64::INFINITY, f64::min), times.iter().copied().fold(0.0, f64::max))
        })
    };
    let range = |(least, most): (f64, f64)| format!("{} to {}", three_digits(least), three_digits(most));
    let interpreted = guests("wasmi", "wasmtime")?;
    for other in ["wasmer", "wasmi"] {
        if over(LIFE, other, "wasmtime")? < 1.0 {
            return Err(format!("wasmtime does not call plugins fastest: {LIFE} is quicker on {other}"));
        }
    }
    for other in ["wasmtime", "wasmer"] {
        if over(LOAD, other, "wasmi")? < 1.0 {
            return Err(format!("wasmi does not load plugins fastest: {LOAD} is quicker on {other}"));
        }
    }
    if interpreted.0 < MUCH_SLOWER {
        return Err("code does not run much slower in wasmi".to_owned());
    }
    let rows = ROWS.map(|(name, scenario)| (name.to_owned(), scenario.to_owned()));
    let table = table::of(figures, "", &table::ours(), rows);
    let doubt = doubt.map_or(String::new(), |doubt| format!("\n{doubt}"));
    Ok(format!(
        "{table}\n\
         `native` is the same plugin in Rust, without WebAssembly: what the host costs by itself. Measured on\n\
         {machine}.{doubt}\n\
         All figures, plots and the raw engines beside them are in [{source}]({source}/README.md).\n\
         \n\
         Which one?\n\
         \n\
         - **wasmtime**, unless you have a reason. It calls plugins fastest: a request and its response through a plugin for headers\n  \
           take {}, and {} with a native one. Code in plugins takes {} times as long as native code. Its price is\n  \
           loading: {} for 150 KB, and {} from the cache.\n\
         - **wasmi** where machine code must not be made at run time, or where a plugin must load at once: {} for 150 KB, without a\n  \
           cache. A plugin for headers costs {} times what it costs on wasmtime; but code in plugins runs {} times slower,\n  \
           so not for those that hash, parse or match much.\n\
         - **wasmer** as a second opinion. Code in plugins takes {} times as long as on wasmtime, a plugin for headers {} times,\n  \
           loading {} times, and {} from the cache.\n",
        said(LIFE, "wasmtime")?,
        said(LIFE, "native")?,
        range(guests("wasmtime", "native")?),
        said(LOAD, "wasmtime")?,
        said(CACHED, "wasmtime")?,
        said(LOAD, "wasmi")?,
        three_digits(over(LIFE, "wasmi", "wasmtime")?),
        range(interpreted),
        range(guests("wasmer", "wasmtime")?),
        three_digits(over(LIFE, "wasmer", "wasmtime")?),
        three_digits(over(LOAD, "wasmer", "wasmtime")?),
        said(CACHED, "wasmer")?,
    ))
}

/// The document with `text` between its marks; `None` if it has none.
pub fn insert(document: &str, text: &str) -> Option<String> {
    let begin = document.find(BEGIN)?;
    let begin = begin + document[begin..].find('\n')? + 1;
    let end = begin + document[begin..].find(END)?;
    Some(format!("{}\n{}\n\n{}", &document[..begin], text.trim_end(), &document[end..]))
}

#[cfg(test)]
mod tests {
    use super::{ROWS, insert, text};
    use crate::groups;
    use crate::report::figures::{Figure, Figures};
    use std::time::SystemTime;

    /// Every case, with the time that `time` says.
    fn figures(time: impl Fn(&str, &str) -> f64) -> Figures {
        let figure = |case: crate::Case| Figure {
            group: case.group,
            scenario: case.scenario,
            time: time(case.group, &case.subject),
            subject: case.subject,
            at: SystemTime::UNIX_EPOCH,
        };
        groups::all().into_iter().map(figure).collect()
    }

    #[test]
    fn sentences_that_figures_contradict_are_not_written() {
        let usual = |group: &str, subject: &str| match (group, subject) {
            ("guest", "wasmi") => 40.0,
            ("compile", "wasmi") | (_, "native") => 1.0,
            (_, "wasmtime") => 2.0,
            _ => 3.0,
        };
        let said = text(&figures(usual), "benches/results/day", "a machine", Some("It was busy.")).unwrap();
        assert!(said.contains("a machine.\nIt was busy.\n"), "{said}");
        let slow = figures(
            |group, subject| if group == "stream" { 1.0 / usual(group, subject) } else { usual(group, subject) },
        );
        assert!(text(&slow, "", "", None).unwrap_err().starts_with("wasmtime does not call plugins fastest"));
        let quick = figures(|group, subject| if group == "guest" { 1.0 } else { usual(group, subject) });
        assert_eq!(text(&quick, "", "", None).unwrap_err(), "code does not run much slower in wasmi");
    }

    #[test]
    fn every_row_is_a_scenario() {
        let cases = groups::all();
        for (_, row) in ROWS {
            assert!(cases.iter().any(|case| format!("{}/{}", case.group, case.scenario) == row), "{row}");
        }
    }

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let document = "before\n<!-- benches: begin (generated) -->\nold\n<!-- benches: end -->\nafter\n";
        let expected = "before\n<!-- benches: begin (generated) -->\n\nnew\n\n<!-- benches: end -->\nafter\n";
        assert_eq!(insert(document, "new").as_deref(), Some(expected));
        assert_eq!(insert(expected, "new").as_deref(), Some(expected));
        assert_eq!(insert("nothing", "new"), None);
    }
}
