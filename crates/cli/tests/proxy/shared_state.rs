//! What plugins of all workers share, and what happens without a request.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::{Proxy, plugin_lines};
use serde_json::json;

const LEDGER: &str = include_str!("plugins/ledger.wat");
const TICKING: &str = include_str!("plugins/ticking.wat");

#[test]
fn values_queues_and_metrics_of_two_workers_are_exact() {
    const CLIENTS: u64 = 16;
    const REQUESTS: u64 = 50;
    let bootstrap = hello(LEDGER);
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                // The system spreads connections over the workers.
                let mut client = proxy.connect();
                for _ in 0..REQUESTS {
                    assert_eq!(client.get("/").unwrap().head.status(), 200);
                }
            });
        }
    });
    let total = CLIENTS * REQUESTS;
    proxy.wait_for_stats(|stats| stats["wasmcustom.consumed"] == total);
    let stats = proxy.stats();
    assert_eq!(stats["wasmcustom.requests"], total);
    // Each increment comes before its item, so that the last item is taken when all of them are done.
    proxy.wait_for_stats(|stats| stats["wasmcustom.sum_seen"] == total);
    assert_eq!(proxy.stats()["wasmcustom.consumed"], total, "each item is taken once");
}

#[test]
fn plugins_tick_on_every_worker_without_a_request() {
    let bootstrap = hello(TICKING);
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    proxy.wait_for_stats(|stats| stats["wasmcustom.ticks"] == 6);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    let finished = proxy.stop();
    let ticks = plugin_lines(&finished.stderr).into_iter().filter(|line| line.text == "tick").count();
    assert_eq!(ticks, 6, "{:#?}", finished.stderr);
}

#[test]
fn statistics_of_plugins_are_shown_in_every_form() {
    let bootstrap = hello(TICKING);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    proxy.wait_for_stats(|stats| stats["wasmcustom.ticks"] == 3);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    let stats = proxy.stats();
    assert_eq!((stats["wasm.wasm_vm_count"], stats["wasm.envoy.wasm.runtime.wasmtime.active"]), (1, 1));
    let text = proxy.admin("/stats?filter=%5Ewasmcustom").text().to_owned();
    let (ticks, histogram) = text.split_once('\n').unwrap();
    assert_eq!(ticks, "wasmcustom.ticks: 3");
    assert!(histogram.starts_with("wasmcustom.my_histogram: P0("), "{histogram}");
    assert!(histogram.ends_with(",10.75)\n"), "{histogram}");
    let prometheus = proxy.admin("/stats/prometheus?usedonly").text().to_owned();
    for line in [
        "ticks{} 3",
        "my_histogram_bucket{le=\"5\"} 0",
        "my_histogram_bucket{le=\"10\"} 3",
        "my_histogram_count{} 3",
        "envoy_http_downstream_rq_xx{envoy_response_code_class=\"2\",envoy_http_conn_manager_prefix=\"test\"} 1",
        "envoy_server_live{} 1",
        "envoy_wasm_wasm_vm_count{} 1",
    ] {
        assert!(prometheus.lines().any(|printed| printed == line), "{line} is missing in\n{prometheus}");
    }
    assert!(!prometheus.contains("envoy_response_code_class=\"4\""), "{prometheus}");
    assert_eq!(prometheus, proxy.admin("/stats?format=prometheus&usedonly=").text());
    let json: serde_json::Value = serde_json::from_str(proxy.admin("/stats?format=json&filter=ticks").text()).unwrap();
    assert_eq!(json, json!({"stats": [{"name": "wasmcustom.ticks", "value": 3}]}));
    let refused = proxy.admin("/stats?filter=(");
    assert_eq!(refused.head.status(), 400);
    assert!(refused.text().starts_with("the filter is no regular expression"), "{}", refused.text());
}

fn hello(wat: &str) -> Bootstrap {
    Bootstrap::new().plugin("plugin", wat).route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}
