//! Guests that want to hurt: each ends in an error that says why, and the engine goes on.

use crate::support::{compile_limited, module, runtimes, start, start_plugin};
use bytes::Bytes;
use std::fmt::Write;
use std::rc::Rc;
use std::time::Duration;
use tollgate_abi::PeerType;
use tollgate_host::fields::HeaderMap;
use tollgate_host::module::Bounds;
use tollgate_host::plugin::{PluginHandle, PluginModule};
use tollgate_host::stream::{FilterChain, NoRoutes, StreamInfo};
use tollgate_host::vm::{Limits, Quotas, TrapKind, VmErrorKind};

fn callbacks_are_short() -> Limits {
    Limits { callback_deadline: Some(Duration::from_millis(20)), ..Limits::default() }
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [(":method", "GET"), (":path", "/"), (":authority", "a"), (":status", "200"), ("x-a", "b")] {
        headers.append(name.into(), Bytes::from_static(value.as_bytes()));
    }
    headers
}

/// A request and its response, with all their parts.
pub(crate) fn exchange(plugin: &PluginHandle) {
    let mut stream = FilterChain::new([plugin.clone()], 1 << 20).open(StreamInfo::default(), Rc::new(NoRoutes));
    stream.handle_request_headers(headers(), false);
    stream.handle_request_body(Bytes::from_static(b"request"), false);
    stream.handle_request_trailers(headers());
    while stream.poll_effect().is_some() {}
    stream.handle_response_headers(headers(), false);
    stream.handle_response_body(Bytes::from_static(b"response"), false);
    stream.handle_response_trailers(headers());
    while stream.poll_effect().is_some() {}
    stream.finish();
}

/// A connection, with bytes in both directions.
fn connection(plugin: &PluginHandle) {
    let mut stream = FilterChain::new([plugin.clone()], 1 << 20).open_tcp(StreamInfo::default());
    stream.handle_new_connection();
    stream.handle_upstream_connected(&"upstream".into());
    stream.handle_downstream_data(Bytes::from_static(b"question"), false);
    stream.handle_upstream_data(Bytes::from_static(b"answer"), false);
    while stream.poll_effect().is_some() {}
    stream.handle_upstream_data(Bytes::new(), true);
    stream.handle_downstream_data(Bytes::new(), true);
    while stream.poll_effect().is_some() {}
    stream.finish(PeerType::Remote);
}

fn call(plugin: &PluginHandle) {
    plugin.call_foreign_function(1, Bytes::from_static(b"arguments")).unwrap_err();
}

fn update(plugin: &PluginHandle) {
    plugin.handle_stats_update(Bytes::from_static(b"statistics"));
}

type Drive = fn(&PluginHandle);

/// Callbacks with the number of their parameters, whether they return something, and what leads to them.
const CALLBACKS: &[(&str, usize, bool, Drive)] = &[
    ("proxy_on_request_headers", 3, true, exchange),
    ("proxy_on_request_body", 3, true, exchange),
    ("proxy_on_request_trailers", 2, true, exchange),
    ("proxy_on_response_headers", 3, true, exchange),
    ("proxy_on_response_body", 3, true, exchange),
    ("proxy_on_response_trailers", 2, true, exchange),
    ("proxy_on_done", 1, true, exchange),
    ("proxy_on_log", 1, false, exchange),
    ("proxy_on_delete", 1, false, exchange),
    ("proxy_on_new_connection", 1, true, connection),
    ("proxy_on_downstream_data", 3, true, connection),
    ("proxy_on_upstream_data", 3, true, connection),
    ("proxy_on_upstream_connection_close", 2, false, connection),
    ("proxy_on_downstream_connection_close", 2, false, connection),
    ("proxy_on_foreign_function", 3, false, call),
    ("envoy_on_stats_update", 2, false, update),
];

fn endless(export: &str, params: usize, returns: bool) -> String {
    let (params, result, value) =
        (" i32".repeat(params), if returns { "(result i32)" } else { "" }, if returns { "(i32.const 0)" } else { "" });
    format!(r#"(func (export "{export}") (param{params}) {result} (loop $l (br $l)) {value})"#)
}

#[test]
fn an_endless_loop_in_any_callback_is_ended() {
    for (export, params, returns, drive) in CALLBACKS {
        let text = module("", &endless(export, *params, *returns));
        for (name, runtime) in runtimes() {
            let started = start_plugin(&compile_limited(&*runtime, &text, callbacks_are_short()));
            let plugin = started.result.as_ref().unwrap();
            drive(plugin);
            assert!(plugin.has_failed() && plugin.interrupted() == 1, "{name}: {export}");
            let log = started.log();
            let expected = format!("Function: {export} failed: interrupted by the host: it ran for more than 20ms");
            assert!(log.iter().any(|message| message.starts_with(&expected)), "{name}: {export}: {log:?}");
            // What comes after finds it failed, and is not kept waiting.
            exchange(plugin);
            assert_eq!(plugin.interrupted(), 1, "{name}: {export}");
        }
    }
}

/// The context of a stream, as opposed to the plugin's, is made under the deadline of callbacks.
#[test]
fn an_endless_loop_when_a_stream_begins_is_ended() {
    let text = module(
        "",
        r#"(func (export "proxy_on_context_create") (param i32 i32)
            (if (local.get 1) (then (loop $l (br $l)))))"#,
    );
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, &text, callbacks_are_short()));
        let plugin = started.result.as_ref().unwrap();
        exchange(plugin);
        assert!(plugin.has_failed() && plugin.interrupted() == 1, "{name}");
    }
}

/// Memory is taken page by page up to the default limit, and asked for many times more; then the guest goes on.
#[test]
fn a_memory_bomb_gets_what_it_may_have() {
    let text = module(
        "",
        r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
            (local $refused i32)
            (loop $more
                (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
                    (then (local.set $refused (i32.add (local.get $refused) (i32.const 1)))))
                (br_if $more (i32.lt_u (local.get $refused) (i32.const 10000))))
            (i32.eq (memory.size) (i32.const 2048)))"#,
    );
    for (name, runtime) in runtimes() {
        let limits = Limits { start_deadline: None, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, &text, limits));
        assert_eq!(started.result.unwrap_or_else(|error| panic!("{name}: {error}")).memory_size(), 128 << 20, "{name}");
    }
}

/// All that a module may declare, taken by growth.
#[test]
fn a_table_bomb_gets_what_it_may_have() {
    let mut fields = String::new();
    let mut grow = String::new();
    for table in 0..Limits::TABLES {
        let ty = if table % 2 == 0 { "func" } else { "extern" };
        write!(fields, "(table $t{table} 0 {ty}ref)").unwrap();
        write!(
            grow,
            "(loop $more{table} (br_if $more{table}
                (i32.ne (table.grow $t{table} (ref.null {ty}) (i32.const 1000)) (i32.const -1))))
             (if (i32.ne (table.size $t{table}) (i32.const 100000)) (then unreachable))"
        )
        .unwrap();
    }
    write!(fields, r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) {grow} (i32.const 1))"#)
        .unwrap();
    let text = module("", &fields);
    for (name, runtime) in runtimes() {
        let limits = Limits { start_deadline: None, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, &text, limits));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

/// In every way that a guest can call itself. None returns for the engine to make a loop of it.
#[test]
fn a_stack_bomb_is_a_trap() {
    let large = format!("(local {}) (local.set 100 (i64.const 1))", "i64 ".repeat(1000));
    let cases = [
        ("plain", "(i32.add (call $down (local.get 0)) (i32.const 1))"),
        ("indirect", "(i32.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (i32.const 1))"),
        ("mutual", "(i32.add (call $other (local.get 0)) (i32.const 1))"),
        ("with large frames", &format!("{large} (i32.add (call $down (local.get 0)) (i32.const 1))")),
    ];
    for (what, body) in cases {
        let fields = format!(
            r#"(type $t (func (param i32) (result i32)))
               (table funcref (elem $down))
               (func $down (type $t) {body})
               (func $other (type $t) (i32.sub (call $down (local.get 0)) (i32.const 1)))
               (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $down (i32.const 0)))"#
        );
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &module("", &fields));
            let plugin = started.result.as_ref().unwrap();
            exchange(plugin);
            assert!(plugin.has_failed(), "{name}: {what}");
            let log = started.log();
            assert!(log.iter().any(|message| message.contains("stack")), "{name}: {what}: {log:?}");
        }
    }
}

/// An allocator gives what it wants. Where that is not memory, the host call says so, and nothing is written.
#[test]
fn a_wild_allocator_gets_an_error_and_its_memory_is_left_alone() {
    for allocator in ["(i32.const -1)", "(i32.const 65535)", "(i32.const 65536)", "(i32.const 0x7fffffff)"] {
        for export in ["malloc", "proxy_on_memory_allocate"] {
            let text = format!(
                r#"(module
                    (import "env" "proxy_get_header_map_pairs" (func $pairs (param i32 i32 i32) (result i32)))
                    (import "env" "proxy_get_header_map_value" (func $value (param i32 i32 i32 i32 i32) (result i32)))
                    (import "env" "proxy_get_buffer_bytes" (func $bytes (param i32 i32 i32 i32 i32) (result i32)))
                    (memory (export "memory") 1)
                    (data (i32.const 0) ":path")
                    (func (export "proxy_abi_version_0_2_1"))
                    (func (export "{export}") (param i32) (result i32) {allocator})
                    (func $refused (param i32)
                        (if (i32.eqz (local.get 0)) (then unreachable))
                        (if (i32.load (i32.const 16)) (then unreachable))
                        (if (i32.load8_u (i32.const 65535)) (then unreachable)))
                    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                        (call $refused (call $pairs (i32.const 0) (i32.const 16) (i32.const 20)))
                        (call $refused (call $pairs (i32.const 0) (i32.const 65534) (i32.const -2)))
                        (call $refused
                            (call $value (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 16) (i32.const 20)))
                        (i32.const 0))
                    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
                        (call $refused
                            (call $bytes (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 16) (i32.const 20)))
                        (call $refused
                            (call $bytes (i32.const 0) (i32.const 0) (i32.const -1) (i32.const -4) (i32.const 20)))
                        (i32.const 0)))"#
            );
            for (name, runtime) in runtimes() {
                let started = start(&*runtime, &text);
                let plugin = started.result.as_ref().unwrap();
                exchange(plugin);
                let log = started.log();
                assert!(!plugin.has_failed(), "{name}: {export}: {allocator}: {log:?}");
            }
        }
    }
}

/// Host, callback, host call, allocator, host call: as deep as host and guest can come into each other.
#[test]
fn an_allocator_that_calls_the_host_for_ever_is_ended() {
    let text = r#"(module
        (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32)
            (loop $l (drop (call $log (i32.const 0) (i32.const 0) (i32.const 0))) (br $l)) (i32.const 0))
        (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
            (drop (call $buffer (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 4)))
            (i32.const 0)))"#;
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, text, callbacks_are_short()));
        let plugin = started.result.as_ref().unwrap();
        exchange(plugin);
        assert_eq!(plugin.interrupted(), 1, "{name}: {:?}", started.log().last());
    }
}

/// Fields are added one after the other, and to one field again and again: a map becomes no larger than it may.
#[test]
fn a_header_bomb_gets_what_it_may_have() {
    let text = r#"(module
        (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_replace_header_map_value" (func $replace (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_header_map_pairs" (func $set (param i32 i32 i32) (result i32)))
        (memory (export "memory") 100)
        (data (i32.const 0) "x-bomb")
        (data (i32.const 16) "\01\00\00\00\06\00\00\00\c8\ff\0f\00x-bomb\00")
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 1024))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (local $i i32) (local $status i32)
            (loop $more
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (local.set $status
                    (call $add (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 4096) (i32.const 60000)))
                (br_if $more (i32.eqz (local.get $status))))
            (if (i32.ne (local.get $status) (i32.const 10)) (then unreachable))
            (if (i32.ne (local.get $i) (i32.const 18)) (then unreachable))
            (if (i32.ne (i32.const 10)
                    (call $replace (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 4096) (i32.const 2000000)))
                (then unreachable))
            (if (i32.ne (i32.const 10) (call $set (i32.const 0) (i32.const 16) (i32.const 0xfffdc)))
                (then unreachable))
            (i32.const 0)))"#;
    for (name, runtime) in runtimes() {
        let quotas = Quotas { header_bytes: 1 << 20, ..Quotas::default() };
        let limits = Limits { quotas, callback_deadline: None, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, text, limits));
        let plugin = started.result.as_ref().unwrap();
        exchange(plugin);
        assert!(!plugin.has_failed(), "{name}: {:?}", started.log());
        assert_eq!(plugin.refused(), 3, "{name}");
    }
}

#[test]
fn data_larger_than_memory_is_no_instance() {
    let huge = "x".repeat(4 << 20);
    let fields = format!(r#"(data (i32.const 0) "{huge}")"#);
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", &fields));
        assert!(
            matches!(
                started.failure_kind(),
                Some(VmErrorKind::Instantiate | VmErrorKind::Trap(TrapKind::MemoryOutOfBounds))
            ),
            "{name}: {:?}",
            started.result
        );
    }
}

#[test]
fn data_that_is_never_used_is_kept_and_what_is_copied_has_to_fit() {
    let huge = "x".repeat(4 << 20);
    let fields = format!(
        r#"(data $huge "{huge}")
           (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (memory.init $huge (i32.const 0) (i32.const 0) (i32.const 65536))
            (data.drop $huge)
            (i32.eq (i32.load8_u (i32.const 65535)) (i32.const 120)))
           (func (export "proxy_on_foreign_function") (param i32 i32 i32)
            (memory.init $huge (i32.const 0) (i32.const 0) (i32.const 65537)))"#
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", &fields));
        let plugin = started.result.as_ref().unwrap_or_else(|error| panic!("{name}: {error}"));
        call(plugin);
        assert!(plugin.has_failed(), "{name}");
    }
}

/// What a module asks for at its start is compared with what it may have, and nothing of it is taken.
#[test]
fn a_module_that_begins_with_more_than_there_is_is_refused() {
    let basics = r#"(func (export "malloc") (param i32) (result i32) i32.const 1024)
        (func (export "proxy_abi_version_0_2_1"))"#;
    for (pages, bytes) in [(65536, 4_294_967_296_u64), (2049, 134_283_264)] {
        let text = format!(r#"(module (memory (export "memory") {pages}) {basics})"#);
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &text);
            let expected = format!("its memory begins with {bytes} bytes, more than it may have (134217728");
            assert!(started.failure().1.to_string().contains(&expected), "{name}: {:?}", started.result);
        }
    }
    for table in ["(table 0xffffffff funcref)", "(table 100001 externref)"] {
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &module("", table));
            assert_eq!(started.failure_kind(), Some(VmErrorKind::Instantiate), "{name}: {table}");
        }
    }
}

/// A memory that is not exported counts as well.
#[test]
fn a_memory_that_is_hidden_from_the_host_is_limited_too() {
    let text = r#"(module
        (memory 11)
        (func (export "malloc") (param i32) (result i32) i32.const 1024)
        (func (export "proxy_abi_version_0_2_1")))"#;
    for (name, runtime) in runtimes() {
        let limits = Limits { memory_bytes: 10 * 65536, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, text, limits));
        assert_eq!(started.failure_kind(), Some(VmErrorKind::Instantiate), "{name}");
    }
}

/// Many functions, blocks within each other, a wide table of branches, many locals: what makes compilers recurse or take
/// the square of something.
#[test]
fn modules_of_awkward_shapes_run() {
    let mut functions = String::new();
    for n in 0..5000 {
        write!(functions, "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const {n})))").unwrap();
    }
    let targets = "$b ".repeat(20_000);
    let shapes = [
        ("functions", functions),
        ("locals", format!("(func (local {}) (local.set 9999 (i64.const 1)))", "i64 ".repeat(10_000))),
        ("branches", format!("(func (block $b (br_table {targets} $b (i32.const 7))))")),
        ("blocks", format!("(func {} {})", "block ".repeat(5000), "end ".repeat(5000))),
        ("globals", "(global (mut i64) (i64.const 0))".repeat(5000)),
        ("exports", (0..5000).map(|n| format!(r#"(func (export "f{n}"))"#)).collect()),
    ];
    for (what, fields) in shapes {
        let text = module("", &fields);
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &text);
            assert!(started.result.is_ok(), "{name}: {what}: {:?}", started.result);
        }
    }
}

/// Loops within each other whose locals all change: what makes a register allocator take the square of something, as deep as
/// a module may have them.
#[test]
fn loops_as_deep_as_they_may_be_run() {
    let depth = Bounds::PLUGIN.nested_loops as usize;
    let step = |local: usize| format!("(local.set {local} (i64.add (local.get {local}) (i64.const 1)))");
    let steps: String = (0..20).map(step).collect();
    let body = format!("{}{steps}{}", "(loop ".repeat(depth), ")".repeat(depth));
    let fields = |body: &str| format!("(func (export \"_initialize\") (local {}) {body})", "i64 ".repeat(20));
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", &fields(&body)));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
        let deeper = module("", &fields(&format!("(loop {body})")));
        let error = PluginModule::compile(&*runtime, deeper.as_bytes()).unwrap_err().to_string();
        assert!(
            error.contains("is too large for a plugin: 65 loops within each other, of 64 at most"),
            "{name}: {error}"
        );
    }
}

/// wasmtime has a bound of its own, which is no crash either.
#[test]
fn a_table_of_branches_beyond_an_engine_s_own_bound_is_refused_or_runs() {
    let targets = "$b ".repeat(65_521);
    let text = module("", &format!("(func (block $b (br_table {targets} $b (i32.const 7))))"));
    for (name, runtime) in runtimes() {
        match PluginModule::compile(&*runtime, text.as_bytes()) {
            Ok(_) => assert_ne!(name, "wasmtime"),
            Err(error) => {
                assert_eq!(name, "wasmtime");
                assert!(error.to_string().contains("`br_table` has 65521 targets"), "{error}");
            }
        }
    }
}
