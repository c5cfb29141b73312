//! A guest, chosen: its callbacks make host calls with arguments near every edge, grow and write memory, and trap; its
//! allocator may be any that a plugin could have. After each callback it logs a hash of its whole memory.

use super::choices::Choices;
use std::fmt::Write as _;
use tollgate_abi::callbacks::START_SECTION_EXPORT;
use tollgate_abi::{AbiVersion, CALLBACKS, Callback, HostFunction, Param, ValType, host_functions};

/// Callbacks in which a guest does something.
const CALLBACKS_AT_MOST: usize = 100;

/// Helpers of every guest: the hash, and a function without end.
const HELPERS: &str = r#"
  (type $none (func))
  (table 2 funcref)
  (elem (i32.const 0) $other)
  (func $other (param i32) (result i32) (local.get 0))
  (func $forever (call $forever) (call $forever))
  (global $n (mut i32) (i32.const 0))
  (func $hash (local $at i32) (local $end i32) (local $hash i64)
    (local.set $end (i32.mul (memory.size) (i32.const 0x10000)))
    (local.set $hash (i64.extend_i32_u (memory.size)))
    (loop $next
      (local.set $hash (i64.mul (i64.const 0x100000001b3) (i64.xor (local.get $hash) (i64.load (local.get $at)))))
      (local.set $hash (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 29))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
    (i64.store (i32.const 8) (local.get $hash))
    (drop (call $proxy_log (i32.const 0) (i32.const 8) (i32.const 8))))
"#;

/// The body of allocators; `$size` is asked for, `$heap` is what is free.
const ALLOCATORS: &[&str] = &[
    "(local.get $block)",
    "(local.get $block)",
    "(local.get $block)",
    "(i32.const 0)",
    "(i32.const -1)",
    "(i32.const 0xffff)",
    // Over the results, over the strings, over itself.
    "(i32.const 0x10)",
    "(i32.const 0x1000)",
    "(global.set $heap (i32.const 0x8000)) (i32.const 0x8000)",
    "(unreachable)",
    "(i32.div_u (i32.const 1) (i32.const 0))",
    "(drop (memory.grow (i32.const 1))) (local.get $block)",
    "(drop (memory.grow (i32.const 1))) (i32.sub (i32.mul (memory.size) (i32.const 0x10000)) (local.get $size))",
    "(i32.sub (i32.mul (memory.size) (i32.const 0x10000)) (i32.const 1))",
    "(call $forever) (local.get $block)",
    "(drop (call $random_get (local.get $block) (local.get $size))) (local.get $block)",
    "(drop (call $proxy_log (i32.const 2) (local.get $block) (local.get $size))) (local.get $block)",
    "(drop (call $proxy_get_log_level (i32.const 16))) (local.get $block)",
    // The second time it does something else.
    "(if (i32.gt_u (local.get $block) (i32.const 0x8000)) (then (unreachable))) (local.get $block)",
    "(if (i32.gt_u (local.get $block) (i32.const 0x8010)) (then (return (i32.const 0)))) (local.get $block)",
];

const TRAPS: &[&str] = &[
    "(unreachable)",
    "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
    "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
    "(drop (i32.load (i32.const -4)))",
    "(i32.store8 (i32.mul (memory.size) (i32.const 0x10000)) (i32.const 1))",
    "(drop (i32.trunc_f64_s (f64.const nan)))",
    "(call_indirect (type $none) (i32.const 0))",
    "(call_indirect (type $none) (i32.const 1))",
    "(call_indirect (type $none) (i32.const 2))",
    "(memory.fill (i32.const 0xfff0) (i32.const 1) (i32.const 0x100000))",
    "(call $forever)",
];

/// Calls that have something to give, so that the allocator is asked often.
const FRUITFUL: &[&str] = &[
    "(drop (call $proxy_get_header_map_pairs (i32.const 0) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_header_map_pairs (i32.const 2) (i32.const 0x10) (i32.const 0x10)))",
    "(drop (call $proxy_get_header_map_value (i32.const 0) {{\":path\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_header_map_value (i32.const 2) {{\":status\"}} (i32.const 0x10) (i32.const 0x11)))",
    "(drop (call $proxy_get_buffer_bytes (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_buffer_bytes (i32.const 1) (i32.const 1) (i32.const -1) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_property {{\"plugin_name\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_property {{\"plugin_name\"}} (i32.const 0) (i32.const 0x1000)))",
    "(drop (call $proxy_get_property {{\"request\\00headers\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_set_property {{\"x-name\"}} {{\"value\"}}))",
    "(drop (call $proxy_get_property {{\"x-name\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_set_buffer_bytes (i32.const 0) (i32.const 1) (i32.const 2) {{\"value\"}}))",
    "(drop (call $proxy_add_header_map_value (i32.const 0) {{\"x-name\"}} (i32.const 0) (global.get $n)))",
    "(drop (call $proxy_log (i32.const 1) (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))))",
];

/// Calls of upstreams, and what is done with them: the last one's id is at 0x408.
const CALLS: &[&str] = &[
    "(drop (call $proxy_http_call {{\"auth\"}} {{{\":method\" \"GET\" \":path\" \"/\" \":authority\" \"a\"}}} {{\"value\"}} {{{}}} (i32.const 100) (i32.const 0x408)))",
    "(drop (call $proxy_http_call {{\"auth\"}} {{{\":method\" \"PUT\" \":path\" \"/\" \":authority\" \"a\"}}} {{\"\"}} {{{\"t\" \"1\"}}} (i32.const 0) (i32.const 0x408)))",
    "(drop (call $proxy_grpc_call {{\"auth\"}} {{\"s\"}} {{\"m\"}} {{{\"a\" \"1\"}}} {{\"value\"}} (i32.const 100) (i32.const 0x408)))",
    "(drop (call $proxy_grpc_stream {{\"auth\"}} {{\"s\"}} {{\"m\"}} {{{}}} (i32.const 0x408)))",
    "(drop (call $proxy_grpc_send (i32.load (i32.const 0x408)) {{\"value\"}} (i32.const 0)))",
    "(drop (call $proxy_grpc_send (i32.load (i32.const 0x408)) {{\"value\"}} (i32.const 1)))",
    "(drop (call $proxy_grpc_close (i32.load (i32.const 0x408))))",
    "(drop (call $proxy_grpc_cancel (i32.load (i32.const 0x408))))",
    "(drop (call $envoy_resolve_dns {{\"value\"}} (i32.const 0x408)))",
    "(drop (call $proxy_get_header_map_pairs (i32.const 6) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_header_map_value (i32.const 6) {{\":status\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_header_map_pairs (i32.const 4) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_header_map_pairs (i32.const 5) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_buffer_bytes (i32.const 4) (i32.const 0) (i32.const -1) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_buffer_bytes (i32.const 5) (i32.const 0) (i32.const 3) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_buffer_bytes (i32.const 8) (i32.const 1) (i32.const -1) (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_get_status (i32.const 0x10) (i32.const 0x18) (i32.const 0x20)))",
    "(drop (call $proxy_continue_stream (i32.const 0)))",
    "(drop (call $proxy_continue_stream (i32.const 2)))",
    "(drop (call $proxy_continue_stream (i32.const 3)))",
    "(drop (call $proxy_set_buffer_bytes (i32.const 2) (i32.const 0) (i32.const 0) {{\"value\"}}))",
    "(drop (call $proxy_set_buffer_bytes (i32.const 3) (i32.const 1) (i32.const 2) {{\"value\"}}))",
    "(drop (call $proxy_call_foreign_function {{\"compress\"}} {{\"value\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_call_foreign_function {{\"expr_create\"}} {{\"request.path\"}} (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $proxy_call_foreign_function {{\"expr_evaluate\"}} {{\"\\00\\00\\00\\00\"}} (i32.const 0x10) (i32.const 0x18)))",
];

/// What a module may do while it starts.
const ALLOWED: &[&str] = &[
    "(drop (call $proxy_log (i32.const 2) {{\"value\"}}))",
    "(drop (call $environ_sizes_get (i32.const 0x10) (i32.const 0x18)))",
    "(drop (call $environ_get (i32.const 0x100) (i32.const 0x200)))",
    "(drop (call $random_get (i32.const 0x100) (i32.const 16)))",
    "(drop (memory.grow (i32.const 1)))",
    "(drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0xfffc)))",
];

const STRINGS: &[&str] = &[
    "x-name",
    "value",
    "",
    ":path",
    ":status",
    ":method",
    "content-length",
    "7",
    "KEY",
    "plugin_root_id",
    "vm",
    "request\\00path",
    "request\\00headers\\00x-name",
    "response\\00code",
    "grpc-status",
    "\\ff\\00\\80",
    "a long text that is longer than most, so that some buffers are too small for it",
];

const MAPS: &[&str] = &[
    "{\"x-name\" \"value\"}",
    "{}",
    "{\":method\" \"GET\" \":path\" \"/\" \":authority\" \"example.com\"}",
    "{\":status\" \"201\" \"a\" \"\"}",
    "\"\\01\\00\\00\\00\"",
];

const NUMBERS: &[i64] =
    &[0, 1, 2, 3, 4, 5, 8, 10, 64, 100, 200, 404, 1000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, -1, -2, -16, 999];

const ADDRESSES: &[i64] = &[0, 1, 7, 0x10, 0x1000, 0x8000, 0xfff8, 0xfffc, 0xfffd, 0xffff, 0x1_0000, -1, -4, -8];

/// The module's text.
pub(super) fn module(choices: &mut Choices, abi: AbiVersion) -> String {
    let mut text = String::from("(module {{imports}} {{marker}} {{data}}\n");
    let pages = choices.one_of(&[1, 1, 1, 2]);
    let most = choices.one_of(&["", "", " 1", " 2", " 4"]);
    let most = if most.trim().parse().is_ok_and(|most: usize| most < pages) { "" } else { most };
    let _ = writeln!(text, "  (memory (export \"memory\") {pages}{most})");
    text.push_str("  (global $heap (mut i32) (i32.const 0x8000))\n");
    let name = choices.one_of(&["malloc", "proxy_on_memory_allocate"]);
    let _ = writeln!(
        text,
        "  (func $allocate (export \"{name}\") (param $size i32) (result i32) (local $block i32)\n    \
         (local.set $block (global.get $heap))\n    \
         (global.set $heap (i32.add (global.get $heap) (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))))\n    \
         {})",
        choices.one_of(ALLOCATORS)
    );
    text.push_str(HELPERS);
    for callback in CALLBACKS.iter().filter(|c| c.versions.contains(abi)) {
        // Few guests do anything before they have started: most of it is not allowed.
        let is_start = runs_at_the_start(callback);
        if if is_start { choices.once_in(40) } else { !choices.once_in(4) } {
            export(choices, callback, &mut text);
        }
    }
    text.push(')');
    text.push('\n');
    text
}

/// Whether a callback is one of the functions with which a module starts.
fn runs_at_the_start(callback: &Callback) -> bool {
    !callback.name.starts_with("proxy_") && !callback.name.starts_with("envoy_")
}

fn export(choices: &mut Choices, callback: &Callback, text: &mut String) {
    if callback.name == START_SECTION_EXPORT {
        text.push_str("  (start $section)\n  (func $section");
    } else {
        let _ = write!(text, "  (func {{{{export {}}}}}", callback.name);
    }
    text.push_str("\n    (global.set $n (i32.add (global.get $n) (i32.const 1)))\n");
    // Some callbacks bring about the next; that comes to an end.
    let nothing = if callback.results.is_empty() { "" } else { " (i32.const 0)" };
    let _ =
        writeln!(text, "    (if (i32.gt_u (global.get $n) (i32.const {CALLBACKS_AT_MOST})) (then (return{nothing})))");
    let locals: Vec<_> = callback.params.iter().map(|param| format!("(local.get ${})", param.name)).collect();
    // Who fails at the start shows nothing else: that is rare.
    let early = matches!(callback.name, "proxy_on_context_create" | "proxy_on_vm_start" | "proxy_on_configure");
    let starting = runs_at_the_start(callback);
    for _ in 0..choices.below(9) {
        let statement = match choices.below(5) {
            _ if starting && !choices.once_in(16) => choices.one_of(ALLOWED).to_owned(),
            0 => choices.one_of(FRUITFUL).to_owned(),
            1 if early || starting => choices.one_of(FRUITFUL).to_owned(),
            2 if !starting => choices.one_of(CALLS).to_owned(),
            _ => statement(choices, &locals, early),
        };
        let _ = writeln!(text, "    {statement}");
    }
    text.push_str("    (call $hash)");
    if !callback.results.is_empty() {
        let result = match callback.name {
            "proxy_on_vm_start" | "proxy_on_configure" => {
                choices.one_of(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, -1]) * i32::from(!choices.once_in(40))
            }
            "proxy_on_done" => choices.one_of(&[1, 1, 0]),
            _ => choices.one_of(&[0, 0, 0, 1, 1, 2, 3, 4, 5, -1]),
        };
        let _ = write!(text, "\n    (i32.const {result})");
    }
    text.push_str(")\n");
}

/// Fills and copies more than what compilers' code does without a look at the deadline, and says what has come of it.
fn much_memory(choices: &mut Choices) -> String {
    let mut place = || choices.one_of(&[0x20_0000, 0x1_0000, 0x1_0003, 0x11_0000, 0x20_0009]);
    let (from, to) = (place(), place());
    let bytes = choices.one_of(&[0x10_0001, 0x10_0000, 0x18_0000, 0x20_0003, 0x2f_fff0]);
    let word = choices.one_of(&[0, 8, 0xf_fff9, 0x10_0000]);
    format!(
        "(drop (memory.grow (i32.const 80)))
        (memory.fill (i32.const {from}) (i32.add (global.get $n) (i32.const 48)) (i32.const {bytes}))
        (i64.store (i32.const {}) (i64.const 0x3837363534333231))
        (memory.copy (i32.const {to}) (i32.const {from}) (i32.const {bytes}))
        (drop (call $proxy_log (i32.const 2) (i32.const {}) (i32.const 8)))
        (drop (call $proxy_log (i32.const 2) (i32.const {}) (i32.const 2)))",
        from + word,
        to + word,
        to + bytes - 1,
    )
}

fn statement(choices: &mut Choices, locals: &[String], early: bool) -> String {
    match choices.below(24) {
        0 => format!("(drop (memory.grow (i32.const {})))", choices.one_of(&[1, 0, 2, 0x1_0000])),
        1 => {
            format!("(i32.store (i32.const {}) (global.get $n))", choices.one_of(&[0x10, 0x18, 0x1000, 0x8000, 0xfffc]))
        }
        2 => format!(
            "(memory.copy (i32.const 0x9000) (i32.const 0x1000) (i32.const {}))",
            choices.one_of(&[8, 0, 0x1000])
        ),
        3 => format!("(drop (call $allocate (i32.const {})))", choices.one_of(&[1, 0, 100])),
        4 if choices.once_in(if early { 20 } else { 3 }) => choices.one_of(TRAPS).to_owned(),
        5 => format!("(drop (call $proxy_set_effective_context {}))", context(choices, locals)),
        7 if choices.once_in(4) => much_memory(choices),
        6 => format!("(if (i32.eq (global.get $n) (i32.const {})) (then {}))", choices.below(6), call(choices, locals)),
        _ => call(choices, locals),
    }
}

fn context(choices: &mut Choices, locals: &[String]) -> String {
    match locals.first() {
        Some(local) if choices.once_in(4) => local.clone(),
        _ => format!("(i32.const {})", choices.one_of(&[1, 2, 3, 0, 4, 5, 999])),
    }
}

fn call(choices: &mut Choices, locals: &[String]) -> String {
    let function = function(choices);
    let mut operands = Vec::new();
    let mut outputs = 0;
    let mut params = function.params.iter().peekable();
    while let Some(param) = params.next() {
        let pair = params.peek().is_some_and(|next| is_range(param.name, next.name));
        if pair {
            params.next();
            operands.push(range(choices, param.name));
        } else {
            operands.push(operand(choices, param, &mut outputs, locals));
        }
    }
    let call = format!("(call ${} {})", function.row, operands.join(" "));
    match function.results {
        [] => call,
        // What it answered becomes part of the hash.
        [ValType::I32] if choices.once_in(2) => format!("(i32.store (i32.const 0x400) {call})"),
        _ => format!("(drop {call})"),
    }
}

/// Mostly functions of the ABI; seldom those of WASI, and very seldom one that ends the call.
fn function(choices: &mut Choices) -> &'static HostFunction {
    let group: Vec<_> = if choices.once_in(5) {
        host_functions().filter(|f| !f.name.starts_with("proxy_") && !f.is_variant()).collect()
    } else {
        host_functions().filter(|f| f.name.starts_with("proxy_") && !f.is_variant()).collect()
    };
    let chosen = choices.one_of(&group);
    if matches!(chosen.name, "proc_exit" | "abort") && !choices.once_in(4) { group[0] } else { chosen }
}

fn is_range(first: &str, second: &str) -> bool {
    let label = first.strip_suffix("_data");
    !first.starts_with("return_")
        && (label.is_some_and(|label| second.strip_suffix("_size") == Some(label))
            || second.strip_suffix("_len") == Some(first))
}

fn range(choices: &mut Choices, name: &str) -> String {
    if choices.once_in(8) {
        return format!("{} {}", address(choices), format_args!("(i32.const {})", choices.one_of(NUMBERS)));
    }
    if name == "iovs" {
        let (one, two) = (choices.one_of(STRINGS), choices.one_of(STRINGS));
        return format!("{{{{[\"{one}\" \"{two}\"]}}}}");
    }
    if name.ends_with("map_data") {
        return format!("{{{{{}}}}}", choices.one_of(MAPS));
    }
    format!("{{{{\"{}\"}}}}", choices.one_of(STRINGS))
}

fn operand(choices: &mut Choices, param: &Param, outputs: &mut u32, locals: &[String]) -> String {
    if param.name.starts_with("return_") {
        *outputs += 1;
        return if choices.once_in(8) { address(choices) } else { format!("(i32.const {:#x})", 0x8 + 8 * *outputs) };
    }
    let ty = param.ty;
    let value = match param.name {
        "context_id" => return context(choices, locals),
        "map_type" | "buffer_type" | "stream_type" | "log_level" | "metric_type" if !choices.once_in(8) => {
            // The first ones are those of a stream.
            choices.one_of(&[0, 2, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9])
        }
        "fd" if !choices.once_in(4) => 1,
        _ if ty == ValType::I32 && choices.once_in(8) => return "(global.get $n)".to_owned(),
        _ => choices.one_of(NUMBERS),
    };
    format!("({ty}.const {value})")
}

fn address(choices: &mut Choices) -> String {
    if choices.once_in(3) {
        let back = choices.one_of(&[0, 1, 3, 4, 7, 8]);
        return format!("(i32.sub (i32.mul (memory.size) (i32.const 0x10000)) (i32.const {back}))");
    }
    format!("(i32.const {})", choices.one_of(ADDRESSES))
}
