//! What a guest's allocator gives decides where the host writes, and nothing else.

use crate::support::{CONFIGURATION, module, runtimes, start};
use tollgate_host::vm::{TrapKind, VmErrorKind};

const BUFFER: &str =
    r#"(import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))"#;

/// A plugin whose allocator has this body, and whose `proxy_on_configure` reads the configuration, the address to 16 and the
/// length to 20, with the status in local 2; then it does this.
fn with_allocator(allocator: &str, then: &str) -> String {
    format!(
        r#"(module {BUFFER}
            (memory (export "memory") 1)
            (global $calls (mut i32) (i32.const 0))
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1))) {allocator})
            (func (export "proxy_on_configure") (param i32 i32) (result i32) (local i32)
                (local.set 2
                    (call $buffer (i32.const 7) (i32.const 0) (i32.const -1) (i32.const 16) (i32.const 20)))
                {then}))"#
    )
}

fn check(what: &str, text: &str) {
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, text);
        assert!(started.result.is_ok(), "{name}: {what}: {:?}", started.result);
    }
}

/// Zero is what an allocator gives that has no memory left, though it is an address.
#[test]
fn a_block_at_zero_is_none() {
    let then = "(i32.and (i32.eq (local.get 2) (i32.const 6))
        (i32.and (i32.eqz (i32.load (i32.const 0)))
            (i32.and (i32.eqz (i32.load (i32.const 16))) (i32.eqz (i32.load (i32.const 20))))))";
    check("zero", &with_allocator("(i32.const 0)", then));
}

/// The block begins where the host is to write its address: what is written last stays.
#[test]
fn a_block_over_the_place_of_its_own_address_is_overwritten() {
    let then = "(i32.and (i32.eqz (local.get 2)) (i32.eq (i32.load (i32.const 16)) (i32.const 14)))";
    check("overlap", &with_allocator("(i32.const 14)", then));
}

/// It traps, runs out of stack, or never has enough: that is the end of the host call, and of the guest's.
#[test]
fn an_allocator_that_fails_ends_the_call() {
    for (allocator, expected) in [
        ("unreachable", TrapKind::Unreachable),
        ("(i32.load (i32.const -4))", TrapKind::MemoryOutOfBounds),
        ("(i32.div_u (local.get 0) (i32.const 0))", TrapKind::IntegerDivisionByZero),
    ] {
        let text = with_allocator(allocator, "(i32.const 1)");
        for (name, runtime) in runtimes() {
            assert_eq!(
                start(&*runtime, &text).failure_kind(),
                Some(VmErrorKind::Trap(expected)),
                "{name}: {allocator}"
            );
        }
    }
}

/// The allocator takes all the memory that there is, and gives the last bytes of it: not enough.
#[test]
fn growth_in_the_allocator_up_to_the_limit_and_a_block_at_the_very_end() {
    let grow = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 64)) (i32.const -1))))";
    let end = "(i32.mul (memory.size) (i32.const 65536))";
    let size = CONFIGURATION.len();
    let fits = format!("{grow} (i32.sub {end} (i32.const {size}))");
    check("fits", &with_allocator(&fits, "(i32.eqz (local.get 2))"));
    let too_small = format!("{grow} (i32.sub {end} (i32.const {}))", size - 1);
    let untouched = "(i32.and (i32.ne (local.get 2) (i32.const 0))
        (i32.and (i32.eqz (i32.load (i32.const 16))) (i32.eqz (i32.load (i32.const 20)))))";
    check("too small", &with_allocator(&too_small, untouched));
}

/// One call of the allocator for one host call, and none where the answer has no bytes or the host refuses before.
#[test]
fn the_allocator_is_called_for_what_is_given_only() {
    check("one", &with_allocator("(i32.const 1024)", "(i32.eq (global.get $calls) (i32.const 1))"));
    let refused = module(
        BUFFER,
        r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
            (i32.ne (i32.const 0)
                (call $buffer (i32.const 99) (i32.const 0) (i32.const -1) (i32.const 16) (i32.const 20))))"#,
    );
    check("refused", &refused);
}
