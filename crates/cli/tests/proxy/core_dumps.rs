//! What a plugin that has failed leaves in a folder.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Program, runtimes};
use crate::support::proxy::Proxy;
use serde_json::json;
use std::fs;
use std::path::Path;

/// Writes to its memory and fails in every request.
const FAILS: &str = r#"(module
  (memory (export "memory") 2)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.store (i32.const 100000) (i32.const 0x64636261))
    unreachable))"#;

/// Fails when it is started.
const FAILS_AT_START: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) unreachable))"#;

fn served() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

/// Names and contents. What is still being written has another name when it is opened, and is none yet.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| {
        let entry = entry.unwrap();
        Some((entry.file_name().into_string().unwrap(), fs::read(entry.path()).ok()?))
    });
    files.collect()
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn a_vm_that_fails_leaves_its_memory_and_why() {
    for runtime in runtimes() {
        let bootstrap = served().plugin("fails", FAILS);
        let config = bootstrap.write();
        let folder = config.parent().unwrap().join("dumps");
        let proxy = Proxy::start(&config, &["--runtime", runtime, "--core-dumps", "dumps"]);
        for _ in 0..2 {
            assert_eq!(proxy.connect().get("/").unwrap().head.status(), 503, "{runtime}");
        }
        let log = proxy.stop().stderr;
        let files = files(&folder);
        let [(name, dump)] = &*files else { panic!("{runtime}: {} files", files.len()) };
        assert!(name.starts_with("fails.worker-0.vm") && name.ends_with("Z.coredump"), "{runtime}: {name}");
        assert!(dump.starts_with(b"\0asm\x01\0\0\0") && has(dump, b"abcd"), "{runtime}");
        assert!(has(dump, b"Function: proxy_on_request_headers failed: unreachable"), "{runtime}");
        let said =
            log.iter().filter(|line| line.contains("a core dump of plugin \"fails\" is in") && line.contains(name));
        assert_eq!(said.count(), 1, "{runtime}: {log:?}");
    }
}

#[test]
fn a_plugin_that_does_not_start_leaves_a_dump_before_the_process_ends() {
    let bootstrap = served().plugin("fails", FAILS_AT_START);
    let config = bootstrap.write();
    let arguments = ["run", config.to_str().unwrap(), "--concurrency", "1", "--core-dumps", "dumps"];
    let finished = Program::start(config.parent().unwrap(), arguments).wait();
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    let files = files(&config.parent().unwrap().join("dumps"));
    assert!(files.len() == 1 && has(&files[0].1, b"Function: proxy_on_vm_start failed"), "{finished:?}");
}

/// Whatever is wrong with the folder is said once, and nobody waits for it.
#[test]
fn a_folder_that_cannot_be_written_costs_one_warning() {
    let bootstrap = served().plugin_with("fails", FAILS, &[("failure_policy", json!("FAIL_OPEN"))]);
    let bootstrap = bootstrap.policy("fails", json!({"isolation": "stream"}));
    let config = bootstrap.write();
    // A file is in its place.
    let proxy = Proxy::start(&config, &["--core-dumps", "envoy.yaml/dumps"]);
    for _ in 0..5 {
        assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    }
    let log = proxy.stop().stderr;
    assert_eq!(log.iter().filter(|line| line.contains("core dumps cannot be written")).count(), 1, "{log:?}");
}

#[test]
fn there_are_no_more_than_the_operator_wants() {
    let bootstrap = served().plugin_with("fails", FAILS, &[("failure_policy", json!("FAIL_OPEN"))]);
    let bootstrap = bootstrap.policy("fails", json!({"isolation": "stream"}));
    let config = bootstrap.write();
    let arguments = ["--core-dumps", "dumps", "--core-dump-files", "2", "--core-dump-memory", "none"];
    let proxy = Proxy::start(&config, &arguments);
    let is_full = || files(&config.parent().unwrap().join("dumps")).len() == 2;
    for _ in 0..1000 {
        assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
        if is_full() {
            break;
        }
    }
    for _ in 0..5 {
        assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    }
    let log = proxy.stop().stderr;
    assert!(is_full(), "{log:?}");
    assert_eq!(log.iter().filter(|line| line.contains("has 2 core dumps: no more are written")).count(), 1, "{log:?}");
}
