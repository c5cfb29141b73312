//! `signed_by`: a plugin runs if the module is signed by one of the keys, and otherwise the message says why not.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Program, runtimes};
use serde_json::{Value, json};
use std::path::Path;

/// Signed with `wasmsign2` by the owner of `ONE`.
const SIGNED: &[u8] = include_bytes!("../../../host/src/module/signed/signed.wasm");
const ONE: &[u8] = include_bytes!("../../../host/src/module/signed/one.pub");
const OTHER: &[u8] = include_bytes!("../../../host/src/module/signed/other.pub");

fn hexadecimal(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn with_plugin(code: &[u8], signed_by: &Value) -> Bootstrap {
    Bootstrap::new()
        .route(direct_response(200, ""))
        .filter_named("p", json!({"code": {"local": {"filename": "plugin.wasm"}}}))
        .metadata(json!({"tollgate": {"plugins": {"*": {"signed_by": signed_by}}}}))
        .file("plugin.wasm", code)
        .file("one.pub", ONE)
        .file("other.pub", OTHER)
        .file("one.pem", PEM)
}
