//! Every host function is called from everywhere where a guest can call one, and with everything that can be wrong.

use super::{Crossings, NOT_CALLED};
use std::collections::BTreeSet;
use tollgate_abi::{CALLBACKS, host_functions};

/// How transcripts call the guest's allocator.
const ALLOCATOR: &str = "allocate";

/// Heading of the cases with wrong arguments.
const INVALID_USE: &str = "invalid_use/";

/// Callbacks and the allocator from which a function is never called.
pub(super) fn without_call(crossings: &Crossings) -> Vec<String> {
    let called = CALLBACKS.iter().map(|c| c.name).filter(|name| !NOT_CALLED.iter().any(|(not, _)| not == name));
    let places: BTreeSet<_> = called.chain([ALLOCATOR]).collect();
    let functions: BTreeSet<_> = host_functions().filter(|f| !f.is_variant()).map(|f| f.row).collect();
    let mut wrong = Vec::new();
    for place in places {
        let from = crossings.calls.get(place);
        let missing: Vec<_> =
            functions.iter().copied().filter(|f| !from.is_some_and(|called| called.contains(*f))).collect();
        if !missing.is_empty() {
            let what =
                if missing.len() == functions.len() { "any host function".to_owned() } else { missing.join(", ") };
            wrong.push(format!(
                "no case calls {what} from {place}: write cases/contexts/{place}.wat after the model of those beside it"
            ));
        }
    }
    wrong
}

/// Functions that are called with no wrong argument.
pub(super) fn without_wrong_arguments(crossings: &Crossings) -> Vec<String> {
    let tried = |name: &str| {
        let cases = crossings.functions.get(name);
        cases.is_some_and(|cases| cases.iter().any(|case| case.starts_with(INVALID_USE)))
    };
    // What a number or nothing at all cannot be wrong in.
    let indifferent = |f: &tollgate_abi::HostFunction| {
        f.params.iter().all(|param| {
            let name = param.name;
            !(name.starts_with("return_")
                || name.ends_with("_data")
                || name.ends_with("_id")
                || name.ends_with("_type"))
        })
    };
    let untried = host_functions().filter(|f| !indifferent(f) && !tried(f.row));
    untried.map(|f| format!("no case under cases/{INVALID_USE} calls {} with wrong arguments", f.row)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Crossings, without_call};

    #[test]
    fn a_call_counts_for_what_called_it() {
        let mut crossings = Crossings::default();
        let mut within = Vec::new();
        for line in [
            "  --> #2 proxy_on_log()",
            "    ==> #2 proxy_get_status(return_code=0x10)",
            "      --> #2 allocate(size=1)",
            "        ==> #2 fd_write(fd=1)",
            "        <== #2 fd_write = SUCCESS, written_size=1",
            "      <-- #2 allocate = 0x8000",
            "    <== #2 proxy_get_status = OK, code=0",
            "    ==> #2 proxy_log(message=\"x\")",
        ] {
            crossings.add("case", line, &mut within);
        }
        let called = |place: &str| crossings.calls[place].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(called("proxy_on_log"), ["proxy_get_status", "proxy_log"]);
        assert_eq!(called("allocate"), ["fd_write"]);
        let wrong = without_call(&crossings);
        let line = |place: &str| wrong.iter().find(|line| line.contains(&format!("from {place}:"))).unwrap();
        assert!(!line("proxy_on_log").contains("proxy_get_status"));
        assert!(line("allocate").contains("proxy_get_status"));
        assert!(line("proxy_on_delete").contains("any host function"));
        assert!(line("proxy_on_delete").contains("cases/contexts/proxy_on_delete.wat"));
    }
}
