//! `--trace`: every crossing between the proxy and its plugins.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::wire::Wire;
use serde_json::{Value, json};

const LIFECYCLE: &str = include_str!("../proxy/plugins/lifecycle.wat");

fn crossings(proxy: Proxy) -> Vec<String> {
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    let log = proxy.stop().stderr;
    log.into_iter().filter(|line| line.contains(" crossing: ")).collect()
}

#[test]
fn without_a_filter_everything_that_crosses_is_shown() {
    let lines = crossings(Proxy::start(&logging().write(), &["--trace"]));
    let has = |parts: &[&str]| lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&["--> #2 proxy_on_request_headers(num_headers=", "plugin=\"speaker\""]), "{lines:#?}");
    assert!(has(&["<-- #2 proxy_on_request_headers = CONTINUE", "worker=\"worker-0\"", "microseconds="]), "{lines:#?}");
    assert!(has(&["  ==> #2 proxy_log(log_level=INFO, message=\"request_headers\")"]), "{lines:#?}");
}

#[test]
fn a_filter_keeps_what_it_names() {
    let lines = crossings(Proxy::start(&logging().write(), &["--trace=proxy_on_*,-*_log"]));
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line.contains("proxy_on_") && !line.contains("proxy_on_log"), "{line}");
    }
    assert_eq!(crossings(Proxy::start(&logging().write(), &["--trace=plugin=somebody"])), [""; 0]);
}

#[test]
fn without_the_option_nothing_is_shown_at_any_level() {
    assert_eq!(crossings(Proxy::start(&logging().write(), &["--log-level", "trace"])), [""; 0]);
}

#[test]
fn a_name_that_is_none_is_refused() {
    let bootstrap = logging();
    let config = bootstrap.write();
    let program =
        Program::start(config.parent().unwrap(), ["run", config.to_str().unwrap(), "--trace=proxy_on_header"]);
    let finished = program.wait();
    assert_eq!(finished.status.code(), Some(2));
    assert!(finished.stderr.concat().contains("is called \"proxy_on_header\""), "{finished:?}");
}

#[test]
fn as_json_a_crossing_is_a_document() {
    let bootstrap = logging();
    let config = bootstrap.write();
    let arguments =
        ["run", config.to_str().unwrap(), "--concurrency", "1", "--log-format", "json", "--trace=proxy_on_log"];
    let program = Program::start(config.parent().unwrap(), arguments);
    let announced = program.stderr.wait_for(|line| line.contains("listener  main: http://")).unwrap();
    let (_, address) = announced.split_once("http://").unwrap();
    let address = address.split('"').next().unwrap().parse().unwrap();
    assert_eq!(Wire::connect(address).get("/").unwrap().head.status(), 200);
    let line = program.stderr.wait_for(|line| line.contains("<-- ")).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["target"], "crossing");
    assert_eq!(line["message"], "<-- #2 proxy_on_log");
    assert!(line["microseconds"].as_f64().unwrap() >= 0.0);
}

fn logging() -> Bootstrap {
    let route = direct_response(json!({"prefix": "/"}), 200, "hello\n");
    Bootstrap::new().plugin("speaker", LIFECYCLE).route(route)
}
