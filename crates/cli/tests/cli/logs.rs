//! The log: text or JSON, with or without colours, with the plugin's names.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::Program;
use crate::support::proxy::{Proxy, sum};
use crate::support::wire::Wire;
use serde_json::{Value, json};
use std::path::Path;

const LIFECYCLE: &str = include_str!("../proxy/plugins/lifecycle.wat");

#[test]
fn a_plugins_line_carries_its_names_and_context() {
    let bootstrap = logging();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    let line = proxy.program().stderr.wait_for(|line| line.contains("request_headers")).unwrap();
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.ends_with('Z'), "{line}");
    let (names, context) = rest.split_once(" context_id=").unwrap();
    assert_eq!(
        names.trim_start(),
        "INFO plugin: request_headers plugin=\"speaker\" root_id=\"speaker-root\" vm_id=\"speaker-vm\""
    );
    assert!(context.parse::<u32>().unwrap() > 1, "a stream's context comes after the plugin's own: {line}");
}

#[test]
fn as_json_every_line_is_a_document() {
    let bootstrap = logging();
    let config = bootstrap.write();
    let arguments = ["run", config.to_str().unwrap(), "--concurrency", "1", "--log-format", "json"];
    let program = Program::start(config.parent().unwrap(), arguments);
    // The announcement is part of the log then.
    let announced = program.stderr.wait_for(|line| line.contains("listener  main: http://")).unwrap();
    let message = parsed(&announced)["message"].as_str().unwrap().to_owned();
    let address = message.split_once("http://").unwrap().1.parse().unwrap();
    assert_eq!(Wire::connect(address).get("/").unwrap().head.status(), 200);
    program.terminate();
    let finished = program.wait();
    assert_eq!(finished.status.code(), Some(0));
    assert_eq!(finished.stdout, [""; 0]);
    let documents: Vec<_> = finished.stderr.iter().map(|line| parsed(line)).collect();
    let spoken = documents.iter().find(|line| line["message"] == "request_headers").unwrap();
    assert_eq!(spoken["level"], "INFO");
    assert_eq!(spoken["target"], "plugin");
    assert_eq!(spoken["plugin"], "speaker");
    assert_eq!(spoken["root_id"], "speaker-root");
    assert_eq!(spoken["vm_id"], "speaker-vm");
    assert!(spoken["context_id"].as_u64().unwrap() > 1);
}

#[test]
fn as_json_errors_are_documents_too() {
    let program = Program::start(Path::new("."), ["validate", "nowhere.yaml", "--log-format", "json"]);
    let finished = program.wait();
    assert_eq!(finished.status.code(), Some(1));
    let errors: Vec<_> = finished.stderr.iter().map(|line| parsed(line)).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["level"], "ERROR");
    assert_eq!(errors[0]["message"], "nowhere.yaml: there is no such file; name the configuration to run");
}

#[test]
fn no_colours_where_there_is_no_terminal() {
    let bootstrap = logging();
    let proxy = Proxy::start(&bootstrap.write(), &["--log-level", "trace"]);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    proxy.wait_until_idle();
    let printed = proxy.stop().printed();
    assert!(printed.contains("request_headers"));
    assert!(!printed.contains('\x1b'), "{printed:?}");
    let help = Program::start(Path::new("."), ["--help"]).wait().printed();
    assert!(!help.contains('\x1b'), "{help:?}");
}

#[test]
fn the_level_is_for_plugins_too() {
    let bootstrap = logging();
    let proxy = Proxy::start(&bootstrap.write(), &["--log-level", "warn"]);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    proxy.wait_until_idle();
    assert_eq!(sum(&proxy.stats(), ".vm_failed"), 0);
    assert_eq!(proxy.stop().stderr, [""; 0]);
}

fn logging() -> Bootstrap {
    let route = direct_response(json!({"prefix": "/"}), 200, "hello\n");
    Bootstrap::new().plugin("speaker", LIFECYCLE).route(route)
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?} is no JSON: {error}"))
}
