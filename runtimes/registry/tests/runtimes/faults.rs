//! How calls end badly: the same fault is the same kind of error everywhere.

use crate::support::{module, on_configure, runtimes, start};
use tollgate_host::vm::{HostFault, TrapKind, VmErrorKind};

const LOG: &str = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
const EXIT: &str = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
const BUFFER: &str =
    r#"(import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))"#;

/// Reads the plugin's configuration, for which the host calls the allocator.
const READ: &str = "(call $buffer (i32.const 7) (i32.const 0) (i32.const 12) (i32.const 0) (i32.const 4))";

#[test]
fn a_trap_has_the_same_kind_everywhere() {
    let traps = [
        ("unreachable", TrapKind::Unreachable),
        ("(i32.load (i32.const 65533))", TrapKind::MemoryOutOfBounds),
        ("(i32.load offset=0xffffffff (i32.const -1))", TrapKind::MemoryOutOfBounds),
        ("(i64.store (i32.const -8) (i64.const 0)) (i32.const 1)", TrapKind::MemoryOutOfBounds),
        ("(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)) (i32.const 1)", TrapKind::MemoryOutOfBounds),
        ("(memory.copy (i32.const 0) (i32.const 65535) (i32.const 2)) (i32.const 1)", TrapKind::MemoryOutOfBounds),
        ("(memory.init $d (i32.const 0) (i32.const 3) (i32.const 2)) (i32.const 1)", TrapKind::MemoryOutOfBounds),
        ("(i32.div_s (local.get 0) (i32.const 0))", TrapKind::IntegerDivisionByZero),
        ("(i32.rem_u (local.get 0) (i32.const 0))", TrapKind::IntegerDivisionByZero),
        ("(i32.wrap_i64 (i64.div_u (i64.const 1) (i64.const 0)))", TrapKind::IntegerDivisionByZero),
        ("(i32.div_s (i32.const 0x80000000) (i32.const -1))", TrapKind::IntegerOverflow),
        ("(i32.wrap_i64 (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))", TrapKind::IntegerOverflow),
        ("(i32.trunc_f64_s (f64.const nan))", TrapKind::BadConversionToInteger),
        ("(i32.trunc_f64_s (f64.const 1e30))", TrapKind::IntegerOverflow),
        ("(i32.trunc_f32_u (f32.const -1))", TrapKind::IntegerOverflow),
        ("(call_indirect (type $fn) (i32.const 0))", TrapKind::IndirectCallToNull),
        ("(call_indirect (type $fn) (i32.const 1))", TrapKind::BadSignature),
        ("(call_indirect (type $fn) (i32.const 3))", TrapKind::TableOutOfBounds),
        ("(call_indirect (type $fn) (i32.const -1))", TrapKind::TableOutOfBounds),
        ("(drop (table.get (i32.const 3))) (i32.const 1)", TrapKind::TableOutOfBounds),
        ("(table.set (i32.const 3) (ref.null func)) (i32.const 1)", TrapKind::TableOutOfBounds),
        ("(table.fill (i32.const 2) (ref.null func) (i32.const 2)) (i32.const 1)", TrapKind::TableOutOfBounds),
        ("(table.init $e (i32.const 0) (i32.const 1) (i32.const 1)) (i32.const 1)", TrapKind::TableOutOfBounds),
        ("(table.copy (i32.const 0) (i32.const 3) (i32.const 1)) (i32.const 1)", TrapKind::TableOutOfBounds),
        ("(call $forever (i32.const 0))", TrapKind::StackOverflow),
        ("(call $ping)", TrapKind::StackOverflow),
    ];
    let mut wrong = Vec::new();
    for (body, expected) in traps {
        let fields = format!(
            r#"(type $fn (func (result i32)))
               (table 3 3 funcref)
               (elem (i32.const 1) $other)
               (elem $e funcref (ref.null func))
               (data $d "four")
               (func $other)
               (func $forever (param i32) (result i32)
                   (i32.add (local.get 0) (call $forever (i32.add (local.get 0) (i32.const 1)))))
               (func $ping (result i32) (i32.add (i32.const 1) (call $pong)))
               (func $pong (result i32) (i32.add (i32.const 1) (call $ping)))
               (func (export "proxy_on_configure") (param i32 i32) (result i32) {body})"#
        );
        for (name, runtime) in runtimes() {
            let kind = start(&*runtime, &module("", &fields)).failure_kind();
            if kind != Some(VmErrorKind::Trap(expected)) {
                wrong.push(format!("{name}: {body}: {kind:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_error_of_a_host_function_keeps_its_kind() {
    let exit =
        r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) (call $exit (i32.const 3)) unreachable)"#;
    let restricted = format!(r#"(func (export "_initialize") (drop {READ}))"#);
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module(EXIT, exit));
        assert_eq!(started.failure_kind(), Some(VmErrorKind::Host(HostFault::Exit(3))), "{name}");

        let started = start(&*runtime, &module(BUFFER, &restricted));
        let expected = VmErrorKind::Host(HostFault::Restricted("proxy_get_buffer_bytes"));
        assert_eq!((started.failure().0, started.failure_kind()), ("_initialize", Some(expected)), "{name}");
    }
}

/// The end of a call passes through the guest's frames twice: out of the allocator, and out of the callback.
#[test]
fn an_error_in_the_allocator_keeps_its_kind() {
    let allocators = [
        ("unreachable", VmErrorKind::Trap(TrapKind::Unreachable)),
        ("(call $malloc (local.get 0)) (i32.add (i32.const 1))", VmErrorKind::Trap(TrapKind::StackOverflow)),
        ("(call $exit (i32.const 7)) unreachable", VmErrorKind::Host(HostFault::Exit(7))),
        // An allocator that wants the host to allocate would have no end.
        (READ, VmErrorKind::Host(HostFault::Restricted("proxy_get_buffer_bytes"))),
    ];
    for (allocator, expected) in allocators {
        let module = format!(
            r#"(module {BUFFER} {EXIT}
                (memory (export "memory") 1)
                (func (export "proxy_abi_version_0_2_1"))
                (func $malloc (export "malloc") (param i32) (result i32) {allocator})
                (func (export "proxy_on_configure") (param i32 i32) (result i32) {READ}))"#
        );
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &module);
            assert_eq!(started.failure_kind(), Some(expected), "{name}: {allocator}");
        }
    }
}

/// A guest that exhausts its stack while it calls the host at every level.
#[test]
fn recursion_through_host_calls_is_a_stack_overflow() {
    let fields = r#"
        (func $down (param i32) (result i32)
            (drop (call $log (i32.const 0) (i32.const 0) (i32.const 0)))
            (i32.add (i32.const 1) (call $down (local.get 0))))
        (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $down (i32.const 0)))"#;
    for (name, runtime) in runtimes() {
        let kind = start(&*runtime, &module(LOG, fields)).failure_kind();
        assert_eq!(kind, Some(VmErrorKind::Trap(TrapKind::StackOverflow)), "{name}");
    }
}

/// Guests that recurse by habit get some thousand levels, whatever the engine's own idea of enough.
#[test]
fn some_thousand_levels_of_recursion_are_no_overflow() {
    let fields = r#"
        (func $down (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.const 0))))
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (i32.eq (i32.const 5000) (call $down (i32.const 5000))))"#;
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", fields));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
    }
}

#[test]
fn a_trap_has_a_backtrace_where_the_engine_can() {
    let fields = r#"
        (func $innermost (if (i32.eqz (i32.const 0)) (then unreachable)))
        (func $middle (call $innermost))
        (func $configure (export "proxy_on_configure") (param i32 i32) (result i32) (call $middle) (i32.const 1))"#;
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module("", fields));
        let frames: Vec<_> = started.failure().1.backtrace().iter().map(|f| f.name.as_deref()).collect();
        let expected = [Some("innermost"), Some("middle"), Some("configure")];
        assert_eq!(frames, if runtime.capabilities().backtraces { &expected[..] } else { &[] }, "{name}");
    }
}

/// Whoever looks up a line of source for a function that has called another must find the line of the call, not the next one.
#[test]
fn the_place_of_a_function_that_has_called_another_is_in_the_call() {
    let ends = [
        ("unreachable", None),
        ("(call $exit (i32.const 1))", Some(0x10)),
        ("(call_indirect (type $none) (i32.const 0))", Some(0x11)),
    ];
    for (end, opcode) in ends {
        let fields = format!(
            r#"(type $none (func)) (table 1 funcref)
            (func $die {end} nop nop)
            (func $middle nop (call $die) nop nop)
            (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $middle) nop (i32.const 1))"#
        );
        let text = module(EXIT, &fields);
        let wasm = wat::parse_str(&text).unwrap();
        for (name, runtime) in runtimes().filter(|(_, runtime)| runtime.capabilities().backtraces) {
            let started = start(&*runtime, &text);
            let [innermost, middle, configure] = started.failure().1.backtrace() else { panic!("{name}: {end}") };
            let is_in = |place: usize, opcode: u8, bytes: usize| wasm[place + 1 - bytes..=place].contains(&opcode);
            for frame in [middle, configure] {
                assert!(is_in(frame.offset.unwrap(), 0x10, 2), "{name}: {end}: {frame}");
            }
            if let Some(opcode) = opcode {
                assert!(is_in(innermost.offset.unwrap(), opcode, 3), "{name}: {end}: {innermost}");
            }
        }
    }
}

#[test]
fn an_error_of_a_host_function_has_a_backtrace_where_the_engine_can() {
    let fields = r#"
        (func $die (call $exit (i32.const 1)))
        (func $configure (export "proxy_on_configure") (param i32 i32) (result i32) (call $die) (i32.const 1))"#;
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module(EXIT, fields));
        let frames: Vec<_> = started.failure().1.backtrace().iter().map(|f| f.name.as_deref()).collect();
        let expected = [Some("die"), Some("configure")];
        assert_eq!(frames, if runtime.capabilities().backtraces { &expected[..] } else { &[] }, "{name}");
    }
}

#[test]
fn names_in_backtraces_are_demangled() {
    let fields = r#"
        (func $_ZN6plugin5parse17h0123456789abcdefE unreachable)
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (call $_ZN6plugin5parse17h0123456789abcdefE) (i32.const 1))"#;
    for (name, runtime) in runtimes().filter(|(_, runtime)| runtime.capabilities().backtraces) {
        let started = start(&*runtime, &module("", fields));
        let innermost = started.failure().1.backtrace().first().unwrap().to_string();
        assert!(innermost.starts_with("plugin::parse"), "{name}: {innermost}");
    }
}

/// These are mangled names of types of C++.
#[test]
fn short_names_in_backtraces_are_no_mangled_types() {
    for function in ["f", "g", "i", "Pc"] {
        let fields = format!(
            r#"(func ${function} unreachable)
            (func (export "proxy_on_configure") (param i32 i32) (result i32) (call ${function}) (i32.const 1))"#
        );
        for (name, runtime) in runtimes().filter(|(_, runtime)| runtime.capabilities().backtraces) {
            let started = start(&*runtime, &module("", &fields));
            assert_eq!(started.failure().1.backtrace()[0].name.as_deref(), Some(function), "{name}");
        }
    }
}

#[test]
fn a_long_backtrace_is_cut() {
    let fields = r#"
        (func $down (param i32)
            (if (i32.eqz (local.get 0)) (then unreachable))
            (call $down (i32.sub (local.get 0) (i32.const 1)))
            (global.set $g (i32.add (global.get $g) (i32.const 1))))
        (global $g (mut i32) (i32.const 0))
        (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $down (i32.const 100)) (i32.const 1))"#;
    for (name, runtime) in runtimes().filter(|(_, runtime)| runtime.capabilities().backtraces) {
        assert_eq!(start(&*runtime, &module("", fields)).failure().1.backtrace().len(), 20, "{name}");
    }
}

#[test]
fn a_segment_that_does_not_fit_is_no_instance() {
    for segment in ["(data (i32.const 65535) \"xx\")", "(table 1 funcref) (func $f) (elem (i32.const 1) $f)"] {
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &module("", segment));
            assert_eq!(started.failure_kind(), Some(VmErrorKind::Instantiate), "{name}: {segment}");
        }
    }
}

/// After a failed start, the engine is as good as before.
#[test]
fn a_failure_leaves_the_engine_working() {
    for (name, runtime) in runtimes() {
        for _ in 0..100 {
            assert!(start(&*runtime, &on_configure("unreachable")).result.is_err(), "{name}");
            assert!(start(&*runtime, &on_configure("(i32.const 1)")).result.is_ok(), "{name}");
        }
    }
}

#[test]
fn the_message_of_a_failure_is_the_same_everywhere() {
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &on_configure("(i32.div_u (i32.const 1) (i32.const 0))"));
        assert_eq!(started.failure().1.to_string(), "integer division by zero", "{name}");
        let log = started.log();
        assert!(log[0].starts_with("Function: proxy_on_configure failed: integer division by zero"), "{name}: {log:?}");
    }
}
