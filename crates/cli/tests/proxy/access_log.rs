//! Access logs: plugins that are told of every request once, when it is over, and lines that are written of it.

use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::program::Program;
use crate::support::proxy::{Proxy, plugin_lines};
use serde_json::json;

const ACCESS_LOG: &str = include_str!("plugins/access_log.wat");
const TRAP: &str = r#"(module (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_log") (param i32) unreachable))"#;

fn routes() -> Bootstrap {
    Bootstrap::new()
        .route(direct_response(json!({"path": "/teapot"}), 418, "short and stout\n"))
        .route(direct_response(json!({"path": "/"}), 200, "hello\n"))
}

/// What the plugin of this name has said.
fn said(log: &[String], plugin: &str) -> Vec<(u32, String)> {
    let lines = plugin_lines(log).into_iter().filter(|line| line.plugin == plugin);
    lines.map(|line| (line.context, line.text)).collect()
}

#[test]
fn every_request_is_logged_once_on_the_plugins_context() {
    let bootstrap = routes().access_log("log", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, status) in [("/", 200), ("/teapot", 418), ("/nowhere", 404)] {
        assert_eq!(client.get(path).unwrap().head.status(), status);
    }
    proxy.wait_until_idle();
    let finished = proxy.stop();
    let said = said(&finished.stderr, "log");
    assert!(said.iter().all(|(context, _)| *context == 1), "{said:?}");
    let texts: Vec<_> = said.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["/", "200", "/teapot", "418", "/nowhere", "404", "done"]);
}

#[test]
fn loggers_come_after_the_filters_have_logged_and_before_they_are_done() {
    let bootstrap = routes().plugin("filter", ACCESS_LOG).access_log("log", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(proxy.connect().get("/teapot").unwrap().head.status(), 418);
    proxy.wait_until_idle();
    let finished = proxy.stop();
    let lines = plugin_lines(&finished.stderr);
    let order: Vec<_> = lines.iter().take(5).map(|line| (line.plugin.as_str(), line.text.as_str())).collect();
    let expected = [("filter", "/teapot"), ("filter", "418"), ("log", "/teapot"), ("log", "418"), ("filter", "done")];
    assert_eq!(order, expected);
}

#[test]
fn a_logger_that_traps_is_not_the_clients_business() {
    let bootstrap = routes().access_log("bad", TRAP).access_log("log", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..2 {
        assert_eq!(client.get("/").unwrap().text(), "hello\n");
    }
    proxy.wait_until_idle();
    assert_eq!(proxy.stats()["wasm.bad.vm_failed"], 1);
    let finished = proxy.stop();
    let traps = finished.stderr.iter().filter(|line| line.contains("proxy_on_log failed")).count();
    assert_eq!(traps, 1, "the trap is told once, and the plugin is not called again");
    assert_eq!(said(&finished.stderr, "log").len(), 5);
}

/// An access log of a type, with further fields.
fn written(name: &str, fields: &serde_json::Value) -> serde_json::Value {
    let mut config = json!({"@type": type_url(&format!("access_loggers.{name}"))});
    fields.as_object().into_iter().flatten().for_each(|(field, value)| config[field] = value.clone());
    json!({"name": name, "typed_config": config})
}

#[test]
fn lines_go_to_files_and_standard_output_and_a_reload_opens_files_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let line = |text: &str| json!({"log_format": {"text_format_source": {"inline_string": text}}});
    let object =
        json!({"path": path, "log_format": {"json_format": {"path": "%REQ(:PATH)%", "code": "%RESPONSE_CODE%"}}});
    let bootstrap = routes().manager(json!({"access_log": [
        written("file.v3.FileAccessLog", &object),
        written("stream.v3.StdoutAccessLog", &line("%PROTOCOL% %RESPONSE_CODE% %BYTES_SENT% %RESPONSE_FLAGS% %REQ(x-a)%\n")),
    ]}));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for path in ["/", "/nowhere"] {
        client.get(path).unwrap();
    }
    proxy.program().stdout.wait_for(|line| line == "HTTP/1.1 404 0 NR -").unwrap();
    std::fs::rename(&path, &moved).unwrap();
    assert_eq!(proxy.reload().0, 200);
    client.get("/teapot").unwrap();
    let finished = proxy.stop();
    let lines: Vec<_> = finished.stdout.iter().filter(|line| line.starts_with("HTTP/1.1")).collect();
    assert_eq!(lines, ["HTTP/1.1 200 6 - -", "HTTP/1.1 404 0 NR -", "HTTP/1.1 418 16 - -"]);
    let read = |path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&moved), "{\"path\":\"/\",\"code\":200}\n{\"path\":\"/nowhere\",\"code\":404}\n");
    assert_eq!(read(&path), "{\"path\":\"/teapot\",\"code\":418}\n");
}

#[test]
fn a_file_that_cannot_be_opened_keeps_the_proxy_from_starting() {
    let fields = json!({"path": "/nowhere/access.log"});
    let bootstrap = routes().manager(json!({"access_log": [written("file.v3.FileAccessLog", &fields)]}));
    let config = bootstrap.write();
    let finished = Program::start(config.parent().unwrap(), ["run", config.to_str().unwrap()]).wait();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.iter().any(|line| line.contains("the access log /nowhere/access.log cannot be opened")));
}
