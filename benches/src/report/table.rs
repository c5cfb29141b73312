//! All figures of a group as a table in Markdown.

use super::figures::Figures;
use super::time;

/// Every subject that there may be, in the order of the columns: ours, the native one, the engines alone.
pub fn subjects() -> Vec<String> {
    let names = tollgate_runtimes::names();
    let of_engines = |suffix: &'static str| names.iter().map(move |name| format!("raw_{name}{suffix}"));
    ours().into_iter().map(str::to_owned).chain(of_engines("")).chain(of_engines("_alloc")).collect()
}

/// The subjects that go through the host.
pub fn ours() -> Vec<&'static str> {
    tollgate_runtimes::names().iter().copied().chain(["native"]).collect()
}

/// A row per scenario, a column per subject that occurs.
pub fn group(figures: &Figures, group: &str) -> String {
    let all = subjects();
    let occurs = |subject: &&str| figures.group(group).any(|figure| figure.subject == *subject);
    let subjects: Vec<&str> = all.iter().map(String::as_str).filter(occurs).collect();
    let scenarios = figures.scenarios(group);
    let rows = scenarios.iter().map(|scenario| (format!("`{scenario}`"), format!("{group}/{scenario}")));
    of(figures, "scenario", &subjects, rows)
}

/// A row per pair of what it is called and its group and scenario.
pub fn of(
    figures: &Figures,
    head: &str,
    subjects: &[&str],
    rows: impl IntoIterator<Item = (String, String)>,
) -> String {
    let mut text = format!("| {head} | {} |\n|---|{}\n", subjects.join(" | "), "---:|".repeat(subjects.len()));
    for (name, scenario) in rows {
        let cells: Vec<_> =
            subjects.iter().map(|subject| figures.time(&scenario, subject).map_or(String::new(), time)).collect();
        text += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::group;
    use crate::report::figures::Figure;
    use std::time::SystemTime;

    #[test]
    fn subjects_have_columns_and_scenarios_rows() {
        let figure = |scenario, subject: &str, time| Figure {
            group: "stream",
            scenario,
            subject: subject.to_owned(),
            time,
            at: SystemTime::UNIX_EPOCH,
        };
        let figures = [figure("a", "native", 1.0), figure("a", "wasmi", 2.0), figure("b", "native", 3000.0)];
        let expected =
            "| scenario | wasmi | native |\n|---|---:|---:|\n| `a` | 2.00 ns | 1.00 ns |\n| `b` |  | 3.00 µs |\n";
        assert_eq!(group(&figures.into_iter().collect(), "stream"), expected);
    }
}
