//! A module that keeps its compiler for ever keeps nobody from hearing so.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Program, runtimes};
use serde_json::json;
use std::path::Path;

/// A module of 70 KB that takes a register allocator minutes: loops within each other, and locals that all change in the
/// innermost.
fn endless() -> Vec<u8> {
    const LOCALS: usize = 2_000;
    const LOOPS: usize = 64;
    let step = |local| format!("(local.set {local} (i64.add (local.get {local}) (i64.const 1)))");
    let steps: String = (0..LOCALS).map(step).collect();
    let text = format!(
        r#"(module (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32) (i32.const 0))
            (func (export "_start") (local {}) {} {steps} {}))"#,
        "i64 ".repeat(LOCALS),
        "(loop ".repeat(LOOPS),
        "(br_if 0 (i64.eqz (local.get 0))))".repeat(LOOPS),
    );
    wat::parse_str(text).unwrap()
}

fn bootstrap() -> Bootstrap {
    let vm = json!({"code": {"local": {"filename": "plugin.wasm"}}});
    Bootstrap::new()
        .route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
        .plugin_config(json!({"name": "p", "vm_config": vm}))
        .file("plugin.wasm", endless())
}

/// The compiler still runs when the process ends, which it does not wait for.
#[test]
fn compiling_is_given_up_in_time() {
    let bootstrap = bootstrap();
    let config = bootstrap.write();
    for runtime in runtimes() {
        for command in ["run", "validate"] {
            let arguments = [command, config.to_str().unwrap(), "--runtime", runtime, "--cache-dir", "none"];
            // An interpreter compiles nothing; it is not asked to run here.
            if runtime == "wasmi" {
                continue;
            }
            let limited = arguments.iter().chain(&["--compile-timeout", "250ms"]);
            let finished = Program::start(Path::new("/"), limited).wait();
            assert_eq!(finished.status.code(), Some(1), "{runtime}: {}", finished.printed());
            let expected = "compiling took longer than 250ms and was given up (--compile-timeout)";
            assert!(finished.printed().contains("plugin \"p\" cannot be loaded from"), "{}", finished.printed());
            assert!(finished.printed().contains(expected), "{runtime}: {}", finished.printed());
        }
        let compile = ["compile", "plugin.wasm", "--runtime", runtime, "--compile-timeout", "250ms"];
        let finished = Program::start(config.parent().unwrap(), compile).wait();
        assert_eq!(finished.status.code(), Some(1), "{runtime}: {}", finished.printed());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn compiling_is_given_up_when_it_takes_too_much_memory() {
    let bootstrap = bootstrap();
    let config = bootstrap.write();
    for runtime in runtimes().iter().filter(|name| *name != "wasmi") {
        let arguments = ["validate", config.to_str().unwrap(), "--runtime", runtime, "--cache-dir", "none"];
        let limited = arguments.iter().chain(&["--compile-memory", "20MiB"]);
        let finished = Program::start(Path::new("/"), limited).wait();
        let expected = "compiling took more than 20 MiB of memory and was given up (--compile-memory)";
        assert!(finished.printed().contains(expected), "{runtime}: {}", finished.printed());
    }
}

#[test]
fn a_bound_that_is_none_is_refused() {
    for (option, value, why) in [
        ("--compile-timeout", "60", "is not a time such as"),
        ("--compile-timeout", "0s", "in no time"),
        ("--compile-memory", "4GB", "is not a size such as"),
    ] {
        let finished = Program::start(Path::new("/"), ["validate", "x.yaml", option, value]).wait();
        assert_eq!(finished.status.code(), Some(2), "{}", finished.printed());
        assert!(finished.printed().contains(why), "{}", finished.printed());
    }
}
