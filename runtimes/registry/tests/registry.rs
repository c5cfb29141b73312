//! Names, aliases, versions, and what is said when there is no such runtime.

use tollgate_host::module::{Baseline, CheckedModule};
use tollgate_runtimes::{default_name, known, names, open, resolve};

#[test]
fn names_are_a_part_of_what_is_known_in_the_same_order() {
    assert_eq!(known(), ["wasmtime", "wasmer", "wasmi"]);
    let in_order: Vec<_> = known().iter().filter(|name| names().contains(name)).collect();
    assert_eq!(in_order, names().iter().collect::<Vec<_>>());
    assert_eq!(default_name(), names().first().copied());
}

#[test]
fn a_runtime_is_made_once() {
    for name in names() {
        let (one, other) = (open(name).unwrap(), open(name).unwrap());
        assert!(std::sync::Arc::ptr_eq(&one, &other));
        assert_eq!(one.name(), *name);
    }
}

#[test]
fn envoy_s_names_mean_ours() {
    for (alias, name) in [
        ("envoy.wasm.runtime.v8", "wasmtime"),
        ("envoy.wasm.runtime.wasmtime", "wasmtime"),
        ("envoy.wasm.runtime.wavm", "wasmer"),
        ("envoy.wasm.runtime.wamr", "wasmi"),
    ] {
        match resolve(alias) {
            Ok(resolved) => {
                assert_eq!((resolved.name, resolved.alias), (name, true));
                assert_eq!(open(alias).unwrap().name(), name);
                assert!(!resolve(name).unwrap().alias);
            }
            Err(error) => {
                assert!(!names().contains(&name));
                let said = error.to_string();
                let expected =
                    format!("{alias} is {name} here; built without {name}: rebuild with --features {name} (");
                assert!(said.starts_with(&expected), "{said}");
                let said = resolve(name).unwrap_err().to_string();
                assert!(said.starts_with(&format!("built without {name}: rebuild with --features {name} (")), "{said}");
            }
        }
    }
}

#[test]
fn what_is_not_known_is_refused_with_a_list() {
    let list = match names() {
        [] => "no runtime is built in".to_owned(),
        names => format!("built in: {}", names.join(", ")),
    };
    for (name, start) in [
        ("v8", "unknown runtime \"v8\""),
        ("", "unknown runtime \"\""),
        ("Wasmtime", "unknown runtime \"Wasmtime\""),
        ("envoy.wasm.runtime.null", "envoy.wasm.runtime.null is for plugins that are compiled into Envoy"),
    ] {
        let said = open(name).err().unwrap().to_string();
        assert!(said.starts_with(start) && said.ends_with(&format!(" ({list})")), "{said}");
        assert_eq!(resolve(name).unwrap_err().name(), name);
    }
}

/// What a runtime says of its version is what was linked.
#[test]
fn versions_are_those_of_the_lock_file() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    for name in names() {
        let version = open(name).unwrap().version();
        let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&locked), "{name} says {version}");
    }
}

#[test]
fn a_runtime_with_artifacts_serializes() {
    let module = r#"(module (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;
    for name in names() {
        let runtime = open(name).unwrap();
        let capabilities = runtime.capabilities();
        let module = CheckedModule::parse(module.as_bytes(), Baseline { simd: capabilities.simd }).unwrap();
        let artifact = runtime.compile(&module).unwrap().serialize().map(Result::unwrap);
        assert_eq!(artifact.is_some(), capabilities.artifacts, "{name}");
        assert!(artifact.is_none_or(|bytes| !bytes.is_empty()), "{name}");
    }
}
