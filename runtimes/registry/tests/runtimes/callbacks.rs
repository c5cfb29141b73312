//! The host calls the guest: right function, right arguments, or none at all.

use crate::support::{BASICS, CONFIGURATION, module, runtimes, start};
use bytes::Bytes;
use std::rc::Rc;
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{Effect, FilterChain, NoRoutes, StreamInfo};

/// Traps unless the expression is true.
fn expect(expression: &str) -> String {
    format!("(if (i32.eqz {expression}) (then unreachable))")
}

fn param_is(param: usize, value: usize) -> String {
    expect(&format!("(i32.eq (local.get {param}) (i32.const {value}))"))
}

#[test]
fn callbacks_get_their_arguments_in_order() {
    let fields = format!(
        r#"(func (export "proxy_on_context_create") (param i32 i32) {context} {no_parent})
           (func (export "proxy_on_vm_start") (param i32 i32) (result i32) {context} {nothing} i32.const 1)
           (func (export "proxy_on_configure") (param i32 i32) (result i32) {context} {size} i32.const 1)"#,
        context = param_is(0, 1),
        no_parent = param_is(1, 0),
        nothing = param_is(1, 0),
        size = param_is(1, CONFIGURATION.len()),
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", &fields));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

#[test]
fn results_come_back() {
    for (export, said) in [("proxy_on_vm_start", "vm_start"), ("proxy_on_configure", "configure")] {
        let refusing = format!(r#"(func (export "{export}") (param i32 i32) (result i32) i32.const 0)"#);
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &module("", &refusing));
            let error = started.result.unwrap_err();
            assert!(error.kind().is_refusal() && error.to_string().contains(said), "{name}: {error}");
        }
    }
}

#[test]
fn callbacks_that_are_not_exported_are_not_missed() {
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", ""));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

/// The start section runs first, then `_initialize`, then `main`.
#[test]
fn a_start_section_runs_before_everything_else() {
    let step = |number: usize| {
        format!(
            "{} (global.set $steps (i32.const {}))",
            expect(&format!("(i32.eq (global.get $steps) (i32.const {number}))")),
            number + 1,
        )
    };
    let fields = format!(
        r#"(global $steps (mut i32) (i32.const 0))
           (func $start {})
           (start $start)
           (func (export "_initialize") {})
           (func (export "main") (param i32 i32) (result i32) {} i32.const 0)
           (func (export "proxy_on_vm_start") (param i32 i32) (result i32) {} i32.const 1)"#,
        step(0),
        step(1),
        step(2),
        step(3),
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", &fields));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

/// The host calls a start section when the instance is complete, so that it can use host functions.
#[test]
fn a_start_section_may_log() {
    let import = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
    let fields = r#"(data (i32.const 0) "started")
        (func $start (drop (call $log (i32.const 2) (i32.const 0) (i32.const 7))))
        (start $start)"#;
    for (name, runtime) in runtimes() {
        assert_eq!(start(&*runtime, &module(import, fields)).log(), ["started"], "{name}");
    }
}

/// 0.1.0 knows header callbacks with two parameters, later versions with three.
#[test]
fn header_callbacks_have_the_type_of_their_version() {
    let expected = format!("{} {}", param_is(0, 2), param_is(1, 3));
    let two =
        format!(r#"(func (export "proxy_on_request_headers") (param i32 i32) (result i32) {expected} i32.const 0)"#);
    let three = format!(
        r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {expected} {} i32.const 0)"#,
        param_is(2, 1),
    );
    for (version, callback) in [("0_1_0", &two), ("0_2_0", &three), ("0_2_1", &three)] {
        let module = format!("(module {} {callback})", BASICS.replace("0_2_1", version));
        for (name, runtime) in runtimes() {
            let plugin = start(&*runtime, &module).result.unwrap();
            let chain = FilterChain::new([plugin], 1 << 20);
            let mut stream = chain.open(StreamInfo::default(), Rc::new(NoRoutes));
            let mut headers = HeaderMap::new();
            for field in [":method", ":path", ":authority"] {
                headers.append(field.into(), Bytes::from_static(b"x"));
            }
            stream.handle_request_headers(headers, true);
            let effect = stream.poll_effect();
            assert_eq!(effect, Some(Effect::ForwardRequestHeaders { end_of_stream: true }), "{name}, {version}");
        }
    }
}

/// Up to twelve parameters link. Of WASI's clock, under both its names, the long integer and the address arrive where they
/// belong: an address outside memory is refused.
#[test]
fn host_functions_of_many_parameters_can_be_imported() {
    let imports = r#"
        (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_http_call"
            (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_call"
            (func $grpc (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "seed" (func $seed (result f64)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (import "wasi_unstable" "clock_time_get" (func $clock2 (param i32 i64 i32) (result i32)))"#;
    let calls = format!(
        r#"(func (export "proxy_on_vm_start") (param i32 i32) (result i32)
            {} {} (drop (call $seed)) i32.const 1)"#,
        expect("(i32.eqz (call $clock (i32.const 0) (i64.const -1) (i32.const 8)))"),
        expect("(i32.ne (i32.const 0) (call $clock2 (i32.const 0) (i64.const -1) (i32.const 65536)))"),
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module(imports, &calls));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

/// What the baseline promises beyond the first version of WebAssembly.
#[test]
fn the_baseline_runs() {
    let fields = r#"
        (table 2 funcref)
        (table $refs 1 externref)
        (elem (i32.const 1) $two)
        (global i32 (i32.add (i32.const 1) (i32.const 2)))
        (func $two (result i32 i32) i32.const 1 i32.const 2)
        (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
            (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 16))
            (memory.copy (i32.const 16) (i32.const 0) (i32.const 16))
            (table.set $refs (i32.const 0) (ref.null extern))
            (if (i32.ne (i32.const -1) (i32.extend8_s (i32.load8_u (i32.const 31)))) (then unreachable))
            (if (i32.ne (i32.const 0x7fffffff) (i32.trunc_sat_f64_s (f64.const 1e30))) (then unreachable))
            (call_indirect (result i32 i32) (i32.const 1))
            (if (i32.ne (i32.const 2)) (then unreachable)))"#;
    let simd = r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
        (i32.eq (i32.const 6) (i32x4.extract_lane 3 (i32x4.mul (v128.const i32x4 0 0 0 2) (v128.const i32x4 0 0 0 3)))))"#;
    for (name, runtime) in runtimes() {
        let simd = if runtime.capabilities().simd { simd } else { "" };
        let started = start(&*runtime, &module("", &format!("{fields} {simd}")));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}
