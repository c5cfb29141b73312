//! `signed_by`: a plugin runs if its module is signed by the owner of one of the keys, and if not, the message says why.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Program, runtimes};
use serde_json::{Value, json};
use std::path::Path;

/// Signed with `wasmsign2` by the owner of `ONE`.
const SIGNED: &[u8] = include_bytes!("../../../host/src/module/signed/signed.wasm");
const ONE: &[u8] = include_bytes!("../../../host/src/module/signed/one.pub");
const OTHER: &[u8] = include_bytes!("../../../host/src/module/signed/other.pub");

/// `ONE`, as other programs write it.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAqWAKGNiaUHVsr5oLycarKYIp2dS0IZmbd6Lybo+ebMQ=\n-----END PUBLIC KEY-----\n";
const BASE64: &str = "qWAKGNiaUHVsr5oLycarKYIp2dS0IZmbd6Lybo+ebMQ=";
const DIGITS: &str = "a9600a18d89a50756caf9a0bc9c6ab298229d9d4b421999b77a2f26e8f9e6cc4";

fn with_plugin(code: &[u8], signed_by: &Value) -> Bootstrap {
    let vm = json!({"code": {"local": {"filename": "plugin.wasm"}}, "allow_precompiled": true});
    Bootstrap::new()
        .route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
        .plugin_config(json!({"name": "p", "vm_config": vm}))
        .policy("p", json!({"signed_by": signed_by}))
        .file("plugin.wasm", code)
        .file("one.pub", ONE)
        .file("one.pem", PEM)
        .file("other.pub", OTHER)
}

/// Validates on a runtime; what is printed, if it fails.
fn validate(bootstrap: &Bootstrap, runtime: &str) -> Result<(), String> {
    let config = bootstrap.write();
    let cache = config.with_file_name("cache");
    let arguments =
        ["validate", config.to_str().unwrap(), "--runtime", runtime, "--cache-dir", cache.to_str().unwrap()];
    let finished = Program::start(Path::new("/"), arguments).wait();
    if finished.status.code() == Some(0) { Ok(()) } else { Err(finished.printed()) }
}

#[test]
fn a_signed_module_runs_whatever_form_the_key_has() {
    for runtime in runtimes() {
        for key in ["one.pub", "one.pem", BASE64, DIGITS] {
            validate(&with_plugin(SIGNED, &json!(["other.pub", key])), runtime)
                .unwrap_or_else(|error| panic!("{runtime}: {key}: {error}"));
        }
    }
}

#[test]
fn an_unsigned_changed_or_another_s_module_does_not_run() {
    let mut changed = SIGNED.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    let unsigned = [&SIGNED[..8], &SIGNED[SIGNED.len() - 101..]].concat();
    let cases: [(&[u8], _, _); 5] = [
        (SIGNED, json!(["other.pub"]), "the module has 1 signature(s), none of which is by a key that is asked for"),
        (&changed, json!(["one.pub"]), "the module's signature is of something else"),
        (&unsigned, json!(["one.pub"]), "the module is not signed: its first section is not \"signature\""),
        (SIGNED, json!(["missing.pub"]), "\"missing.pub\" is neither an Ed25519 public key"),
        (SIGNED, json!(["plugin.wasm"]), "is no Ed25519 public key"),
    ];
    for runtime in runtimes() {
        for (code, keys, why) in &cases {
            let error = validate(&with_plugin(code, keys), runtime).unwrap_err();
            assert!(error.contains("plugins.p.signed_by[0]: plugin \"p\" must not run: "), "{runtime}: {error}");
            assert!(error.contains(why), "{runtime}: {error}");
        }
    }
}

/// What the cache has of a module does not make up for its signature.
#[test]
fn a_compiled_module_from_the_cache_is_no_other_way_in() {
    for runtime in runtimes() {
        let bootstrap = with_plugin(SIGNED, &json!(["one.pub"]));
        validate(&bootstrap, runtime).unwrap();
        let bootstrap = bootstrap.policy("p", json!({"signed_by": ["other.pub"]}));
        validate(&bootstrap, runtime).unwrap_err();
    }
}

#[test]
fn an_artefact_is_refused_though_its_module_is_signed() {
    for runtime in runtimes().iter().filter(|name| *name != "wasmi") {
        let bootstrap = with_plugin(SIGNED, &json!(["one.pub"]));
        let folder = bootstrap.write();
        let folder = folder.parent().unwrap();
        let compile = ["compile", "plugin.wasm", "--runtime", runtime, "--output", "plugin.wasm"];
        let finished = Program::start(folder, compile).wait();
        assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
        let error = validate(&bootstrap, runtime).unwrap_err();
        assert!(error.contains("a signature says nothing of the machine code in it"), "{error}");
    }
}
