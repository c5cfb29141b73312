//! Guests that take long without a loop: they are interrupted like all others.

use crate::support::{compile_limited, module, runtimes, start_plugin};
use std::fmt::Write;
use std::time::Duration;
use tollgate_host::vm::{Limits, TrapKind, VmErrorKind};

const INTERRUPTED: Option<VmErrorKind> = Some(VmErrorKind::Trap(TrapKind::Interrupted));

fn short() -> Limits {
    Limits { start_deadline: Some(Duration::from_millis(1)), ..Limits::default() }
}

/// Each operation alone is within the deadline, all of them are many times as long.
#[test]
fn bulk_operations_one_after_the_other_are_interrupted() {
    let operations = [
        ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x8000000))", 60),
        ("(memory.copy (i32.const 0) (i32.const 0x4000000) (i32.const 0x4000000))", 120),
        ("(memory.init $data (i32.const 0) (i32.const 0) (i32.const 0x100000))", 1_500),
        ("(table.fill (i32.const 0) (ref.null func) (i32.const 10000000))", 60),
        ("(table.copy (i32.const 0) (i32.const 5000000) (i32.const 5000000))", 60),
    ];
    let data = "x".repeat(0x10_0000);
    for (operation, times) in operations {
        let text = format!(
            r#"(module
                (memory (export "memory") 2048)
                (table 10000000 funcref)
                (data $data "{data}")
                (func (export "malloc") (param i32) (result i32) i32.const 1024)
                (func (export "proxy_abi_version_0_2_1"))
                (func (export "proxy_on_configure") (param i32 i32) (result i32) {} (i32.const 1)))"#,
            operation.repeat(times)
        );
        for (name, runtime) in runtimes() {
            let limits = Limits { table_elements: 10_000_000, ..short() };
            let started = start_plugin(&compile_limited(&*runtime, &text, limits));
            assert_eq!(started.failure_kind(), INTERRUPTED, "{name}: {operation}");
        }
    }
}

/// A function calls itself first and works on the way back, where there is neither a call nor a loop. An interpreter that is paid
/// for a function when that begins has been paid for all of it by then.
#[test]
fn work_on_the_way_back_is_interrupted() {
    let mut work = String::new();
    for n in 0..5_000 {
        write!(work, "(global.set $g (i64.div_u (i64.or (global.get $g) (i64.const {n})) (global.get $three)))")
            .unwrap();
    }
    let fields = format!(
        r#"(global $g (mut i64) (i64.const -1))
           (global $three (mut i64) (i64.const 3))
           (func $down (param i32)
            (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))) {work})
           (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $down (i32.const 6000)) (i32.const 1))"#
    );
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, &module("", &fields), short()));
        assert_eq!(started.failure_kind(), INTERRUPTED, "{name}");
    }
}

/// Looks that are added move the code: a frame names its function, and no place that is not there in the module's file.
#[test]
fn a_backtrace_of_long_straight_code_has_no_places() {
    for (long, expected) in [("", true), (&*"(drop (i32.const 1))".repeat(5_000), false)] {
        let fields = format!(
            r#"(func $long {long} unreachable)
               (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $long) (i32.const 1))"#
        );
        for (name, runtime) in runtimes().filter(|(_, runtime)| runtime.capabilities().backtraces) {
            let started = start_plugin(&compile_limited(&*runtime, &module("", &fields), Limits::default()));
            let frames = started.failure().1.backtrace();
            assert_eq!(frames[0].name.as_deref(), Some("long"), "{name}");
            assert!(frames.iter().all(|frame| frame.offset.is_some() == expected), "{name}: {frames:?}");
        }
    }
}
