//! The few figures for the README, and what they say about which runtime to choose.

use super::figures::Figures;
use super::{table, three_digits, time};

/// What stands before and after what is written.
const BEGIN: &str = "<!-- benches: begin";
const END: &str = "<!-- benches: end -->";

const SUBJECTS: [&str; 4] = ["wasmtime", "wasmer", "wasmi", "native"];

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

/// What the README says: a table and three sentences on each runtime. `source` is where all figures are; `None` if one is
/// missing.
/// `doubt` is what makes the figures doubtful, if anything does.
pub fn text(figures: &Figures, source: &str, machine: &str, doubt: Option<&str>) -> Option<String> {
    let median = |scenario: &str, subject: &str| figures.median(scenario, subject);
    let over = |scenario: &str, subject: &str, other: &str| Some(median(scenario, subject)? / median(scenario, other)?);
    let said = |scenario: &str, subject: &str| median(scenario, subject).map(time);
    let rows = ROWS.map(|(name, scenario)| (name.to_owned(), scenario.to_owned()));
    let table = table::of(figures, "median", &SUBJECTS, rows);
    // How many times slower code in the guest is than on another subject: least and most.
    let guests = |subject: &str, other: &str| -> Option<String> {
        let times = figures.scenarios("guest").into_iter().map(|work| over(&format!("guest/{work}"), subject, other));
        let times: Vec<f64> = times.collect::<Option<_>>()?;
        let (least, most) =
            (times.iter().copied().fold(f64::INFINITY, f64::min), times.iter().copied().fold(0.0, f64::max));
        Some(format!("{} to {}", three_digits(least), three_digits(most)))
    };
    const LIFE: &str = "stream/get_1_add_1";
    const LOAD: &str = "compile/sdk_150k";
    let doubt = doubt.map_or(String::new(), |doubt| format!("\n{doubt}"));
    Some(format!(
        "{table}\n\
         `native` is the same plugin in Rust, without WebAssembly: what the host costs by itself. Measured on\n\
         {machine}.{doubt}\n\
         All figures, plots and the raw engines beside them are in [{source}]({source}/README.md).\n\
         \n\
         Which one?\n\
         \n\
         - **wasmtime**, unless you have a reason. It calls plugins fastest: a request and its response through a plugin for headers\n  \
           take {}, of which {} are the host's own. Code in plugins takes {} times as long as native code. Its price is\n  \
           loading: {} for 150 KB, and {} from the cache.\n\
         - **wasmi** where machine code must not be made at run time, or where a plugin must load at once: {} for 150 KB, without a\n  \
           cache. A plugin for headers costs {} times what it costs on wasmtime; but code in plugins runs {} times slower,\n  \
           so not for those that hash, parse or match much.\n\
         - **wasmer** as a second opinion. Code in plugins takes {} times as long as on wasmtime, a plugin for headers {} times,\n  \
           loading {} times, and {} from the cache.\n",
        said(LIFE, "wasmtime")?,
        said(LIFE, "native")?,
        guests("wasmtime", "native")?,
        said(LOAD, "wasmtime")?,
        said("compile/sdk_150k_cached", "wasmtime")?,
        said(LOAD, "wasmi")?,
        three_digits(over(LIFE, "wasmi", "wasmtime")?),
        guests("wasmi", "wasmtime")?,
        guests("wasmer", "wasmtime")?,
        three_digits(over(LIFE, "wasmer", "wasmtime")?),
        three_digits(over(LOAD, "wasmer", "wasmtime")?),
        said("compile/sdk_150k_cached", "wasmer")?,
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
    use super::{ROWS, insert};
    use crate::groups;

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
