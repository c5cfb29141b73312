//! Every status that the specification promises of a function has a case in which the function answers it, and no function
//! answers anything else.

use super::Crossings;
use tollgate_abi::{AbiVersion, HostFunction, Status, host_functions, promised_statuses};

/// Statuses that no plugin can bring about here, or not in a transcript that can be read, and why.
const NOT_REACHABLE: &[(&str, Status, &str)] = &[
    ("proxy_continue_stream", Status::Unimplemented, "every type of stream can be continued"),
    ("proxy_http_call", Status::InternalFailure, MANY),
    ("proxy_grpc_call", Status::InternalFailure, MANY),
    ("proxy_grpc_stream", Status::InternalFailure, MANY),
];

const MANY: &str = "only with 16,384 calls under way, which the unit tests of the host's calls have";

/// Statuses beyond those that are promised, and why they are answered.
const BEYOND: &[(&str, Status, &str)] = &[
    ("proxy_get_metric", Status::BadArgument, "as Envoy does for histograms, and for ids that name no type of metric"),
    ("proxy_set_property", Status::BadArgument, "as Envoy does for what was declared read-only, or is no such object"),
];

/// What it calls answers what it likes.
const ANYTHING: &str = "proxy_call_foreign_function";

/// What is wrong.
pub(super) fn check(crossings: &Crossings) -> Vec<String> {
    let mut wrong = Vec::new();
    let released = |f: &HostFunction| AbiVersion::RELEASED.iter().any(|version| f.is_in(*version));
    let plain = host_functions().filter(|f| f.name.starts_with("proxy_") && !f.is_variant() && released(f));
    for function in plain.filter(|f| !crossings.is_unimplemented(f.row)) {
        let name = function.name;
        // Rows of one name are one function, whatever the types.
        let rows = || host_functions().filter(|f| f.name == name).filter_map(|f| crossings.statuses.get(f.row));
        let has = |status: Status| rows().any(|answered| answered.contains(status.name()));
        let promised = promised_statuses(name);
        for status in Status::ALL.iter().copied() {
            let is_promised = status == Status::Ok || promised.contains(&status);
            let listed = |list: &[(&str, Status, &str)]| list.iter().any(|(f, s, _)| (*f, *s) == (name, status));
            match (is_promised, has(status)) {
                (true, false) if !listed(NOT_REACHABLE) => wrong.push(format!(
                    "no case has {name} answer {status}: write one, or say in completeness::statuses::NOT_REACHABLE why none can"
                )),
                (true, true) if listed(NOT_REACHABLE) => {
                    wrong.push(format!("{name} does answer {status}: remove it from completeness::statuses::NOT_REACHABLE"));
                }
                (false, true) if !listed(BEYOND) && name != ANYTHING => wrong.push(format!(
                    "{name} answers {status}, which nobody promises and SDKs may panic on: change it, or say in \
                     completeness::statuses::BEYOND why"
                )),
                (false, false) if listed(BEYOND) => {
                    wrong.push(format!("{name} never answers {status}: remove it from completeness::statuses::BEYOND"));
                }
                _ => {}
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{Crossings, check};

    #[test]
    fn a_promised_status_without_case_and_an_answer_that_nobody_promises_are_found() {
        let mut crossings = Crossings::default();
        for line in ["<== #2 proxy_done = OK", "<== #2 proxy_done = EMPTY", "<== #2 proxy_http_call = UNIMPLEMENTED"] {
            crossings.add("case", line, &mut Vec::new());
        }
        let wrong = check(&crossings);
        let told = |text: &str| wrong.iter().any(|line| line.contains(text));
        assert!(told("no case has proxy_done answer NOT_FOUND"));
        assert!(told("proxy_done answers EMPTY, which nobody promises"));
        assert!(!told("proxy_done answer OK"));
        // What is not there yet is not asked for.
        assert!(!told("proxy_http_call"));
    }
}
