//! The suite's checks of itself: nothing that the ABI has may go without a case, and no file may be forgotten.
//!
//! What a case crosses is read from its expected transcripts, so that it is true.

mod contexts;
mod rules;
mod statuses;

pub use rules::{RULES, Rule, table};

use crate::case::Case;
use crate::golden;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tollgate_abi::callbacks::START_SECTION_EXPORT;
use tollgate_abi::{CALLBACKS, HostFunction, Status, host_functions};

/// How the names of the cases begin that show what the host does not implement.
pub const UNIMPLEMENTED: &str = "unimplemented";

/// Callbacks that this host does not call yet, or that nobody calls, and why.
pub const NOT_CALLED: &[(&str, &str)] = &[
    ("proxy_on_http_request_metadata", "HTTP/2 METADATA frames do not reach the host"),
    ("proxy_on_http_response_metadata", "HTTP/2 METADATA frames do not reach the host"),
    ("proxy_on_request_metadata", "HTTP/2 METADATA frames do not reach the host"),
    ("proxy_on_response_metadata", "HTTP/2 METADATA frames do not reach the host"),
    ("proxy_validate_configuration", "no host calls it"),
];

/// What the expected transcripts cross.
#[derive(Debug, Default)]
pub struct Crossings {
    /// Host functions by the names of their rows, each with the cases that call it.
    pub functions: BTreeMap<String, BTreeSet<String>>,
    /// Host functions that answered UNIMPLEMENTED, with the cases where they did.
    pub unimplemented: BTreeMap<String, BTreeSet<String>>,
    /// Callbacks that were called.
    pub callbacks: BTreeSet<String>,
    /// Host functions by the callback that called them; `allocate` stands for the guest's allocator.
    pub calls: BTreeMap<String, BTreeSet<String>>,
    /// What host functions answered.
    pub statuses: BTreeMap<String, BTreeSet<String>>,
}

impl Crossings {
    /// Reads them from the expected transcripts of all cases. Cases without one are left out, and so are those of plugins
    /// that may not use everything: what they are told is the restriction's answer, not the function's.
    pub fn read(cases: &[Arc<Case>]) -> Self {
        let mut crossings = Self::default();
        let is_restricted = |case: &&Arc<Case>| case.header.plugin.iter().any(|it| !it.allowed_capabilities.is_empty());
        for case in cases.iter().filter(|case| !is_restricted(case)) {
            for abi in case.header.versions().unwrap_or_default() {
                let Ok(text) = golden::expected(case, abi) else { continue };
                let name = format!("{}/{}", case.heading, case.name);
                let mut within = Vec::new();
                text.lines().for_each(|line| crossings.add(&name, line, &mut within));
            }
        }
        crossings
    }

    /// Whether all that a function answers is that it is not implemented.
    pub fn is_unimplemented(&self, function: &str) -> bool {
        let only = |answers: &BTreeSet<String>| answers.iter().all(|answer| answer == Status::Unimplemented.name());
        self.unimplemented.contains_key(function) && self.statuses.get(function).is_none_or(only)
    }

    /// Adds a line; `within` are the callbacks that run.
    fn add(&mut self, case: &str, line: &str, within: &mut Vec<String>) {
        // `==> #2 name(...`, `<== #2 name = UNIMPLEMENTED`, `--> #2 name(...`
        let Some((arrow, rest)) = line.trim_start().split_once(" #") else { return };
        let Some((_, call)) = rest.split_once(' ') else { return };
        let name = call.split(['(', ' ']).next().unwrap_or_default().to_owned();
        match arrow {
            "==>" => {
                if let Some(caller) = within.last() {
                    self.calls.entry(caller.clone()).or_default().insert(name.clone());
                }
                self.functions.entry(name).or_default().insert(case.to_owned());
            }
            "<==" => {
                let Some((_, answer)) = call.split_once(" = ") else { return };
                let answer = answer.split(',').next().unwrap_or_default();
                if answer == Status::Unimplemented.name() {
                    self.unimplemented.entry(name.clone()).or_default().insert(case.to_owned());
                }
                self.statuses.entry(name).or_default().insert(answer.to_owned());
            }
            "-->" => {
                within.push(name.clone());
                self.callbacks.insert(name);
            }
            "<--" => drop(within.pop()),
            _ => {}
        }
    }
}

/// Every check: its name, and what is wrong.
///
/// # Errors
///
/// A folder cannot be read.
pub fn checks(root: &Path, cases: &[Arc<Case>]) -> anyhow::Result<Vec<(&'static str, Option<String>)>> {
    let crossings = Crossings::read(cases);
    Ok(vec![
        ("every_host_function_has_a_case", told(&functions_without_case(&crossings))),
        ("what_is_unimplemented_says_so_in_one_place", told(&misplaced_unimplemented(&crossings))),
        ("every_callback_has_a_case", told(&callbacks_without_case(&crossings))),
        ("every_host_function_is_called_from_every_callback", told(&contexts::without_call(&crossings))),
        ("every_host_function_is_called_wrongly", told(&contexts::without_wrong_arguments(&crossings))),
        ("every_promised_status_has_a_case", told(&statuses::check(&crossings))),
        ("every_rule_has_a_case", told(&rules::check(cases, &crossings))),
        ("wasi_is_called_under_both_module_names", told(&wasi_under_one_name(cases))),
        ("every_file_belongs_to_a_case", told(&orphans(root, cases)?)),
    ])
}

fn told(wrong: &[String]) -> Option<String> {
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn functions_without_case(crossings: &Crossings) -> Vec<String> {
    let without = host_functions().filter(|f| !crossings.functions.contains_key(f.row));
    without
        .map(|f| format!("no case calls {0}: write cases/{1}/{0}.wat and bless it", f.row, f.family.file_name()))
        .collect()
}

/// A function that answers UNIMPLEMENTED does so in `cases/<its heading>/unimplemented.wat`, where one look shows what is
/// missing; once it is implemented it must leave that case.
fn misplaced_unimplemented(crossings: &Crossings) -> Vec<String> {
    let family = |name: &str| host_functions().find(|f| f.row == name).map(|f| f.family.file_name());
    let mut wrong = Vec::new();
    for (name, cases) in &crossings.unimplemented {
        let place = format!("{}/{UNIMPLEMENTED}", family(name).unwrap_or_default());
        if !cases.iter().any(|case| case.starts_with(&place)) {
            wrong
                .push(format!("{name} is not implemented: call it in cases/{place}.wat, so that the list is complete"));
        }
    }
    for (name, cases) in &crossings.functions {
        let shown_missing = cases.iter().any(|case| case.contains(&format!("/{UNIMPLEMENTED}")));
        if shown_missing && !crossings.unimplemented.contains_key(name) {
            wrong.push(format!(
                "{name} is implemented now: remove it from the `{UNIMPLEMENTED}` case and give it its own"
            ));
        }
    }
    wrong
}

fn callbacks_without_case(crossings: &Crossings) -> Vec<String> {
    let mut wrong = Vec::new();
    let names: BTreeSet<_> = CALLBACKS.iter().map(|c| c.name).collect();
    for name in names {
        let listed = NOT_CALLED.iter().any(|(listed, _)| *listed == name);
        match (crossings.callbacks.contains(name), listed) {
            (false, false) => wrong.push(format!(
                "no case has the host call {}: write one, or say in completeness::NOT_CALLED why the host does not",
                if name == START_SECTION_EXPORT { "a start section" } else { name }
            )),
            (true, true) => wrong.push(format!("the host calls {name} now: remove it from completeness::NOT_CALLED")),
            _ => {}
        }
    }
    wrong
}

fn wasi_under_one_name(cases: &[Arc<Case>]) -> Vec<String> {
    let calls = |f: &HostFunction, module: &str| {
        let spelling = if f.modules.first() == Some(&module) {
            format!("{{{{{} ", f.name)
        } else {
            format!("{{{{{module}.{} ", f.name)
        };
        let alone = format!("{}}}}}", spelling.trim_end());
        cases.iter().any(|case| case.text.contains(&spelling) || case.text.contains(&alone))
    };
    let mut wrong = Vec::new();
    for f in host_functions().filter(|f| f.modules.len() > 1) {
        for module in f.modules.iter().filter(|module| !calls(f, module)) {
            wrong.push(format!(
                "no case calls {module}.{}: write one, with the token {{{{{module}.{} ...}}}}",
                f.name, f.name
            ));
        }
    }
    wrong
}

fn orphans(root: &Path, cases: &[Arc<Case>]) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for folder in std::fs::read_dir(root.join("cases"))? {
        for file in std::fs::read_dir(folder?.path())? {
            let path = file?.path();
            let Some(stem) = path.to_str().and_then(|path| path.strip_suffix(".expected")) else { continue };
            let version =
                tollgate_abi::AbiVersion::ALL.iter().find_map(|v| stem.strip_suffix(&format!(".{}", v.as_str())));
            let file = Path::new(version.unwrap_or(stem)).with_extension("wat");
            let Some(case) = cases.iter().find(|known| known.path == file) else {
                wrong.push(format!("{} belongs to no case: remove it", path.display()));
                continue;
            };
            let Some(variant) = &case.variant else { continue };
            let text = std::fs::read_to_string(&path)?;
            for (word, _) in golden::sections(&text).iter().filter(|(word, _)| !variant.all.iter().any(|w| w == word)) {
                wrong.push(format!("{} has a transcript of {word}, which is no case: bless it", path.display()));
            }
        }
    }
    Ok(wrong)
}
