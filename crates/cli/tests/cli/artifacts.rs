//! Compiled plugins that are kept: the cache on disk, and what `tollgate compile` writes.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::{Finished, Program, runtimes};
use crate::support::proxy::Proxy;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tollgate_cache::Artifact;

const GOOD: &str = include_str!("../cases/validate/plugins/good.wat");

/// Runtimes that have artefacts, and those that have not.
fn with_artifacts() -> Vec<&'static str> {
    runtimes().iter().map(String::as_str).filter(|name| *name != "wasmi").collect()
}

fn plugin(filename: &str, allow: bool) -> Bootstrap {
    let vm = json!({"code": {"local": {"filename": filename}}, "allow_precompiled": allow});
    let route = direct_response(json!({"prefix": "/"}), 200, "hello\n");
    Bootstrap::new().route(route).plugin_config(json!({"name": "plugin", "vm_config": vm})).file("plugin.wat", GOOD)
}

/// Starts the proxy, asks it for something, stops it; returns what it said of its plugin's origin, and its warnings.
fn start(config: &Path, runtime: Option<&str>, cache: &str) -> (String, Vec<String>) {
    let mut arguments = vec!["--cache-dir", cache];
    arguments.extend(runtime.iter().flat_map(|runtime| ["--runtime", runtime]));
    let proxy = Proxy::start(config, &arguments);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 200);
    let finished = proxy.stop();
    (origin(&finished), warnings(&finished))
}

fn origin(finished: &Finished) -> String {
    let line = finished.stdout.iter().find(|line| line.starts_with("plugin ")).expect("the plugin is announced");
    let (said, time) = line.rsplit_once(", ").and_then(|(_, said)| said.split_once(" in ")).expect("SAID in TIME");
    assert!(time.ends_with(" ms"), "{line}");
    // "precompiled, loaded in ..."
    if said == "loaded" { "precompiled".to_owned() } else { said.to_owned() }
}

fn warnings(finished: &Finished) -> Vec<String> {
    finished.stderr.iter().filter(|line| line.contains(" WARN ")).cloned().collect()
}

/// The only file of a cache.
fn entry(cache: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// Compiles the plugin beside a configuration.
fn compile(config: &Path, runtime: &str, more: &[&str]) -> PathBuf {
    let folder = config.parent().unwrap();
    let arguments = ["compile", "plugin.wat", "--runtime", runtime];
    let finished = Program::start(folder, arguments.iter().chain(more)).wait();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
    assert!(finished.stdout[0].starts_with(&format!("plugin.artifact: {runtime} ")), "{}", finished.printed());
    folder.join("plugin.artifact")
}

#[test]
fn the_second_start_takes_from_the_cache_what_the_first_compiled() {
    let bootstrap = plugin("plugin.wat", false);
    let config = bootstrap.write();
    for runtime in with_artifacts() {
        let root = tempfile::tempdir().unwrap();
        let cache = root.path().join("not there yet");
        let folder = cache.to_str().unwrap();
        assert_eq!(start(&config, Some(runtime), folder), ("compiled".to_owned(), vec![]));
        assert_eq!(start(&config, Some(runtime), folder), ("from cache".to_owned(), vec![]));
        assert_eq!(start(&config, Some(runtime), "none"), ("compiled".to_owned(), vec![]));
        // An entry is of one runtime.
        let others = with_artifacts().into_iter().filter(|other| *other != runtime);
        for other in others {
            assert_eq!(start(&config, Some(other), folder), ("compiled".to_owned(), vec![]));
        }
    }
    if runtimes().iter().any(|name| name == "wasmi") {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().to_str().unwrap();
        for _ in 0..2 {
            assert_eq!(start(&config, Some("wasmi"), folder), ("compiled".to_owned(), vec![]));
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_module_of_many_plugins_is_compiled_once() {
    let local = json!({"filename": "plugin.wat"});
    let inline = json!({"inline_string": GOOD});
    let mut bootstrap = plugin("plugin.wat", false);
    for (name, code) in [("second", local), ("third", inline)] {
        let vm = json!({"vm_id": name, "code": {"local": code}, "allow_precompiled": true});
        bootstrap = bootstrap.plugin_config(json!({"name": name, "vm_config": vm}));
    }
    let config = bootstrap.write();
    for runtime in runtimes() {
        let proxy = Proxy::start(&config, &["--runtime", runtime, "--cache-dir", "none"]);
        let finished = proxy.stop();
        let lines: Vec<_> = finished.stdout.iter().filter(|line| line.starts_with("plugin ")).collect();
        assert_eq!(lines.len(), 3, "{}", finished.printed());
        assert!(lines[1..].iter().all(|line| line.ends_with(", compiled in 0.0 ms")), "{lines:?}");
    }
}

#[test]
fn the_cache_is_where_the_environment_has_caches() {
    let root = tempfile::tempdir().unwrap();
    let bootstrap = plugin("plugin.wat", false);
    let config = bootstrap.write();
    for (key, folder) in [("XDG_CACHE_HOME", "tollgate"), ("HOME", ".cache/tollgate")] {
        let home = tempfile::tempdir().unwrap();
        let unset = if key == "HOME" { "XDG_CACHE_HOME" } else { "HOME" };
        let environment = [(unset, None), (key, Some(home.path()))];
        let arguments = ["validate", config.to_str().unwrap()];
        let finished = Program::start_in_environment(root.path(), arguments, environment).wait();
        assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
        let kept = fs::read_dir(home.path().join(folder)).unwrap().count();
        assert_eq!(kept, usize::from(runtimes()[0] != "wasmi"), "{key}");
    }
}

#[test]
fn a_damaged_entry_is_not_executed_and_mended() {
    let bootstrap = plugin("plugin.wat", false);
    let config = bootstrap.write();
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 5] = [
        ("it is not whole", |bytes| bytes.truncate(bytes.len() / 2)),
        ("it is damaged: its checksum is wrong", |bytes| {
            let place = bytes.len() - 100;
            bytes[place] ^= 1;
        }),
        ("it is damaged: its checksum is wrong", |bytes| {
            let place = bytes.len() / 2;
            bytes[place] ^= 1;
        }),
        ("it is not whole", |bytes| *bytes = b"\x7fELF and so on".to_vec()),
        ("it is not whole", Vec::clear),
    ];
    for runtime in with_artifacts() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().to_str().unwrap();
        start(&config, Some(runtime), folder);
        for (reason, damage) in damages {
            let entry = entry(cache.path());
            let mut bytes = fs::read(&entry).unwrap();
            damage(&mut bytes);
            fs::write(&entry, bytes).unwrap();
            let (origin, warnings) = start(&config, Some(runtime), folder);
            assert_eq!((origin.as_str(), warnings.len()), ("compiled", 1), "{reason}: {warnings:?}");
            assert!(warnings[0].contains(reason), "{warnings:?}");
            assert_eq!(start(&config, Some(runtime), folder), ("from cache".to_owned(), vec![]));
        }
        // What somebody else could have written is as if it were not there.
        fs::set_permissions(entry(cache.path()), Permissions::from_mode(0o666)).unwrap();
        assert_eq!(start(&config, Some(runtime), folder).0, "compiled");
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_a_warning() {
    let bootstrap = plugin("plugin.wat", false);
    let config = bootstrap.write();
    let root = tempfile::tempdir().unwrap();
    let shared = root.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o777)).unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for (folder, reason) in [(&shared, "others may write to it (its mode is 777)"), (&file, "exists")] {
        let (origin, warnings) = start(&config, None, folder.to_str().unwrap());
        assert_eq!((origin.as_str(), warnings.len()), ("compiled", 1), "{warnings:?}");
        assert!(
            warnings[0].contains("compiled plugins are not kept in") && warnings[0].contains(reason),
            "{warnings:?}"
        );
    }
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
}

#[test]
fn processes_that_start_at_once_share_a_cache() {
    let bootstrap = plugin("plugin.wat", false);
    let config = bootstrap.write();
    for runtime in with_artifacts() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().to_str().unwrap();
        let arguments = ["validate", config.to_str().unwrap(), "--runtime", runtime, "--cache-dir", folder];
        let programs: Vec<_> = (0..4).map(|_| Program::start(cache.path(), arguments)).collect();
        for program in programs {
            let finished = program.wait();
            assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
            assert_eq!(warnings(&finished), [""; 0]);
        }
        entry(cache.path());
        assert_eq!(start(&config, Some(runtime), folder), ("from cache".to_owned(), vec![]));
    }
}

#[test]
fn an_artefact_runs_where_the_configuration_allows_it() {
    for runtime in with_artifacts() {
        for target in [None, Some(tollgate_cache::target())] {
            let allowed = plugin("plugin.artifact", true);
            let config = allowed.write();
            let more: Vec<_> = target.iter().flat_map(|target| ["--target", target]).collect();
            compile(&config, runtime, &more);
            assert_eq!(start(&config, Some(runtime), "none"), ("precompiled".to_owned(), vec![]), "{target:?}");
            // It is its own best advice, where nobody names a runtime.
            assert_eq!(start(&config, None, "none"), ("precompiled".to_owned(), vec![]), "{target:?}");

            let not_allowed = plugin("plugin.artifact", false);
            let config = not_allowed.write();
            compile(&config, runtime, &more);
            let (origin, warnings) = start(&config, Some(runtime), "none");
            assert_eq!((origin.as_str(), warnings.len()), ("compiled", 1), "{warnings:?}");
            assert!(warnings[0].contains("vm_config.allow_precompiled is not true"), "{warnings:?}");
        }
    }
}

#[test]
fn an_artefact_that_does_not_fit_is_not_executed() {
    type Change = fn(&mut Artifact<'_>);
    let changes: [(&str, Change); 6] = [
        ("and the plugin is to run on", |artifact| artifact.identity.runtime = "another".into()),
        (" 0.0.1, and this is ", |artifact| artifact.identity.version = "0.0.1".into()),
        ("it is for vax, and this machine is ", |artifact| artifact.identity.target = "vax".into()),
        ("this processor lacks what it may use: magic", |artifact| artifact.identity.cpu.push("magic".into())),
        ("it was made by tollgate 0.0.1, and this is ", |artifact| artifact.identity.program = "0.0.1".into()),
        ("it was compiled with other settings of ", |artifact| artifact.identity.settings = [0; 32]),
    ];
    for runtime in with_artifacts() {
        let bootstrap = plugin("plugin.artifact", true);
        let config = bootstrap.write();
        let path = compile(&config, runtime, &[]);
        let good = fs::read(&path).unwrap();
        let artifact = Artifact::decode(&good).unwrap();
        let expect = |bytes: &[u8], reason: &str| {
            fs::write(&path, bytes).unwrap();
            let (origin, warnings) = start(&config, Some(runtime), "none");
            assert_eq!((origin.as_str(), warnings.len()), ("compiled", 1), "{reason}: {warnings:?}");
            assert!(warnings[0].contains("compiled instead") && warnings[0].contains(reason), "{warnings:?}");
        };
        for (reason, change) in changes {
            let mut changed = artifact.clone();
            change(&mut changed);
            expect(&changed.encode(), reason);
        }
        // The module has survived in these.
        expect(&good[..good.len() - 40], "it is cut off");
        let mut flipped = good.clone();
        let place = flipped.len() - 100;
        flipped[place] ^= 0x10;
        expect(&flipped, "its checksum is wrong");
        fs::set_permissions(&path, Permissions::from_mode(0o664)).unwrap();
        expect(&good, "others may write to it (its mode is 664)");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        fs::write(&path, &good).unwrap();
        assert_eq!(start(&config, Some(runtime), "none").0, "precompiled");

        // Not in these.
        let validate = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let finished = Program::start(path.parent().unwrap(), ["validate", config.to_str().unwrap()]).wait();
            assert_eq!(finished.status.code(), Some(1), "{}", finished.printed());
            finished.printed()
        };
        let refused = "the artefact cannot be used: it is cut off; and there is no module in it to compile instead";
        assert!(validate(&good[..100]).contains(refused));
        let without = Artifact { module: None, ..artifact.clone() }.encode();
        assert!(validate(&without).contains("its module is missing or another; and there is no module in it"));
        let mut swapped = artifact.clone();
        swapped.module = Some(b"(module)");
        assert!(validate(&swapped.encode()).contains("its module is missing or another; and there is no module in it"));
    }
}

#[test]
fn one_runtimes_artefact_is_compiled_anew_for_another() {
    let names = with_artifacts();
    for runtime in &names {
        let bootstrap = plugin("plugin.artifact", true);
        let config = bootstrap.write();
        compile(&config, runtime, &[]);
        for other in runtimes().iter().filter(|other| other != runtime) {
            let (origin, warnings) = start(&config, Some(other), "none");
            assert_eq!((origin.as_str(), warnings.len()), ("compiled", 1), "{warnings:?}");
            let reason = match other.as_str() {
                "wasmi" => "wasmi has no artefacts".to_owned(),
                _ => format!("it is for {runtime}, and the plugin is to run on {other}"),
            };
            assert!(warnings[0].contains(&reason), "{warnings:?}");
        }
    }
}

#[test]
fn what_a_runtime_cannot_compile_to_is_said() {
    let bootstrap = plugin("plugin.wat", false);
    let config = bootstrap.write();
    for runtime in runtimes() {
        let has_artefacts = with_artifacts().contains(&runtime.as_str());
        let arguments = ["compile", "plugin.wat", "--runtime", runtime, "--target", "s390x-unknown-linux-gnu"];
        let finished = Program::start(config.parent().unwrap(), arguments).wait();
        assert_eq!(finished.status.code(), Some(1), "{}", finished.printed());
        let said = if has_artefacts { "--target s390x-unknown-linux-gnu: " } else { "wasmi has no artefacts: " };
        assert!(finished.printed().contains(said), "{}", finished.printed());
        assert!(!config.with_file_name("plugin.artifact").exists());
    }
    let Some(runtime) = with_artifacts().first().copied() else { return };
    let artifact = compile(&config, runtime, &[]);
    let arguments = ["compile", artifact.to_str().unwrap(), "--runtime", runtime];
    let finished = Program::start(config.parent().unwrap(), arguments).wait();
    assert!(finished.printed().contains("this is an artefact already"), "{}", finished.printed());
}
