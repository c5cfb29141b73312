//! Plugins beside the listeners: services, one for the process or one per worker, and stats sinks.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::Program;
use crate::support::proxy::{Proxy, plugin_lines};
use serde_json::json;

const SERVICE: &str = include_str!("plugins/service.wat");
const STATS_SINK: &str = include_str!("plugins/stats_sink.wat");
const REFUSES: &str = r#"(module (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 0)))"#;
const TRAPS: &str = r#"(module (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) unreachable))"#;

fn served() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

/// How often the plugin of this name has said something.
fn count(log: &[String], plugin: &str, text: &str) -> usize {
    plugin_lines(log).iter().filter(|line| line.plugin == plugin && line.text == text).count()
}

#[test]
fn a_singleton_runs_once_and_other_services_once_per_worker() {
    let bootstrap = served().service("single", SERVICE, true).service("each", SERVICE, false);
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    assert_eq!(proxy.stats()["server.concurrency"], 2);
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0));
    for text in ["configured", "done"] {
        assert_eq!(count(&finished.stderr, "single", text), 1, "{text}");
        assert_eq!(count(&finished.stderr, "each", text), 2, "{text}");
    }
}

#[test]
fn a_service_that_does_not_start_keeps_the_process_from_starting() {
    for (wat, why) in [(REFUSES, "refused its configuration"), (TRAPS, "proxy_on_vm_start")] {
        for singleton in [true, false] {
            let bootstrap = served().service("bad", wat, singleton);
            let config = bootstrap.write();
            let program = Program::start(config.parent().unwrap(), ["run", config.to_str().unwrap()]);
            let finished = program.wait();
            assert_eq!(finished.status.code(), Some(1), "{finished:?}");
            let place = "bootstrap_extensions[0].typed_config.config";
            let told = finished.stderr.iter().any(|line| line.contains(why) && line.contains(place));
            assert!(told, "{finished:?}");
            assert_eq!(finished.stdout, [""; 0], "nothing was announced");
        }
    }
}

#[test]
fn a_stats_sink_is_told_what_has_changed_and_once_more_at_the_end() {
    let bootstrap = served().stats_sink("sink", STATS_SINK);
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..3 {
        client.get("/").unwrap();
    }
    proxy.program().stderr.wait_for(|line| line.contains("requests ")).unwrap();
    client.get("/").unwrap();
    proxy.wait_until_idle();
    let finished = proxy.stop();
    let lines = plugin_lines(&finished.stderr);
    let grown: u32 = lines
        .iter()
        .filter_map(|line| line.text.strip_prefix("requests "))
        .map(|digit| digit.parse::<u32>().expect("a digit"))
        .sum();
    assert_eq!(grown, 4, "each request is told once: {lines:?}");
    assert_eq!(lines.last().map(|line| line.text.as_str()), Some("end"));
}

#[test]
fn a_stats_sink_that_traps_is_let_alone() {
    let bootstrap = served().stats_sink(
        "bad",
        r#"(module (memory (export "memory") 1)
          (func (export "proxy_abi_version_0_2_1"))
          (func (export "malloc") (param i32) (result i32) (i32.const 0))
          (func (export "envoy_on_stats_update") (param i32 i32) unreachable))"#,
    );
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    proxy.wait_for_stats(|stats| stats["wasm.bad.vm_failed"] == 1);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    let finished = proxy.stop();
    assert_eq!(finished.stderr.iter().filter(|line| line.contains("envoy_on_stats_update failed")).count(), 1);
}
