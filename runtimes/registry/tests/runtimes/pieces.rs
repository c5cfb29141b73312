//! Operations on much memory, which are done in pieces: they come to what one instruction comes to.

use crate::support::{compile_limited, runtimes, start, start_plugin};
use std::time::Duration;
use tollgate_host::vm::{Limits, TrapKind, VmErrorKind};

const MIB: u32 = 1 << 20;

/// What the segment of data has over and over again.
const SEGMENT: &[u8; 16] = b"0123456789abcdef";

/// A module with so many pages of memory, a segment of data of three pieces and a bit where that is asked for, and this
/// `proxy_on_configure`.
fn module(pages: u32, body: &str) -> String {
    let bytes = if body.contains("call $init") { 3 * MIB as usize + 16 } else { 16 };
    let data = String::from_utf8(SEGMENT.repeat(bytes / SEGMENT.len())).unwrap();
    format!(
        r#"(module
            (memory (export "memory") {pages})
            (data $data "{data}")
            (func (export "malloc") (param i32) (result i32) i32.const 1024)
            (func (export "proxy_abi_version_0_2_1"))
            ;; Writes to all words of so many bytes a number that only their place has.
            (func $number (param $from i32) (param $bytes i32) (local $end i32)
                (local.set $end (i32.add (local.get $from) (local.get $bytes)))
                (loop $l
                    (i64.store (local.get $from) (call $number_of (local.get $from)))
                    (br_if $l (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $end)))))
            (func $number_of (param $place i32) (result i64)
                (i64.mul (i64.extend_i32_u (local.get $place)) (i64.const 0x9e3779b97f4a7c15)))
            ;; Whether the words there are those that were written to the words somewhere else.
            (func $are (param $at i32) (param $bytes i32) (param $written_to i32) (result i32) (local $end i32)
                (local.set $end (i32.add (local.get $at) (local.get $bytes)))
                (loop $l (result i32)
                    (if (i64.ne (i64.load (local.get $at)) (call $number_of (local.get $written_to)))
                        (then (return (i32.const 0))))
                    (local.set $written_to (i32.add (local.get $written_to) (i32.const 8)))
                    (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))
                    (i32.const 1)))
            ;; Whether each word there is this one.
            (func $all (param $at i32) (param $bytes i32) (param $word i64) (result i32) (local $end i32)
                (local.set $end (i32.add (local.get $at) (local.get $bytes)))
                (loop $l (result i32)
                    (if (i64.ne (i64.load (local.get $at)) (local.get $word)) (then (return (i32.const 0))))
                    (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))
                    (i32.const 1)))
            (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
            (func $fill (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
            (func $init (param i32 i32 i32) (memory.init $data (local.get 0) (local.get 1) (local.get 2)))
            (func (export "proxy_on_configure") (param i32 i32) (result i32) {body}))"#
    )
}

/// A configuration is refused when the body says 0.
fn holds(pages: u32, body: &str) {
    for (name, runtime) in runtimes() {
        let result = start(&*runtime, &module(pages, body)).result;
        assert!(result.is_ok(), "{name}: {body}: {result:?}");
    }
}

#[test]
fn a_large_copy_takes_all_bytes_along_however_places_overlap() {
    let sizes = [MIB, MIB + 8, 2 * MIB, 3 * MIB - 8, 3 * MIB + 8];
    let distances = [8, MIB - 8, MIB, MIB + 8, 2 * MIB];
    for bytes in sizes {
        for (from, to) in distances.map(|by| (64, 64 + by)).into_iter().chain(distances.map(|by| (64 + by, 64))) {
            // What is left of the source on its other side, and what stands behind and before, is as it was.
            let (kept, of) = if to > from { (from, to - from) } else { (to + bytes, from - to) };
            holds(
                96,
                &format!(
                    "(call $number (i32.const 0) (i32.const {0})) (call $copy (i32.const {to}) (i32.const {from}) (i32.const {bytes}))
                    (i32.and (i32.and
                        (call $are (i32.const {to}) (i32.const {bytes}) (i32.const {from}))
                        (call $are (i32.const {kept}) (i32.const {1}) (i32.const {kept})))
                        (call $are (i32.const {2}) (i32.const 64) (i32.const {2})))",
                    6 * MIB,
                    of.min(bytes),
                    from.max(to) + bytes,
                ),
            );
        }
    }
}

#[test]
fn a_large_fill_or_segment_ends_where_it_has_to() {
    for bytes in [MIB, MIB + 8, 3 * MIB] {
        let [before, behind] = [8, 16 + bytes];
        holds(
            64,
            &format!(
                "(call $fill (i32.const 16) (i32.const 0xabab) (i32.const {bytes}))
                (i32.and (i32.and
                    (call $all (i32.const 16) (i32.const {bytes}) (i64.const 0xabababababababab))
                    (i64.eqz (i64.load (i32.const {before})))) (i64.eqz (i64.load (i32.const {behind}))))"
            ),
        );
        // Sixteen bytes over and over again, from the third on.
        let word =
            |place: u32| u64::from_le_bytes(std::array::from_fn(|n| SEGMENT[(place as usize + 2 + n) % SEGMENT.len()]));
        holds(
            64,
            &format!(
                "(call $init (i32.const 16) (i32.const 2) (i32.const {bytes}))
                (i32.and (i32.and (i32.and
                    (i64.eq (i64.load (i32.const 16)) (i64.const {}))
                    (i64.eq (i64.load (i32.const {})) (i64.const {})))
                    (i64.eqz (i64.load (i32.const {before})))) (i64.eqz (i64.load (i32.const {behind}))))",
                word(0),
                8 + bytes,
                word(bytes - 8)
            ),
        );
    }
    // All there is, of memory and of the segment.
    holds(64, "(call $fill (i32.const 0) (i32.const 1) (i32.const 0x400000)) (i32.load8_u (i32.const 0x3fffff))");
    holds(64, "(call $copy (i32.const 0) (i32.const 0) (i32.const 0x400000)) (i32.const 1)");
    holds(64, "(call $init (i32.const 0xffff0) (i32.const 0) (i32.const 0x300010)) (i32.load8_u (i32.const 0x3fffff))");
}

#[test]
fn what_goes_beyond_memory_or_segment_is_a_trap_of_the_guest_s_own_function() {
    let beyond = [
        "(call $fill (i32.const 1) (i32.const 1) (i32.const 0x400000))",
        "(call $fill (i32.const 0xffffffff) (i32.const 1) (i32.const 0xffffffff))",
        "(call $copy (i32.const 1) (i32.const 0) (i32.const 0x400000))",
        "(call $copy (i32.const 0) (i32.const 0x200001) (i32.const 0x200000))",
        "(call $copy (i32.const 0xfff00000) (i32.const 0) (i32.const 0x200000))",
        "(call $init (i32.const 0x200000) (i32.const 0) (i32.const 0x200001))",
        "(call $init (i32.const 0) (i32.const 0) (i32.const 0x300011))",
        "(call $init (i32.const 0) (i32.const 0x200000) (i32.const 0x100011))",
        "(call $init (i32.const 0) (i32.const 0xffffffff) (i32.const 0x200000))",
        "(data.drop $data) (call $init (i32.const 0) (i32.const 0) (i32.const 0x200000))",
    ];
    for body in beyond {
        let text = module(64, &format!("{body} (i32.const 1)"));
        let wasm = wat::parse_str(&text).unwrap();
        for (name, runtime) in runtimes() {
            let started = start(&*runtime, &text);
            let kind = started.failure_kind();
            assert_eq!(kind, Some(VmErrorKind::Trap(TrapKind::MemoryOutOfBounds)), "{name}: {body}");
            if !runtime.capabilities().backtraces {
                continue;
            }
            let (_, error) = started.failure();
            let [operation, called_by] = error.backtrace() else { panic!("{name}: {error:?}") };
            assert!(matches!(operation.name.as_deref(), Some("fill" | "copy" | "init")), "{name}: {operation}");
            // Places are those in the module as it was given: where the instruction is, or where it returns to.
            for (frame, opcode) in [(operation, 0xfc), (called_by, 0x10)] {
                let end = frame.offset.unwrap() + 1;
                let place = wasm.get(end - 4..end).unwrap();
                assert!(place.contains(&opcode), "{name}: {frame} {place:?}");
            }
        }
    }
}

/// An engine alone would look at the deadline before the operation and, at the earliest, in the next function.
#[test]
fn a_large_operation_is_interrupted_before_its_end() {
    let limits =
        || Limits { start_deadline: Some(Duration::from_millis(1)), memory_bytes: 2 << 30, ..Limits::default() };
    for operation in ["call $fill (i32.const 0) (i32.const 1)", "call $copy (i32.const 8) (i32.const 0)"] {
        let text = module(0x8000, &format!("({operation} (i32.const 0x7ffffff0)) (i32.const 1)"));
        for (name, runtime) in runtimes() {
            let started = start_plugin(&compile_limited(&*runtime, &text, limits()));
            let kind = started.failure_kind();
            assert_eq!(kind, Some(VmErrorKind::Trap(TrapKind::Interrupted)), "{name}: {operation}");
        }
    }
}
