//! Rules that stand in no table of the ABI, and which cases show them: the test vectors of the facts' section 11, and what
//! the SDKs need of a host.
//!
//! A case says in its header which rules it `shows`. A rule may say what has to stand in the transcript, in that order, so
//! that blessing a wrong answer does not pass.

use super::Crossings;
use crate::case::Case;
use crate::golden;
use std::fmt::Write as _;
use std::sync::Arc;
use tollgate_abi::AbiVersion;

/// A rule that needs a case.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What a header's `shows` calls it: `vector/...` or `sdk/...`.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Parts of lines that the transcript of a case has in this order.
    pub transcript: &'static [&'static str],
    /// A function without which the rule cannot be shown. As long as it answers nothing but UNIMPLEMENTED, so may the case.
    pub needs: Option<&'static str>,
}

const fn vector(name: &'static str, says: &'static str, transcript: &'static [&'static str]) -> Rule {
    Rule { name, says, transcript, needs: None }
}

const fn sdk(name: &'static str, says: &'static str) -> Rule {
    Rule { name, says, transcript: &[], needs: None }
}

impl Rule {
    const fn needs(mut self, function: &'static str) -> Self {
        self.needs = Some(function);
        self
    }

    const fn transcript(mut self, transcript: &'static [&'static str]) -> Self {
        self.transcript = transcript;
        self
    }
}

/// Every rule.
pub const RULES: &[Rule] = &[
    vector(
        "vector/pairs_none",
        "no pairs come as nothing; ``, `00` and `00 00 00 00` mean none",
        &[
            "proxy_get_header_map_pairs = OK, map=nothing",
            "proxy_set_header_map_pairs = OK",
            "proxy_get_header_map_pairs = OK, map=nothing",
            "proxy_add_header_map_value = OK",
            "proxy_set_header_map_pairs = OK",
            "proxy_get_header_map_pairs = OK, map=nothing",
            "proxy_add_header_map_value = OK",
            "proxy_set_header_map_pairs = OK",
            "proxy_get_header_map_pairs = OK, map=nothing",
        ],
    ),
    vector(
        "vector/pairs_two",
        "[(a, 1), (b, 22)] is 29 bytes",
        &[
            r#"proxy_set_header_map_pairs(map_type=HTTP_REQUEST_HEADERS, map={"a": "1", "b": "22"})"#,
            "allocate(size=29)",
            concat!(
                r#"message="\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"#,
                r#"a\x001\x00b\x0022\x00")"#
            ),
        ],
    ),
    vector(
        "vector/pairs_any_byte",
        "[(c, 0xFF)] is 16 bytes, and survives",
        &[
            "allocate(size=16)",
            r#"message="\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00c\x00\xff\x00")"#,
            r"upstream receives headers {c: \xff}",
        ],
    ),
    vector(
        "vector/pairs_four",
        "the specification's example is 108 bytes",
        &[
            r#"map={":method": "GET", ":path": "/bytes/1", ":authority": "httpbin.org", "Powered-By": "proxy-wasm"})"#,
            "allocate(size=108)",
        ],
    ),
    vector(
        "vector/pairs_malformed",
        "one byte too many, a terminator that is not 0, 1025 entries, 1 MiB + 1: an empty map",
        &[
            "proxy_set_header_map_pairs = OK",
            "proxy_get_header_map_pairs = OK, map=nothing",
            "proxy_set_header_map_pairs = OK",
            "proxy_get_header_map_pairs = OK, map=nothing",
            "more than 1024 entries",
            "proxy_get_header_map_pairs = OK, map=nothing",
            "proxy_get_header_map_size = OK, size=1048562",
            "proxy_set_header_map_pairs = OK",
            "proxy_get_header_map_pairs = OK, map=nothing",
        ],
    ),
    vector(
        "vector/property_path",
        "segments with zero bytes between, 26 bytes; a 27th, zero, is accepted",
        &[
            r#"proxy_get_property(path="request\x00headers\x00user-agent","#,
            r#"proxy_get_property = OK, value="suite""#,
            r#"proxy_get_property(path="request\x00headers\x00user-agent\x00","#,
            r#"proxy_get_property = OK, value="suite""#,
        ],
    ),
    vector(
        "vector/property_values",
        "port 8080 is `90 1F` and six zeros; a boolean is one byte",
        &[
            r#"proxy_get_property = OK, value="\x90\x1f\x00\x00\x00\x00\x00\x00""#,
            r#"proxy_get_property = OK, value="\x00""#,
        ],
    ),
    vector(
        "vector/shared_data",
        "set 0: 1; set 0: 2; set 100: CAS_MISMATCH; get: 2; set 2: OK; get: 3; absent with 77: OK",
        &[
            "proxy_set_shared_data = OK",
            r#"proxy_get_shared_data = OK, value="one", cas=1"#,
            "proxy_set_shared_data = OK",
            "proxy_set_shared_data = CAS_MISMATCH",
            r#"proxy_get_shared_data = OK, value="two", cas=2"#,
            "proxy_set_shared_data = OK",
            r#"proxy_get_shared_data = OK, value="three", cas=3"#,
            "proxy_set_shared_data = OK",
            r#"proxy_get_shared_data = OK, value="v", cas="#,
        ],
    )
    .needs("proxy_set_shared_data"),
    vector(
        "vector/metric_ids",
        "first counter 4, gauge 5, histogram 6",
        &[
            "proxy_define_metric = OK, metric_id=4",
            "proxy_define_metric = OK, metric_id=5",
            "proxy_define_metric = OK, metric_id=6",
            "proxy_define_metric = OK, metric_id=8",
        ],
    )
    .needs("proxy_define_metric"),
    vector("vector/http_call_id", "the first HTTP call of a VM is 4", &["proxy_http_call = OK, call_id=4"])
        .needs("proxy_http_call"),
    vector("vector/grpc_call_id", "the first gRPC call of a VM is 5", &["proxy_grpc_call = OK, call_id=5"])
        .needs("proxy_grpc_call"),
    vector("vector/grpc_stream_id", "the first gRPC stream of a VM is 6", &["proxy_grpc_stream = OK, stream_id=6"])
        .needs("proxy_grpc_stream"),
    vector(
        "vector/buffer_reads",
        "of 0123456789: (3, 4) is 3456, (8, 100) is 89, (10, 1) is nothing, (0, 0xFFFFFFFF) is all",
        &[
            r#"proxy_get_buffer_bytes = OK, buffer="3456""#,
            r#"proxy_get_buffer_bytes = OK, buffer="89""#,
            "proxy_get_buffer_bytes = OK, buffer=nothing",
            r#"proxy_get_buffer_bytes = OK, buffer="0123456789""#,
        ],
    ),
    vector(
        "vector/buffer_write_prepend",
        "(0, 0, ab): ab0123456789",
        &[r#"proxy_get_buffer_bytes = OK, buffer="ab0123456789""#],
    ),
    vector(
        "vector/buffer_write_append",
        "(0x7FFFFFFF, 0, z): 0123456789z",
        &[r#"proxy_get_buffer_bytes = OK, buffer="0123456789z""#],
    ),
    vector("vector/buffer_write_all", "(0, 0x7FFFFFFF, new): new", &[r#"proxy_get_buffer_bytes = OK, buffer="new""#]),
    vector("vector/buffer_write_middle", "(2, 3, X): 01X56789", &[r#"proxy_get_buffer_bytes = OK, buffer="01X56789""#]),
    vector(
        "vector/fd_write",
        "(1, [hello, newline]) logs hello and has written 6; descriptor 3: BADF",
        &["log INFO plugin#1: hello", "fd_write = SUCCESS, written_size=6", "fd_write = BADF"],
    ),
    vector(
        "vector/random_and_clock",
        "65536 random bytes: SUCCESS; 65537: INVAL; clock 2: NOTSUP",
        &["random_get = SUCCESS", "random_get = INVAL", "clock_time_get = NOTSUP"],
    ),
    vector(
        "vector/unknown_values",
        "context 999, stream 4, level 6, buffer 9, map 8: BAD_ARGUMENT",
        &[
            "proxy_set_effective_context = BAD_ARGUMENT",
            "proxy_continue_stream = BAD_ARGUMENT",
            "proxy_log = BAD_ARGUMENT",
            "proxy_get_buffer_bytes = BAD_ARGUMENT",
            "proxy_get_header_map_value = BAD_ARGUMENT",
        ],
    ),
    sdk("sdk/malloc_first", "`malloc` is looked for before `proxy_on_memory_allocate`"),
    sdk("sdk/nothing_is_not_allocated", "the allocator is never called with size 0: Go's panics"),
    sdk("sdk/start_order", "`_initialize` and then `main` or `__main_void`, or else `_start`"),
    sdk("sdk/exit_zero_in_start", "`proc_exit(0)` while starting is success: TinyGo ends `_start` so"),
    sdk("sdk/calls_while_starting", "logs, clocks, random bytes and the like work while the module starts"),
    sdk("sdk/calls_in_the_start_section", "and in the start section, where AssemblyScript registers its contexts"),
    sdk("sdk/calls_while_allocating", "`poll_oneoff`, clocks and random bytes work inside Go's allocator"),
    sdk(
        "sdk/poll_oneoff_and_prestat",
        "`poll_oneoff` answers 0 and writes 0 events; `fd_prestat_get(3)` answers EBADF",
    ),
    sdk("sdk/wasi_under_both_names", "WASI is offered as `wasi_snapshot_preview1` and as `wasi_unstable`"),
    sdk("sdk/toolchain_imports", "`emscripten_notify_memory_growth`, `pthread_equal`, `abort` and `seed` link"),
    sdk("sdk/names_of_every_version", "every name is offered to every version"),
    sdk("sdk/everything_links", "a module that imports all that there is loads"),
    sdk(
        "sdk/grpc_by_arity",
        "`proxy_grpc_call` and `proxy_grpc_stream` link by their number of parameters, old and new",
    )
    .needs("proxy_grpc_call"),
    sdk(
        "sdk/plugin_context_in_call_response",
        "`proxy_on_http_call_response` is about the plugin's context, never a stream's",
    )
    .needs("proxy_http_call")
    .transcript(&["--> #2 proxy_on_request_headers(", "--> #1 proxy_on_http_call_response("]),
    sdk("sdk/effective_context_in_call_response", "there the stream that called can be made the effective context")
        .needs("proxy_http_call")
        .transcript(&[
            "--> #1 proxy_on_http_call_response(",
            "proxy_set_effective_context(context_id=2)",
            "proxy_set_effective_context = OK",
            "proxy_get_header_map_pairs = OK",
            "proxy_continue_stream = OK",
        ]),
    sdk("sdk/unique_tokens", "ids of calls in flight are unique in a VM, and each is answered once at most")
        .needs("proxy_http_call")
        .transcript(&["call_id=4", "call_id=8", "call_id=12", "(call_id=12,", "(call_id=4,", "(call_id=8,"]),
    sdk("sdk/no_reentry_from_local_response", "no callback runs inside `proxy_send_local_response`"),
    sdk("sdk/no_reentry_from_enqueue", "no callback runs inside `proxy_enqueue_shared_queue`")
        .needs("proxy_enqueue_shared_queue"),
    sdk("sdk/ids_are_not_reused", "context ids are not used twice; the plugin's is created before the VM starts"),
    sdk("sdk/root_id_at_creation", "`plugin_root_id` can be read while the plugin's context is created, even if empty"),
    sdk(
        "sdk/assemblyscript_alias",
        "`proxy_on_grpc_trailing_metadata` is called as `proxy_on_grpc_receive_trailing_metadata`",
    )
    .needs("proxy_grpc_stream")
    .transcript(&["--> #1 proxy_on_grpc_trailing_metadata(", "proxy_get_header_map_pairs = OK, map={\"a\": \"1\"}"]),
    sdk("sdk/cumulative_body_size", "while a plugin pauses, the size of the body is that of all that is kept")
        .transcript(&["body_size=5,", "body_size=10,", "body_size=15,"]),
    sdk("sdk/empty_is_not_missing", "an empty value is OK and nothing, a missing one is NOT_FOUND").transcript(&[
        r#"key="x-empty""#,
        "proxy_get_header_map_value = OK, value=nothing",
        r#"key="x-missing""#,
        "proxy_get_header_map_value = NOT_FOUND",
    ]),
    sdk(
        "sdk/features",
        "bulk memory, sign extension, saturating conversions, multi-value, reference types are accepted",
    ),
    sdk("sdk/cas_0_does_not_compare", "`proxy_set_shared_data` with 0 stores whatever is there")
        .needs("proxy_set_shared_data"),
];

/// What is wrong with the rules and the cases that show them.
pub(super) fn check(cases: &[Arc<Case>], crossings: &Crossings) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        for shown in case.header.shows.iter().filter(|shown| !RULES.iter().any(|rule| rule.name == **shown)) {
            wrong
                .push(format!("{}/{} shows {shown}, which is no rule of completeness::RULES", case.heading, case.name));
        }
    }
    for rule in RULES.iter().filter(|rule| !pending(rule, crossings)) {
        let showing: Vec<_> = showing(rule, cases).collect();
        if showing.is_empty() {
            wrong.push(format!(
                "no case shows {} ({}): write one, or name it in the header of one",
                rule.name, rule.says
            ));
        }
        for case in showing {
            if let Some(missing) = missing(rule, case) {
                wrong.push(format!(
                    "{}/{} shows {} ({}), but its transcript lacks, after what comes before: {missing}",
                    case.heading, case.name, rule.name, rule.says
                ));
            }
        }
    }
    wrong
}

fn showing<'a>(rule: &Rule, cases: &'a [Arc<Case>]) -> impl Iterator<Item = &'a Arc<Case>> {
    let name = rule.name;
    cases.iter().filter(move |case| case.header.shows.iter().any(|shown| shown == name))
}

/// Whether what the rule needs is not there yet.
fn pending(rule: &Rule, crossings: &Crossings) -> bool {
    rule.needs.is_some_and(|function| crossings.is_unimplemented(function))
}

/// The first part that the transcript of the newest version lacks.
fn missing(rule: &Rule, case: &Case) -> Option<&'static str> {
    let newest = case.header.versions().unwrap_or_default().into_iter().max().unwrap_or(AbiVersion::V0_2_1);
    let text = golden::expected(case, newest).unwrap_or_default();
    let mut lines = text.lines();
    rule.transcript.iter().copied().find(|part| !lines.any(|line| line.contains(part)))
}

/// Every rule with the cases that show it, as a table in Markdown.
pub fn table(cases: &[Arc<Case>]) -> String {
    let crossings = Crossings::read(cases);
    let mut text = String::from("| rule | says | cases |\n|---|---|---|\n");
    for rule in RULES {
        let mut names: Vec<_> = showing(rule, cases).map(|case| format!("`{}/{}`", case.heading, case.name)).collect();
        // Of the many cases of one file, the first stands for all.
        names.dedup_by_key(|name| name.split('/').take(2).collect::<Vec<_>>().join("/"));
        if pending(rule, &crossings) {
            names.push(format!("pending: `{}`", rule.needs.unwrap_or_default()));
        }
        let _ = writeln!(text, "| {} | {} | {} |", rule.name, rule.says, names.join(", "));
    }
    let pending = RULES.iter().filter(|rule| pending(rule, &crossings)).count();
    let _ = writeln!(text, "\n{} rules, {pending} of them pending.", RULES.len());
    text
}

#[cfg(test)]
mod tests {
    use super::RULES;
    use std::collections::BTreeSet;
    use tollgate_abi::host_functions;

    #[test]
    fn rules_have_names_of_their_own_and_need_functions_that_exist() {
        let mut names = BTreeSet::new();
        for rule in RULES {
            assert!(names.insert(rule.name), "{} twice", rule.name);
            assert!(rule.name.starts_with("vector/") || rule.name.starts_with("sdk/"));
            assert!(rule.needs.is_none_or(|needed| host_functions().any(|f| f.name == needed)), "{}", rule.name);
        }
    }
}
