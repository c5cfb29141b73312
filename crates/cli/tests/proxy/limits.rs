//! A plugin that takes too much costs its own requests an answer, and nobody else's.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use serde_json::json;

/// Loops for ever in requests to `/stuck`.
const STUCK: &str = r#"(module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) ":path")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $get (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 20)))
    (loop $l (br_if $l (i32.eq (i32.load8_u (i32.add (i32.load (i32.const 16)) (i32.const 1))) (i32.const 115))))
    (i32.const 0)))"#;

/// Loops for ever when it is started.
const STUCK_AT_START: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (loop $l (br $l)) (i32.const 1)))"#;

const LARGE: &str = r#"(module
  (memory (export "memory") 100)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024)))"#;

const SOUND: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0)))"#;

/// Logs ten times in each request.
const TALKER: &str = r#"(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "talk of the talker")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $i i32)
    (loop $l
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 18)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))
    (i32.const 0)))"#;

const RUNTIMES: [&str; 3] = ["wasmtime", "wasmer", "wasmi"];

fn served() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

#[test]
fn a_plugin_that_loops_for_ever_costs_its_own_request_an_error() {
    for runtime in RUNTIMES {
        let bootstrap = served().plugin("sound", SOUND).plugin("stuck", STUCK);
        let config = bootstrap.write();
        let proxy = Proxy::start(&config, &["--runtime", runtime, "--limit", "stuck:callback_deadline=50ms"]);
        let mut other = proxy.connect();
        assert_eq!(other.get("/").unwrap().head.status(), 200, "{runtime}");
        assert_eq!(proxy.connect().get("/stuck").unwrap().head.status(), 503, "{runtime}");
        // The worker goes on: others are answered as the policy says.
        assert_eq!(other.get("/").unwrap().head.status(), 503, "{runtime}");
        let stats = proxy.stats();
        assert_eq!((stats["wasm.stuck.interrupted"], stats["wasm.stuck.vm_failed"]), (1, 1), "{runtime}");
        assert_eq!((stats["wasm.sound.interrupted"], stats["wasm.sound.vm_failed"]), (0, 0), "{runtime}");
        let log = proxy.stop().stderr;
        let expected = "Function: proxy_on_request_headers failed: interrupted by the host: it ran for more than 50ms \
                        (limit callback_deadline)";
        assert!(log.iter().any(|line| line.contains(expected)), "{runtime}: {log:?}");
    }
}

#[test]
fn a_stuck_plugin_that_may_fail_open_lets_its_request_pass() {
    for runtime in RUNTIMES {
        let bootstrap = served().plugin_with("stuck", STUCK, &[("failure_policy", json!("FAIL_OPEN"))]);
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime, "--limit", "callback_deadline=50ms"]);
        for path in ["/stuck", "/", "/stuck"] {
            assert_eq!(proxy.connect().get(path).unwrap().text(), "hello\n", "{runtime}");
        }
        assert_eq!(proxy.stats()["wasm.stuck.interrupted"], 1, "{runtime}");
    }
}

#[test]
fn a_plugin_that_is_stuck_or_too_large_at_the_start_keeps_the_process_from_starting() {
    let cases = [
        (
            STUCK_AT_START,
            "start_deadline=50ms",
            "proxy_on_vm_start: interrupted by the host: it ran for more than 50ms",
        ),
        (LARGE, "memory_bytes=4MiB", "its memory begins with 6553600 bytes, more than it may have (4194304"),
    ];
    for (wat, limit, why) in cases {
        for runtime in RUNTIMES {
            for command in ["run", "validate"] {
                let bootstrap = served().plugin("bad", wat);
                let config = bootstrap.write();
                let arguments = [command, config.to_str().unwrap(), "--runtime", runtime, "--limit", limit];
                let finished = Program::start(config.parent().unwrap(), arguments).wait();
                assert_eq!(finished.status.code(), Some(1), "{finished:?}");
                assert!(finished.stderr.iter().any(|line| line.contains(why)), "{finished:?}");
            }
        }
    }
}

#[test]
fn a_plugin_that_talks_too_much_is_cut_short_and_its_requests_are_served() {
    for runtime in RUNTIMES {
        let config = served().plugin("sound", SOUND).plugin("talker", TALKER);
        let proxy = Proxy::start(&config.write(), &["--runtime", runtime, "--limit", "talker:log_messages=3"]);
        for _ in 0..2 {
            assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n", "{runtime}");
        }
        let stats = proxy.stats();
        assert_eq!((stats["wasm.talker.refused"], stats["wasm.sound.refused"]), (14, 0), "{runtime}");
        let log = proxy.stop().stderr;
        let count = |what: &str| log.iter().filter(|line| line.contains(what)).count();
        assert_eq!((count("talk of the talker"), count("limit log_messages")), (6, 2), "{runtime}: {log:?}");
    }
}

#[test]
fn messages_that_nobody_wants_are_not_too_many() {
    let proxy =
        Proxy::start(&served().plugin("talker", TALKER).write(), &["--limit", "log_messages=3", "--log-level", "warn"]);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    assert_eq!(proxy.stats()["wasm.talker.refused"], 0);
}

#[test]
fn a_limit_for_a_plugin_that_is_not_there_is_refused() {
    let bootstrap = served().plugin("sound", SOUND);
    let config = bootstrap.write();
    let arguments = ["run", config.to_str().unwrap(), "--limit", "sond:memory_bytes=1MiB"];
    let finished = Program::start(config.parent().unwrap(), arguments).wait();
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    assert!(finished.stderr.iter().any(|line| line.contains("no plugin of this name")), "{finished:?}");
}
