//! What a guest may take: time and memory. No test here measures time: that a hostile guest's call ends is what counts,
//! and that it ends for the reason that was given.

use crate::support::{compile_limited, kept_limited, module, runtimes, start_plugin, start_with};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use tollgate_abi::LogLevel;
use tollgate_host::services::{LogOrigin, LogSink};
use tollgate_host::vm::{Limits, TrapKind, VmErrorKind};
use tollgate_runtime_ticker::{self as ticker, Listening, Watch};

const LOG: &str = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
const BUFFER: &str =
    r#"(import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))"#;

/// Reads the plugin's configuration, for which the host calls the allocator.
const READ: &str = "(drop (call $buffer (i32.const 7) (i32.const 0) (i32.const 12) (i32.const 0) (i32.const 4)))";

const INTERRUPTED: Option<VmErrorKind> = Some(VmErrorKind::Trap(TrapKind::Interrupted));

fn short() -> Limits {
    Limits { start_deadline: Some(Duration::from_millis(20)), ..Limits::default() }
}

/// Each is the body of a function of no type that never returns by itself.
pub(crate) const ENDLESS: &[(&str, &str)] = &[
    ("an empty loop", "(loop $l (br $l))"),
    ("a loop with locals", "(local $i i64) (loop $l (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $l))"),
    ("a conditional loop", "(loop $l (br_if $l (i32.const 1)))"),
    ("a table of branches", "(loop $l (br_table $l $l (i32.const 0)))"),
    ("a loop in a loop", "(loop $a (loop $b (br_if $b (i32.const 0))) (br $a))"),
    ("calls", "(loop $l (call $nothing) (br $l))"),
    ("indirect calls", "(loop $l (call_indirect (type $void) (i32.const 0)) (br $l))"),
    ("recursion that doubles", "(drop (call $fib (i32.const 200)))"),
    ("host calls", "(loop $l (drop (call $log (i32.const 0) (i32.const 0) (i32.const 0))) (br $l))"),
    ("refused host calls", "(loop $l (drop (call $log (i32.const 77) (i32.const -1) (i32.const -1))) (br $l))"),
    ("growth that fails", "(loop $l (drop (memory.grow (i32.const 65536))) (br $l))"),
    ("fills", "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l))"),
    ("copies", "(loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 65535)) (br $l))"),
    ("fills of nothing", "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0)) (br $l))"),
    ("unreachable code behind", "(loop $l (br $l) (drop (i32.add (i32.const 1))) (call $nothing) (br $l))"),
];

const SUPPORT: &str = r#"
    (type $void (func))
    (table funcref (elem $nothing))
    (func $nothing)
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (i32.const 1))
            (else (i32.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))"#;

pub(crate) fn endless(body: &str, more: &str) -> String {
    module(LOG, &format!("{SUPPORT} (func $endless {body}) {more}"))
}

#[test]
fn an_endless_callback_is_interrupted() {
    for (what, body) in ENDLESS {
        let text = endless(
            body,
            r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) (call $endless) (i32.const 1))"#,
        );
        for (name, runtime) in runtimes() {
            let started = start_plugin(&compile_limited(&*runtime, &text, short()));
            assert_eq!(started.failure_kind(), INTERRUPTED, "{name}: {what}");
            let message = started.failure().1.to_string();
            let expected = "interrupted by the host: it ran for more than 20ms (limit start_deadline)";
            assert_eq!(message, expected, "{name}: {what}");
        }
    }
}

#[test]
fn every_way_to_start_is_interrupted() {
    let starts = [
        ("start section", "(start $endless)"),
        ("_initialize", r#"(export "_initialize" (func $endless))"#),
        ("_start", r#"(export "_start" (func $endless))"#),
        (
            "main",
            r#"(func (export "_initialize"))
               (func (export "main") (param i32 i32) (result i32) (call $endless) (i32.const 0))"#,
        ),
        ("proxy_on_context_create", r#"(func (export "proxy_on_context_create") (param i32 i32) (call $endless))"#),
        (
            "proxy_on_vm_start",
            r#"(func (export "proxy_on_vm_start") (param i32 i32) (result i32) (call $endless) (i32.const 1))"#,
        ),
    ];
    for (function, start) in starts {
        let text = endless("(loop $l (br $l))", start);
        for (name, runtime) in runtimes() {
            let started = start_plugin(&compile_limited(&*runtime, &text, short()));
            assert_eq!((started.failure().0, started.failure_kind()), (function, INTERRUPTED), "{name}");
        }
    }
}

/// The allocator runs inside a host call inside a callback: one deadline holds for all of it.
#[test]
fn an_endless_allocator_is_interrupted() {
    let allocators =
        ["(loop $l (br $l)) (i32.const 1024)", "(loop $l (drop (memory.grow (i32.const 0))) (br $l)) (i32.const 0)"];
    for allocator in allocators {
        let text = format!(
            r#"(module {BUFFER}
                (memory (export "memory") 1)
                (func (export "proxy_abi_version_0_2_1"))
                (func (export "malloc") (param i32) (result i32) {allocator})
                (func (export "proxy_on_configure") (param i32 i32) (result i32) {READ} (i32.const 1)))"#
        );
        for (name, runtime) in runtimes() {
            let started = start_plugin(&compile_limited(&*runtime, &text, short()));
            assert_eq!(started.failure_kind(), INTERRUPTED, "{name}");
        }
    }
}

/// A deadline counts from the call's begin, however long its parts take: here each allocation is quick.
#[test]
fn calls_of_the_allocator_share_the_callback_s_deadline() {
    let text = module(
        BUFFER,
        &format!(
            r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) (loop $l {READ} (br $l)) (i32.const 1))"#
        ),
    );
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, &text, short()));
        assert_eq!(started.failure_kind(), INTERRUPTED, "{name}");
    }
}

/// Work that takes its time is not interrupted before the deadline, also where it is cut into slices.
#[test]
fn long_work_within_its_deadline_is_done() {
    let text = endless(
        "",
        r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
            (i32.eq (call $fib (i32.const 22)) (i32.const 28657)))"#,
    );
    for limits in [Limits { start_deadline: Some(Duration::from_secs(600)), ..Limits::default() }, unlimited()] {
        for (name, runtime) in runtimes() {
            let started = start_plugin(&compile_limited(&*runtime, &text, limits.clone()));
            assert!(started.result.is_ok(), "{name}: {:?}", started.result);
        }
    }
}

/// A log that takes its time, in which nobody works.
struct SlowLog(Receiver<()>);

impl SlowLog {
    fn new() -> Self {
        let (tick, ticks) = mpsc::channel();
        ticker::listen(move || if tick.send(()).is_ok() { Listening::Continue } else { Listening::Stop });
        Self(ticks)
    }
}

impl LogSink for SlowLog {
    fn level(&self) -> LogLevel {
        LogLevel::Trace
    }

    fn log(&self, _: LogLevel, _: LogOrigin<'_>, _: &[u8]) {
        while self.0.try_recv().is_ok() {}
        let mut watch = Watch::new();
        watch.allow(Some(ticker::TICK));
        for _ in 0..10 {
            // Ticks go on while somebody may need them.
            watch.begin();
            self.0.recv().unwrap();
        }
    }
}

/// The deadline is of 20 ms, and each message takes 50 of the wall's, as on a machine that others keep busy: what counts
/// is what the guest itself does.
#[test]
fn time_in_which_a_guest_has_no_processor_does_not_count() {
    let say = "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 1)))";
    let configure = |then: &str| {
        format!(r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) {say} {say} {say} {say} {then})"#)
    };
    let sound = endless("", &configure("(i32.eq (call $fib (i32.const 3)) (i32.const 3))"));
    let stuck = endless("(loop $l (br $l))", &configure("(call $endless) (i32.const 1)"));
    for (name, runtime) in runtimes() {
        let started = start_with(&compile_limited(&*runtime, &sound, short()), Rc::new(SlowLog::new()));
        assert!(started.is_ok(), "{name}: {started:?}");
        let started = start_with(&compile_limited(&*runtime, &stuck, short()), Rc::new(SlowLog::new()));
        assert_eq!(started.unwrap_err().kind().vm_error_kind(), INTERRUPTED, "{name}");
    }
}

/// What was compiled before, perhaps by another process, is held to the same.
#[test]
fn a_module_from_its_artefact_has_its_limits() {
    let stuck = endless("(loop $l (br $l))", "(start $endless)");
    let greedy = module(
        "",
        r#"(table 1 funcref)
           (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (i32.ne (table.grow (ref.null func) (i32.const 10)) (i32.const -1)) (then unreachable))
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (i32.eq (memory.size) (i32.const 3)))"#,
    );
    let many = module("", &"(table 1 funcref)".repeat(Limits::TABLES + 1));
    for (name, runtime) in runtimes() {
        let Some(plugin) = kept_limited(&*runtime, &stuck, short()) else {
            assert!(!runtime.capabilities().artifacts, "{name}");
            continue;
        };
        assert_eq!(start_plugin(&plugin).failure_kind(), INTERRUPTED, "{name}");
        let limits = Limits { memory_bytes: 3 * 65536, table_elements: 10, ..Limits::default() };
        let started = start_plugin(&kept_limited(&*runtime, &greedy, limits.clone()).unwrap());
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
        let started = start_plugin(&kept_limited(&*runtime, &many, limits).unwrap());
        assert_eq!(started.failure_kind(), Some(VmErrorKind::Instantiate), "{name}");
    }
}

fn unlimited() -> Limits {
    Limits { start_deadline: None, callback_deadline: None, ..Limits::default() }
}

/// Each of many calls has a deadline of its own: what one has used is not missing to the next.
#[test]
fn a_deadline_is_each_call_s_own() {
    let text = endless(
        "",
        r#"(func (export "proxy_on_foreign_function") (param i32 i32 i32) (drop (call $fib (i32.const 12))))"#,
    );
    for (name, runtime) in runtimes() {
        let limits = Limits { callback_deadline: Some(Duration::from_secs(60)), ..Limits::default() };
        let plugin = start_plugin(&compile_limited(&*runtime, &text, limits)).result.unwrap();
        for _ in 0..2000 {
            plugin.call_foreign_function(1, bytes::Bytes::new()).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// Starting and everything after have limits of their own.
#[test]
fn callbacks_after_the_start_have_another_deadline() {
    let text = endless(
        "(loop $l (br $l))",
        r#"(func (export "proxy_on_foreign_function") (param i32 i32 i32) (call $endless))"#,
    );
    for (name, runtime) in runtimes() {
        let limits =
            Limits { callback_deadline: Some(Duration::from_millis(20)), start_deadline: None, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, &text, limits));
        let plugin = started.result.as_ref().unwrap();
        assert!(plugin.call_foreign_function(1, bytes::Bytes::new()).is_err(), "{name}");
        assert!(plugin.has_failed(), "{name}");
        let log = started.log();
        let expected = "Function: proxy_on_foreign_function failed: interrupted by the host: it ran for more than 20ms \
                        (limit callback_deadline)";
        assert!(log.iter().any(|message| message.starts_with(expected)), "{name}: {log:?}");
    }
}

/// One guest is in an endless loop when another's call begins and ends, on every pair of runtimes.
#[test]
fn an_interrupted_guest_does_not_hurt_its_neighbours() {
    let stuck = endless("(loop $l (br $l))", "(start $endless)");
    let sound = module("", r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 1))"#);
    for (name, runtime) in runtimes() {
        let stuck = compile_limited(&*runtime, &stuck, short());
        for (other_name, other) in runtimes() {
            let sound = compile_limited(&*other, &sound, Limits::default());
            std::thread::scope(|scope| {
                scope.spawn(|| assert_eq!(start_plugin(&stuck).failure_kind(), INTERRUPTED, "{name}"));
                for _ in 0..20 {
                    assert!(start_plugin(&sound).result.is_ok(), "{name}, {other_name}");
                }
            });
        }
    }
}

#[test]
fn memory_grows_up_to_its_limit_and_no_further() {
    // Page by page; and at once, by more than there is.
    let text = module(
        "",
        r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (i32.ne (memory.grow (i32.const 10)) (i32.const -1)) (then unreachable))
            (if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 7))
            (i32.eq (memory.size) (i32.const 10)))"#,
    );
    for (name, runtime) in runtimes() {
        assert!(runtime.capabilities().memory_limit, "{name}");
        let limits = Limits { memory_bytes: 10 * 65536, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, &text, limits));
        assert_eq!(started.result.unwrap_or_else(|error| panic!("{name}: {error}")).memory_size(), 655_360, "{name}");
    }
}

/// The limit and what the module itself declares: the smaller holds.
#[test]
fn a_declared_maximum_is_kept() {
    let text = r#"(module
        (memory (export "memory") 1 3)
        (func (export "malloc") (param i32) (result i32) i32.const 1024)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (i32.eq (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))
            (i32.eq (memory.grow (i32.const 1)) (i32.const -1))))"#;
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, text, Limits::default()));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

#[test]
fn a_memory_that_begins_above_its_limit_is_refused() {
    let text = r#"(module
        (memory (export "memory") 11)
        (func (export "malloc") (param i32) (result i32) i32.const 1024)
        (func (export "proxy_abi_version_0_2_1")))"#;
    for (name, runtime) in runtimes() {
        let limits = Limits { memory_bytes: 10 * 65536, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, text, limits));
        let (function, error) = started.failure();
        assert_eq!((function, error.kind()), ("instantiation", VmErrorKind::Instantiate), "{name}");
        let expected = "the module cannot be instantiated: its memory begins with 720896 bytes, more than it may have \
                        (655360, limit memory_bytes)";
        assert_eq!(error.to_string(), expected, "{name}");
        let limits = Limits { memory_bytes: 11 * 65536, ..Limits::default() };
        assert!(start_plugin(&compile_limited(&*runtime, text, limits)).result.is_ok(), "{name}");
    }
}

#[test]
fn tables_grow_up_to_their_limit_and_no_further() {
    let text = module(
        "",
        r#"(table $t 3 funcref)
           (table $u 0 externref)
           (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (i32.ne (table.grow $t (ref.null func) (i32.const 8)) (i32.const -1)) (then unreachable))
            (if (i32.ne (table.grow $t (ref.null func) (i32.const 7)) (i32.const 3)) (then unreachable))
            (if (i32.ne (table.grow $u (ref.null extern) (i32.const -1)) (i32.const -1)) (then unreachable))
            (loop $more (br_if $more (i32.ne (table.grow $u (ref.null extern) (i32.const 1)) (i32.const -1))))
            (i32.eq (i32.add (table.size $t) (table.size $u)) (i32.const 20)))"#,
    );
    let large = module("", "(table 11 funcref)");
    let many = module("", &"(table 1 funcref)".repeat(Limits::TABLES + 1));
    for (name, runtime) in runtimes() {
        let limits = Limits { table_elements: 10, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, &text, limits.clone()));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
        for refused in [&large, &many] {
            let started = start_plugin(&compile_limited(&*runtime, refused, limits.clone()));
            assert_eq!(started.failure_kind(), Some(VmErrorKind::Instantiate), "{name}");
        }
    }
}

/// Tables of a fixed size are laid out in another way by some engines; limits must not change that.
#[test]
fn a_table_of_a_fixed_size_may_be_as_large_as_the_limit() {
    for table in ["(table 10 10 funcref)", "(table 10 funcref)"] {
        let fields = format!(
            r#"{table} (type $t (func (result i32))) (func $one (result i32) (i32.const 1))
               (elem declare func $one)
               (elem (i32.const 9) $one)
               (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (table.set (i32.const 3) (ref.func $one))
                (i32.and (call_indirect (type $t) (i32.const 9)) (call_indirect (type $t) (i32.const 3))))"#
        );
        for (name, runtime) in runtimes() {
            let limits = Limits { table_elements: 10, ..Limits::default() };
            let started = start_plugin(&compile_limited(&*runtime, &module("", &fields), limits));
            assert!(started.result.is_ok(), "{name}: {table}: {:?}", started.result);
        }
    }
}
