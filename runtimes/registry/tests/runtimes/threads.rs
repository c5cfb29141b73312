//! Runtimes and modules are shared by threads; instances are not.

use crate::support::{compile, module, on_configure, runtimes, start, start_plugin};
use tollgate_host::vm::{TrapKind, VmErrorKind};

/// The stack that Rust gives a thread.
const STACK: usize = 2 * 1024 * 1024;

fn on_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

#[test]
fn endless_recursion_on_a_small_stack_is_a_trap() {
    let guests = [
        // Small frames, and frames of a kilobyte.
        String::from("(func $down (param i64) (call $down (i64.add (local.get 0) (i64.const 1))) (call $touch))"),
        format!(
            "(func $down (param {locals}) {args} (call $down) {args} (call $down) (call $touch))",
            locals = "i64 ".repeat(128),
            args = (0..128).map(|i| format!("(i64.add (i64.const 1) (local.get {i}))")).collect::<String>(),
        ),
    ];
    for (guest, params) in guests.iter().zip([1, 128]) {
        let fields = format!(
            r#"(global $g (mut i32) (i32.const 0))
               (func $touch (global.set $g (i32.add (global.get $g) (i32.const 1))))
               {guest}
               (func (export "proxy_on_configure") (param i32 i32) (result i32)
                   {} (call $down) (i32.const 1))"#,
            "(i64.const 1)".repeat(params),
        );
        for (name, runtime) in runtimes() {
            let kind = on_a_thread(|| start(&*runtime, &module("", &fields)).failure_kind());
            assert_eq!(kind, Some(VmErrorKind::Trap(TrapKind::StackOverflow)), "{name}");
        }
    }
}

/// Not a call in sight: an interpreter that goes from one instruction to the next by calling it, and relies on the
/// compiler to make jumps of these calls, runs out of stack where the compiler did not.
#[test]
fn a_long_loop_takes_no_stack() {
    let bodies = [
        "(global.set $g (i32.add (global.get $g) (i32.const 1)))",
        "(drop (memory.grow (i32.const 0)))",
        "(drop (memory.grow (i32.const 65536)))",
        "(drop (table.grow (ref.null func) (i32.const 0)))",
        "(drop (table.grow (ref.null func) (i32.const -1)))",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 8))",
        "(f64.store (i32.const 0) (f64.sqrt (f64.load (i32.const 8))))",
        "(call $nothing)",
        "(call_indirect (i32.const 0))",
    ];
    for body in bodies {
        let fields = format!(
            r#"(global $g (mut i32) (i32.const 0))
               (table 1 1 funcref)
               (elem (i32.const 0) $nothing)
               (func $nothing)
               (func (export "proxy_on_configure") (param i32 i32) (result i32) (local $n i32)
                   (local.set $n (i32.const 200000))
                   (loop $again {body} (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                   (i32.const 1))"#
        );
        for (name, runtime) in runtimes() {
            let started = on_a_thread(|| start(&*runtime, &module("", &fields)).failure_kind());
            assert_eq!(started, None, "{name}: {body}");
        }
    }
}

#[test]
fn a_module_is_compiled_once_and_runs_on_every_thread() {
    for (name, runtime) in runtimes() {
        let good = compile(&*runtime, &on_configure("(i32.const 1)"));
        let bad = compile(&*runtime, &on_configure("(i32.load (i32.const -1))"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        assert!(start_plugin(&good).result.is_ok(), "{name}");
                        let kind = start_plugin(&bad).failure_kind();
                        assert_eq!(kind, Some(VmErrorKind::Trap(TrapKind::MemoryOutOfBounds)), "{name}");
                    }
                });
            }
        });
    }
}

/// Two engines that both handle signals of the same process do not take each other's.
#[test]
fn runtimes_trap_side_by_side() {
    let module = on_configure("(i32.load (i32.const -1))");
    std::thread::scope(|scope| {
        for (name, runtime) in runtimes().chain(runtimes()) {
            let module = &module;
            scope.spawn(move || {
                for _ in 0..100 {
                    let kind = start(&*runtime, module).failure_kind();
                    assert_eq!(kind, Some(VmErrorKind::Trap(TrapKind::MemoryOutOfBounds)), "{name}");
                }
            });
        }
    });
}

/// Engines that take signals for traps and for the end of their stacks, in one process: each knows its own, in every order
/// and on every thread.
#[test]
fn traps_and_overflows_of_all_runtimes_alternate() {
    let guests = [
        (on_configure("(i32.load (i32.const -1))"), TrapKind::MemoryOutOfBounds),
        (
            module(
                "",
                r#"(func $down (param i32) (result i32) (i32.add (call $down (local.get 0)) (i32.const 1)))
               (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $down (i32.const 0)))"#,
            ),
            TrapKind::StackOverflow,
        ),
        (on_configure("(i32.div_u (i32.const 1) (i32.const 0))"), TrapKind::IntegerDivisionByZero),
    ];
    let all: Vec<_> = runtimes().collect();
    let plugins: Vec<_> = all
        .iter()
        .flat_map(|(name, runtime)| guests.iter().map(move |(text, kind)| (*name, compile(&**runtime, text), *kind)))
        .collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let plugins = &plugins;
            scope.spawn(move || {
                // Forwards on one thread, backwards on the next, so that each follows each.
                let count = plugins.len();
                for round in 0..20 {
                    for index in 0..count {
                        let index = if thread % 2 == 0 { index } else { count - 1 - index };
                        let (name, plugin, kind) = &plugins[(index + round + thread) % count];
                        assert_eq!(start_plugin(plugin).failure_kind(), Some(VmErrorKind::Trap(*kind)), "{name}");
                    }
                }
            });
        }
    });
}

/// Plugins come and go in a proxy that runs for months.
#[test]
fn a_plugin_outlives_its_module_s_last_other_owner() {
    for (name, runtime) in runtimes() {
        let started = {
            let plugin = compile(&*runtime, &on_configure("(i32.const 1)"));
            start_plugin(&plugin)
        };
        drop(runtime);
        assert!(!started.result.unwrap().has_failed(), "{name}");
    }
}
