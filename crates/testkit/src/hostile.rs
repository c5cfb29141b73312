//! Plugins that never return from a callback, for checks that others are served all the same.

/// A plugin of which one callback does not end by itself.
#[derive(Clone, Debug)]
pub struct Hostile {
    /// What does not end.
    pub name: &'static str,
    /// Its text.
    pub wat: String,
    /// It fails in the start of an instance, and needs `isolation: stream` for there to be more than one.
    pub isolated: bool,
}

/// A request that leads to every callback of an exchange, for an HTTP/1.1 connection. `path` begins with a slash.
pub fn request(path: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ntrailer: x-end\r\n\r\n\
         4\r\nbody\r\n0\r\nx-end: 1\r\n\r\n"
    )
}

/// An answer to it that does, from the upstream.
pub const ANSWER: &str =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-end\r\n\r\n4\r\nbody\r\n0\r\nx-end: 1\r\n\r\n";

/// A plugin that has nothing of this, and tells that it was there by a field of the response, `x-sound`.
pub const SOUND: &str = r#"(module
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "x-sound")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (drop (call $add (i32.const 2) (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 1)))
    (i32.const 0)))"#;

const IMPORTS: &str = r#"
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $act_as (param i32) (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
  (import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
  (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_http_call"
    (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_call_foreign_function" (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))
  (import "env" "proxy_get_shared_data" (func $get_shared (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set_shared (param i32 i32 i32 i32 i32) (result i32)))"#;

/// A map of three fields for a call: their number, sizes, names and values.
const MAP: &str = r#"\03\00\00\00\07\00\00\00\04\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\01\00\00\00:method\00POST\00:path\00/\00:authority\00a\00"#;

/// A module with these functions. Global `$plugin` is the plugin's context. `$wait` returns shortly before the default deadline.
fn module(functions: &str) -> String {
    format!(
        r#"(module {IMPORTS}
  (memory (export "memory") 2)
  (data (i32.const 0) "upstream")
  (data (i32.const 100) "{MAP}")
  (data (i32.const 65536) "a line of a log that has no end")
  (data (i32.const 66000) "compress")
  (global $plugin (mut i32) (i32.const 0))
  (global $since (mut i64) (i64.const 0))
  (table funcref (elem $nothing))
  (type $void (func))
  (func $nothing)
  (func $wait
    (drop (call $now (i32.const 48)))
    (global.set $since (i64.load (i32.const 48)))
    (loop $l
      (drop (call $now (i32.const 48)))
      (br_if $l (i64.lt_u (i64.sub (i64.load (i32.const 48)) (global.get $since)) (i64.const 98000000)))))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  {functions})"#
    )
}

/// A callback with so many parameters that does not end.
fn endless(export: &str, params: usize, returns: bool, body: &str) -> String {
    let (params, result, value) =
        (" i32".repeat(params), if returns { "(result i32)" } else { "" }, if returns { "(i32.const 0)" } else { "" });
    format!(r#"(func (export "{export}") (param{params}) {result} {body} {value})"#)
}

const LOOP: &str = "(loop $l (br $l))";

/// Callbacks of an exchange, with the number of their parameters, and whether they return something.
const OF_EXCHANGES: &[(&str, usize, bool)] = &[
    ("proxy_on_request_headers", 3, true),
    ("proxy_on_request_body", 3, true),
    ("proxy_on_request_trailers", 2, true),
    ("proxy_on_response_headers", 3, true),
    ("proxy_on_response_body", 3, true),
    ("proxy_on_response_trailers", 2, true),
    ("proxy_on_done", 1, true),
    ("proxy_on_log", 1, false),
    ("proxy_on_delete", 1, false),
];

/// What does not end in `proxy_on_request_headers`, beside an empty loop.
const BODIES: &[(&str, &str)] = &[
    ("calls", "(loop $l (call $nothing) (br $l))"),
    ("indirect calls", "(loop $l (call_indirect (type $void) (i32.const 0)) (br $l))"),
    ("host calls", "(loop $l (drop (call $log (i32.const 77) (i32.const 0) (i32.const 0))) (br $l))"),
    ("messages for the log", "(loop $l (drop (call $log (i32.const 2) (i32.const 65536) (i32.const 31))) (br $l))"),
    ("growth that fails", "(loop $l (drop (memory.grow (i32.const 65536))) (br $l))"),
    ("growth page by page", "(loop $l (drop (memory.grow (i32.const 1))) (br $l))"),
    ("growth at the last moment", "(call $wait) (drop (memory.grow (i32.const 2000))) (loop $l (br $l))"),
    (
        "a fill at the last moment",
        "(drop (memory.grow (i32.const 2000))) (call $wait)
        (memory.fill (i32.const 131072) (i32.const 1) (i32.const 131072000)) (loop $l (br $l))",
    ),
    (
        "a copy at the last moment",
        "(drop (memory.grow (i32.const 2000))) (call $wait)
        (memory.copy (i32.const 65667072) (i32.const 131072) (i32.const 65536000)) (loop $l (br $l))",
    ),
    ("fills of memory", "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 131072)) (br $l))"),
];

/// All of them.
pub fn all() -> Vec<Hostile> {
    let plain = |name, functions: String| Hostile { name, wat: module(&functions), isolated: false };
    let mut all: Vec<_> = OF_EXCHANGES
        .iter()
        .map(|(export, params, returns)| plain(export, endless(export, *params, *returns, LOOP)))
        .collect();
    let created = r#"(func (export "proxy_on_context_create") (param i32 i32)
        (if (i32.eqz (local.get 1)) (then (global.set $plugin (local.get 0)))))"#;
    let on_request = |body: &str| {
        format!(r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {body} (i32.const 0))"#)
    };
    all.push(plain(
        "proxy_on_context_create",
        format!(r#"(func (export "proxy_on_context_create") (param i32 i32) (if (local.get 1) (then {LOOP})))"#),
    ));
    all.push(plain(
        "proxy_on_tick",
        [
            created,
            &on_request("(drop (call $act_as (global.get $plugin))) (drop (call $tick (i32.const 1)))"),
            &endless("proxy_on_tick", 1, false, LOOP),
        ]
        .concat(),
    ));
    all.push(plain(
        "proxy_on_queue_ready",
        [
            r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
                (i32.eqz (call $register (i32.const 0) (i32.const 8) (i32.const 64))))"#,
            &on_request("(drop (call $enqueue (i32.load (i32.const 64)) (i32.const 0) (i32.const 8)))"),
            &endless("proxy_on_queue_ready", 2, false, LOOP),
        ]
        .concat(),
    ));
    let call = "(drop (call $act_as (global.get $plugin)))
        (if (call $call (i32.const 0) (i32.const 8) (i32.const 100) (i32.const 62) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const 5000) (i32.const 80)) (then unreachable))";
    all.push(plain(
        "proxy_on_http_call_response",
        [created, &on_request(call), &endless("proxy_on_http_call_response", 5, false, LOOP)].concat(),
    ));
    // The first instance is made to see whether the plugin starts; it leaves word for those of streams.
    all.push(Hostile {
        name: "proxy_on_vm_start",
        wat: module(&format!(
            r#"(func (export "proxy_on_vm_start") (param i32 i32) (result i32)
                (if (i32.eqz (call $get_shared (i32.const 0) (i32.const 8) (i32.const 80) (i32.const 84) (i32.const 88)))
                    (then {LOOP}))
                (i32.eqz (call $set_shared (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 1) (i32.const 0))))"#
        )),
        isolated: true,
    });
    // 8 MiB that no compressor finds anything in.
    let filled = r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) (local $at i32) (local $bits i64)
        (drop (memory.grow (i32.const 128)))
        (local.set $at (i32.const 131072))
        (local.set $bits (i64.const 88172645463325252))
        (loop $l
            (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 13))))
            (local.set $bits (i64.xor (local.get $bits) (i64.shr_u (local.get $bits) (i64.const 7))))
            (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 17))))
            (i64.store (local.get $at) (local.get $bits))
            (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 8519680))))
        (i32.const 1))"#;
    let compress =
        "(call $wait) (drop (call $foreign (i32.const 66000) (i32.const 8) (i32.const 131072) (i32.const 8388608)
        (i32.const 0) (i32.const 0)))";
    all.push(plain("compression at the last moment", [filled, &on_request(compress)].concat()));
    all.extend(BODIES.iter().map(|(name, body)| plain(name, endless("proxy_on_request_headers", 3, true, body))));
    all
}
