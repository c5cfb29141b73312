//! Which runtime a plugin runs on.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Finished, Program, runtimes};
use crate::support::proxy::Proxy;
use serde_json::{Value, json};
use std::path::Path;

const GOOD: &str = include_str!("../cases/validate/plugins/good.wat");

/// What Envoy calls runtimes, and what each is here.
const ALIASES: [(&str, &str); 3] = [
    ("envoy.wasm.runtime.v8", "wasmtime"),
    ("envoy.wasm.runtime.wavm", "wasmer"),
    ("envoy.wasm.runtime.wamr", "wasmi"),
];

#[test]
fn the_list_says_what_each_can_do() {
    let listed = Program::start(Path::new("."), ["runtimes", "--json"]).wait();
    let listed: Value = serde_json::from_str(&listed.stdout.join("\n")).unwrap();
    let listed = listed.as_array().unwrap();
    assert!(!listed.is_empty());
    assert_eq!(listed.iter().filter(|runtime| runtime["default"] == true).count(), 1);
    for runtime in listed {
        assert!(runtime["version"].as_str().unwrap().contains('.'), "{runtime}");
        assert!(!runtime["mode"].as_str().unwrap().is_empty(), "{runtime}");
        let capabilities = runtime["capabilities"].as_object().unwrap();
        assert!(capabilities.values().all(Value::is_boolean), "{runtime}");
    }
    let table = Program::start(Path::new("."), ["runtimes"]).wait();
    for (name, row) in runtimes().iter().zip(&table.stdout[1..]) {
        assert!(row.starts_with(name), "{row}");
    }
}

#[test]
fn the_configuration_names_it() {
    for runtime in runtimes() {
        let bootstrap = on(runtime);
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        runs_on(runtime, &proxy.stop());
    }
}

#[test]
fn the_command_line_overrides_it() {
    let bootstrap = on("no such runtime");
    let config = bootstrap.write();
    for runtime in runtimes() {
        let proxy = Proxy::start(&config, &["--runtime", runtime]);
        runs_on(runtime, &proxy.stop());
    }
}

#[test]
fn envoys_names_are_taken_for_ours_and_the_log_says_so_once() {
    for (alias, runtime) in ALIASES {
        let bootstrap = on(alias).plugin_config(plugin("second", alias));
        let config = bootstrap.write();
        if !runtimes().iter().any(|name| name == runtime) {
            let finished = Program::start(config.parent().unwrap(), ["validate", "envoy.yaml"]).wait();
            let told = format!("{alias} is {runtime} here; built without {runtime}: rebuild with --features {runtime}");
            assert_eq!(finished.status.code(), Some(1));
            assert!(finished.printed().contains(&told), "{}", finished.printed());
            continue;
        }
        let proxy = Proxy::start(&config, &[]);
        let finished = proxy.stop();
        runs_on(runtime, &finished);
        let told = format!("runtime {alias} is taken as {runtime}");
        assert_eq!(finished.stderr.iter().filter(|line| line.contains(&told)).count(), 1, "{}", finished.printed());
    }
}

/// What is announced about the plugin names the runtime.
fn runs_on(runtime: &str, finished: &Finished) {
    let announced = &finished.stdout[0];
    assert!(announced.starts_with(&format!("plugin    plugin: {runtime}, ")), "{announced}");
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}

fn on(runtime: &str) -> Bootstrap {
    let route = direct_response(json!({"prefix": "/"}), 200, "hello\n");
    Bootstrap::new().route(route).plugin_config(plugin("plugin", runtime))
}

fn plugin(name: &str, runtime: &str) -> Value {
    json!({"name": name, "vm_config": {"runtime": runtime, "code": {"local": {"inline_string": GOOD}}}})
}
