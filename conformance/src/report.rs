//! The support table: host function, version of the ABI, runtime.

use crate::completeness::Crossings;
use crate::matrix::{Kind, Matrix, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tollgate_abi::{AbiVersion, HostFunction, host_functions};

/// Trials passed and run.
type Count = (usize, usize);

/// The table as Markdown. Each cell counts the cases in which the function is called; a function that the version does
/// not have is left empty, and one that answers UNIMPLEMENTED says no.
pub fn markdown(matrix: &Matrix, verdicts: &[Verdict]) -> String {
    let crossings = Crossings::read(&matrix.cases);
    let runtimes = tollgate_runtimes::names();
    let mut counts: BTreeMap<(String, &'static str, AbiVersion), Count> = BTreeMap::new();
    for (trial, verdict) in matrix.trials.iter().zip(verdicts) {
        let Kind::Case { case, abi, runtime, .. } = &trial.kind else { continue };
        let key = (format!("{}/{}", case.heading, case.name), *runtime, *abi);
        let count = counts.entry(key).or_default();
        count.0 += usize::from(verdict.failure.is_none());
        count.1 += 1;
    }

    let mut text = String::from("| function | ABI |");
    for runtime in runtimes {
        let _ = write!(text, " {runtime} |");
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(runtimes.len()));
    text.push('\n');
    let mut heading = None;
    for function in host_functions() {
        if heading != Some(function.family) {
            heading = Some(function.family);
            let _ = writeln!(text, "| **{}** | |{}", function.family.heading(), " |".repeat(runtimes.len()));
        }
        let _ = write!(text, "| {} | {} |", named(function), versions(function));
        for runtime in runtimes {
            let _ = write!(text, " {} |", cell(function, runtime, &crossings, &counts));
        }
        text.push('\n');
    }
    text
}

/// The import name, with its type where there are several.
fn named(function: &HostFunction) -> String {
    if function.is_variant() {
        format!("`{}` {}", function.name, function.signature())
    } else {
        format!("`{}`", function.name)
    }
}

fn versions(function: &HostFunction) -> String {
    if AbiVersion::ALL.into_iter().all(|version| function.is_in(version)) {
        return "all".to_owned();
    }
    let released: Vec<_> = AbiVersion::RELEASED.into_iter().filter(|version| function.is_in(*version)).collect();
    let released = match &released[..] {
        [] => None,
        [one] => Some(one.to_string()),
        [since, .., until] => Some(format!("{since} to {until}")),
    };
    let draft = function.is_in(AbiVersion::VNext).then(|| AbiVersion::VNext.to_string());
    released.into_iter().chain(draft).collect::<Vec<_>>().join(", ")
}

fn cell(
    function: &HostFunction,
    runtime: &'static str,
    crossings: &Crossings,
    counts: &BTreeMap<(String, &'static str, AbiVersion), Count>,
) -> String {
    if crossings.unimplemented.contains_key(function.row) {
        return "no".to_owned();
    }
    let (mut passed, mut run) = (0, 0);
    for case in crossings.functions.get(function.row).into_iter().flatten() {
        for abi in AbiVersion::ALL {
            let count = counts.get(&(case.clone(), runtime, abi)).copied().unwrap_or_default();
            passed += count.0;
            run += count.1;
        }
    }
    match (passed, run) {
        (_, 0) => "untested".to_owned(),
        (passed, run) if passed == run => format!("yes ({run})"),
        (passed, run) => format!("{passed} of {run}"),
    }
}
