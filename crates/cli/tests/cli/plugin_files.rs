//! Where plugins come from: files beside the configuration or in the working directory, text or binary, or inline.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Program, runtimes};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const GOOD: &str = include_str!("../cases/validate/plugins/good.wat");
const REFUSES: &str = include_str!("../cases/validate/plugins/refuses-to-start.wat");

#[test]
fn a_relative_name_is_looked_up_beside_the_configuration_first() {
    let bootstrap = with_code(json!({"filename": "plugin.wat"})).file("plugin.wat", GOOD);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("plugin.wat"), REFUSES).unwrap();
    validate(&bootstrap, elsewhere.path()).unwrap();
}

#[test]
fn and_in_the_working_directory_then() {
    let bootstrap = with_code(json!({"filename": "plugin.wat"}));
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("plugin.wat"), GOOD).unwrap();
    validate(&bootstrap, elsewhere.path()).unwrap();
}

#[test]
fn where_it_is_in_neither_both_are_named() {
    let bootstrap = with_code(json!({"filename": "lib/plugin.wat"}));
    let elsewhere = tempfile::tempdir().unwrap();
    let error = validate(&bootstrap, elsewhere.path()).unwrap_err();
    let beside = bootstrap.write().with_file_name("lib/plugin.wat");
    let looked = format!("there is no file lib/plugin.wat; looked for {} and lib/plugin.wat", beside.display());
    assert!(error.contains(&looked), "{error}");
}

#[test]
fn an_absolute_name_is_taken_as_it_is() {
    let elsewhere = tempfile::tempdir().unwrap();
    let plugin = elsewhere.path().join("plugin.wat");
    fs::write(&plugin, GOOD).unwrap();
    validate(&with_code(json!({"filename": plugin})), Path::new("/")).unwrap();
}

#[test]
fn text_and_binary_are_told_apart_by_content() {
    let binary = wat::parse_str(GOOD).unwrap();
    let bootstrap = with_code(json!({"filename": "plugin.wat"})).file("plugin.wat", &binary);
    validate(&bootstrap, Path::new("/")).unwrap();
    let bootstrap = with_code(json!({"filename": "plugin.wasm"})).file("plugin.wasm", GOOD);
    validate(&bootstrap, Path::new("/")).unwrap();
    validate(&with_code(json!({"inline_string": GOOD})), Path::new("/")).unwrap();
}

#[test]
fn a_direct_responses_body_is_found_in_the_same_way() {
    let body = json!({"filename": "body.txt"});
    let route = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": body}});
    let bootstrap = Bootstrap::new().route(route).file("body.txt", "from a file\n");
    validate(&bootstrap, Path::new("/")).unwrap();
}

fn with_code(code: Value) -> Bootstrap {
    let route = direct_response(json!({"prefix": "/"}), 200, "hello\n");
    Bootstrap::new().route(route).plugin_config(json!({"name": "plugin", "vm_config": {"code": {"local": code}}}))
}

/// Validates on every runtime, started in a folder.
fn validate(bootstrap: &Bootstrap, folder: &Path) -> Result<(), String> {
    let config = bootstrap.write();
    for runtime in runtimes() {
        let finished = Program::start(folder, ["validate", config.to_str().unwrap(), "--runtime", runtime]).wait();
        if finished.status.code() != Some(0) {
            return Err(finished.printed());
        }
    }
    Ok(())
}
