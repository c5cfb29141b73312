//! Names, aliases, versions, and what is said when there is no such runtime.

use tollgate_host::module::{Baseline, CheckedModule};
use tollgate_host::vm::{Artifact, Runtime, VmErrorKind};
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

const PLUGIN: &str = r#"(module (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;

fn checked(runtime: &dyn Runtime) -> CheckedModule {
    CheckedModule::parse(PLUGIN.as_bytes(), runtime.capabilities().baseline()).unwrap()
}

#[test]
fn a_runtime_with_artifacts_serializes() {
    for name in names() {
        let runtime = open(name).unwrap();
        let artifact = runtime.compile(&checked(&*runtime)).unwrap().serialize().map(Result::unwrap);
        assert_eq!(artifact.is_some(), runtime.capabilities().artifacts, "{name}");
        assert!(artifact.is_none_or(|bytes| !bytes.is_empty()), "{name}");
    }
}

#[test]
fn a_runtime_with_artifacts_takes_them_back() {
    for name in names() {
        let runtime = open(name).unwrap();
        let module = checked(&*runtime);
        if !runtime.capabilities().artifacts {
            assert_eq!(runtime.compatibility(None).unwrap(), None, "{name}");
            let said = runtime.precompile(&module, None).unwrap_err().to_string();
            assert!(said.contains(&format!("{name} has no artefacts")), "{said}");
            assert!(runtime.deserialize(module.info(), Artifact::vouched_for(b"")).is_err(), "{name}");
            continue;
        }
        let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        for target in [None, Some(&*triple)] {
            let compatibility = runtime.compatibility(target).unwrap().unwrap();
            assert_eq!(runtime.compatibility(target).unwrap().unwrap(), compatibility, "{name} is of one mind");
            let artifact = runtime.precompile(&module, target).unwrap();
            let back = runtime.deserialize(module.info(), Artifact::vouched_for(&artifact)).unwrap();
            let again = back.serialize().unwrap().unwrap();
            assert!(runtime.deserialize(module.info(), Artifact::vouched_for(&again)).is_ok(), "{name}");
        }
        assert_ne!(runtime.compatibility(None).unwrap(), runtime.compatibility(Some(&triple)).unwrap(), "{name}");
        for target in ["no such machine", "s390x-unknown-linux-gnu"] {
            assert!(runtime.compatibility(Some(target)).is_err(), "{name} {target}");
            assert!(runtime.precompile(&module, Some(target)).is_err(), "{name} {target}");
        }
        let said = runtime.deserialize(module.info(), Artifact::vouched_for(b"no artefact")).err().unwrap();
        assert_eq!(said.kind(), VmErrorKind::Engine, "{name}: {said}");
    }
}

/// What was recalled is what was parsed, and what makes no plugin is refused as well.
#[test]
fn a_module_recalled_is_the_module_parsed() {
    let baseline = Baseline::ALL;
    let parsed = CheckedModule::parse(PLUGIN.as_bytes(), baseline).unwrap();
    let (info, abi) = CheckedModule::recall(PLUGIN.as_bytes(), baseline).unwrap();
    assert_eq!(parsed.abi(), abi);
    assert_eq!(format!("{:?}", parsed.info()), format!("{info:?}"));
    let cut = &parsed.wasm()[..parsed.wasm().len() - 1];
    assert!(CheckedModule::recall(cut, baseline).is_err());
    assert!(CheckedModule::recall(b"(module)", baseline).is_err());
}
