//! The guest's memory as the host sees it.

use crate::support::{CONFIGURATION, module, runtimes, start};

const LOG: &str = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
const BUFFER: &str =
    r#"(import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))"#;

#[test]
fn the_host_reads_and_writes_the_guest_s_memory() {
    let imports = format!("{LOG} {BUFFER}");
    let fields = r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
        (if (call $buffer (i32.const 7) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 4)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 0)) (i32.const 1024)) (then unreachable))
        (i32.eqz (call $log (i32.const 2) (i32.load (i32.const 0)) (i32.load (i32.const 4)))))"#;
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module(&imports, fields));
        assert!(started.result.is_ok(), "{name}: {:?}", started.result);
        assert_eq!(started.log(), [CONFIGURATION], "{name}");
    }
}

/// The allocator grows memory, and the engine may move it: the host writes to the new one.
#[test]
fn growth_inside_the_allocator_is_seen() {
    let module = format!(
        r#"(module {LOG} {BUFFER}
            (memory (export "memory") 1)
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32)
                (i32.mul (i32.const 65536) (memory.grow (i32.const 64))))
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (if (call $buffer (i32.const 7) (i32.const 0) (local.get 1) (i32.const 0) (i32.const 4))
                    (then unreachable))
                (if (i32.ne (i32.load (i32.const 0)) (i32.const 65536)) (then unreachable))
                (i32.eqz (call $log (i32.const 2) (i32.load (i32.const 0)) (i32.load (i32.const 4))))))"#
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module);
        assert_eq!(started.log(), [CONFIGURATION], "{name}: {:?}", started.result);
        assert_eq!(started.result.unwrap().memory_size(), 65 * 65536, "{name}");
    }
}

/// What the host knows of the memory holds until the guest grows it, and growing may fail: each time it begins with what is there.
#[test]
fn growth_between_host_calls_is_seen_from_no_pages_on() {
    let say = |address: &str| format!("(call $log (i32.const 2) {address} (i32.const 1))");
    let end = "(i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1))";
    let round = |pages: u32| {
        format!(
            r#"(drop (memory.grow (i32.const {pages})))
            (i32.store8 {end} (i32.add (i32.const 48) (memory.size)))
            (if {} (then unreachable))
            (if (i32.eqz {}) (then unreachable))"#,
            say(end),
            say("(i32.mul (memory.size) (i32.const 65536))"),
        )
    };
    let module = format!(
        r#"(module {LOG}
            (memory (export "memory") 0 6)
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32) (i32.const 0))
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (if (i32.eqz {}) (then unreachable)) {} {} {} {}
                (i32.const 1)))"#,
        say("(i32.const 0)"),
        round(1),
        round(3),
        round(0),
        // More than there may be: it stays as it is.
        round(3),
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module);
        assert_eq!(started.log(), ["1", "4", "4", "4"], "{name}: {:?}", started.result);
    }
}

/// A module without memory can run; every address is outside.
#[test]
fn a_module_without_memory_runs() {
    let module = format!(
        r#"(module {LOG}
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32) (i32.const 0))
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (if (i32.eqz (call $log (i32.const 2) (i32.const 0) (i32.const 1))) (then unreachable))
                (i32.eqz (call $log (i32.const 2) (i32.const 0) (i32.const 0)))))"#
    );
    for (name, runtime) in runtimes() {
        let started = start(&*runtime, &module);
        assert_eq!(started.log(), [""], "{name}: {:?}", started.result);
        assert_eq!(started.result.unwrap().memory_size(), 0, "{name}");
    }
}

/// The memory that counts is the exported one, whatever its name.
#[test]
fn the_memory_may_have_any_name_and_no_pages() {
    let module = r#"(module
        (memory (export "mem") 0)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;
    for (name, runtime) in runtimes() {
        assert_eq!(start(&*runtime, module).result.unwrap().memory_size(), 0, "{name}");
        let grown = module.replace("\"mem\") 0", "\"mem\") 3");
        assert_eq!(start(&*runtime, &grown).result.unwrap().memory_size(), 3 * 65536, "{name}");
    }
}
