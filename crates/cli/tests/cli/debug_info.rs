//! A failure shows lines of source, where the module has debugging information and the engine a stack.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::runtimes;
use crate::support::proxy::Proxy;
use serde_json::json;

/// What `debug_info/trap.rs` says that it was made with.
const TRAP: &[u8] = include_bytes!("debug_info/trap.wasm");
const SOURCE: &str = include_str!("debug_info/trap.rs");

/// The line of the plugin's source that has this.
fn line_of(text: &str) -> usize {
    SOURCE.lines().position(|line| line.contains(text)).expect("it is there") + 1
}

#[test]
fn a_trap_names_lines_of_source_whether_compiled_or_kept() {
    let vm = json!({"code": {"local": {"filename": "plugin.wasm"}}});
    for runtime in runtimes() {
        let bootstrap = Bootstrap::new()
            .route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
            .plugin_config(json!({"name": "p", "vm_config": vm}))
            .file("plugin.wasm", TRAP);
        let config = bootstrap.write();
        let cache = config.with_file_name("cache");
        let caller = "at proxy_on_request_headers at 0x";
        let line = format!("trap.rs:{})", line_of("innermost(context"));
        for start in ["compiled", "kept"] {
            let proxy = Proxy::start(&config, &["--runtime", runtime, "--cache-dir", cache.to_str().unwrap()]);
            assert_eq!(proxy.connect().get("/").unwrap().head.status(), 503);
            let finished = proxy.stop();
            let frame = finished.stderr.iter().find(|said| said.contains(caller));
            // An interpreter has no stack to show.
            assert_eq!(frame.is_some(), runtime != "wasmi", "{runtime}: {start}: {}", finished.printed());
            assert!(frame.is_none_or(|frame| frame.trim_end().ends_with(&line)), "{runtime}: {start}: {frame:?}");
        }
    }
}

/// What has become of the file since is another module's.
#[test]
fn a_file_that_has_changed_is_not_believed() {
    let vm = json!({"code": {"local": {"filename": "plugin.wasm"}}});
    for runtime in runtimes().iter().filter(|name| *name != "wasmi") {
        let bootstrap = Bootstrap::new()
            .route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
            .plugin_config(json!({"name": "p", "vm_config": vm}))
            .file("plugin.wasm", TRAP);
        let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime, "--cache-dir", "none"]);
        let mut other = TRAP.to_vec();
        other.extend_from_slice(b"\0\x02\x01x");
        let bootstrap = bootstrap.file("plugin.wasm", other);
        assert_eq!(proxy.connect().get("/").unwrap().head.status(), 503);
        let finished = proxy.stop();
        let frame = finished.stderr.iter().find(|said| said.contains("at proxy_on_request_headers at 0x"));
        assert!(frame.is_some_and(|frame| !frame.contains("trap.rs")), "{runtime}: {}", finished.printed());
        drop(bootstrap);
    }
}
