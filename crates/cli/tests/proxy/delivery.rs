//! Plugins whose code is fetched, by the program as a whole. What is taken from servers and registries, and what is not, is in
//! `crates/fetch/tests`.

use super::reload::{generation, saying};
use crate::support::bootstrap::Bootstrap;
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A server of one module, which a test exchanges; `None` is answered with 503.
struct Code {
    server: Upstream,
    module: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Code {
    fn new(text: &str) -> Self {
        let module = Arc::new(Mutex::new(Some(binary(text))));
        let served = module.clone();
        let server = Upstream::start(move |wire| {
            wire.request()?;
            let module = served.lock().unwrap().clone();
            match module {
                Some(module) => {
                    wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", module.len()))?;
                    wire.send(module)
                }
                None => wire.send("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n"),
            }
        });
        Self { server, module }
    }

    fn becomes(&self, text: Option<&str>) {
        *self.module.lock().unwrap() = text.map(binary);
    }

    /// A configuration whose only plugin is there, pinned or not.
    fn configuration(&self, pinned: Option<&str>) -> Bootstrap {
        let sha256 = pinned.map(|text| hexadecimal(&Sha256::digest(binary(text)))).unwrap_or_default();
        saying("hello\n").cluster(self.server.address).plugin_config(plugin(&json!({
            // The address is the cluster's.
            "http_uri": {"uri": "http://code.invalid/p.wasm", "cluster": "upstream", "timeout": "30s"},
            "sha256": sha256,
            "retry_policy": {"num_retries": 0},
        })))
    }
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the plugin's text is right")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn plugin(remote: &Value) -> Value {
    json!({"name": "p", "root_id": "p", "vm_config": {"code": {"remote": remote}}})
}

fn header(proxy: &Proxy) -> Option<String> {
    proxy.connect().get("/").unwrap().head.field("x-generation").map(str::to_owned)
}

/// Runs it to its end, which comes before it listens.
fn refused(bootstrap: &Bootstrap, cache: &Path) -> String {
    let path = bootstrap.write();
    let arguments = ["run", path.to_str().unwrap(), "--cache-dir", cache.to_str().unwrap()];
    let finished = Program::start(Path::new("/"), arguments).wait();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.printed());
    assert!(finished.stdout.is_empty(), "nothing listens: {:?}", finished.stdout);
    finished.printed()
}

#[test]
fn code_is_there_before_anything_listens_and_is_kept_for_the_next_start() {
    let cache = tempfile::tempdir().unwrap();
    let text = generation("fetched");
    let code = Code::new(&text);
    let bootstrap = code.configuration(Some(&text));
    let arguments = ["--cache-dir", cache.path().to_str().unwrap()];
    for (run, way) in [(1, "(fetched), "), (2, "(kept), ")] {
        let proxy = Proxy::start(&bootstrap.write(), &arguments);
        assert_eq!(header(&proxy).as_deref(), Some("fetched"));
        assert_eq!(code.server.connections(), 1, "run {run}");
        let finished = proxy.stop();
        assert!(finished.stdout.iter().any(|line| line.contains(way)), "{}", finished.printed());
        // What is pinned and there needs nobody.
        code.becomes(None);
    }
}

#[test]
fn without_its_code_the_proxy_does_not_start() {
    let cache = tempfile::tempdir().unwrap();
    let (text, other) = (generation("one"), generation("other"));
    let code = Code::new(&text);
    let printed = refused(&code.configuration(Some(&other)), cache.path());
    assert!(printed.contains("code.remote.http_uri.uri: the code of plugin \"p\" cannot be fetched: "), "{printed}");
    assert!(printed.contains("has another module than sha256 says"), "{printed}");
    code.becomes(None);
    let printed = refused(&code.configuration(None), cache.path());
    assert!(printed.contains("has answered 503"), "{printed}");
    assert!(printed.contains("this code is not pinned"), "{printed}");
    code.becomes(Some(&text));
    let unsigned = code.configuration(None).policy("p", json!({"signed_by": ["aa".repeat(32)]}));
    let printed = refused(&unsigned, cache.path());
    assert!(printed.contains("plugin \"p\" must not run: "), "{printed}");
}

#[test]
fn a_reload_fetches_what_may_have_changed_and_keeps_what_serves() {
    let cache = tempfile::tempdir().unwrap();
    let code = Code::new(&generation("one"));
    let bootstrap = code.configuration(None);
    let proxy = Proxy::start(&bootstrap.write(), &["--cache-dir", cache.path().to_str().unwrap()]);
    assert_eq!(header(&proxy).as_deref(), Some("one"));
    code.becomes(Some(&generation("two")));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(header(&proxy).as_deref(), Some("two"));
    // The last good one of an address that is not pinned.
    code.becomes(None);
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(header(&proxy).as_deref(), Some("two"));
    // Pinned to what cannot be had.
    bootstrap.replace_with(&code.configuration(Some(&generation("three"))));
    let (status, text) = proxy.reload();
    assert_eq!(status, 400);
    assert!(text.contains("cannot be fetched: ") && text.contains("has answered 503"), "{text}");
    assert_eq!(header(&proxy).as_deref(), Some("two"));
    // What is no plugin is not taken, and not served either.
    bootstrap.replace_with(&code.configuration(None));
    code.becomes(Some("(module)"));
    assert_eq!(proxy.reload().0, 400);
    assert_eq!(header(&proxy).as_deref(), Some("two"));
    // Nor is it the last good one now.
    code.becomes(None);
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(header(&proxy).as_deref(), Some("two"));
}

#[test]
fn a_signal_to_stop_does_not_wait_for_a_reload() {
    let (asked, is_asked) = std::sync::mpsc::channel();
    let asked = Mutex::new(asked);
    // Takes the request and never answers.
    let server = Upstream::start(move |wire| {
        wire.request()?;
        asked.lock().unwrap().send(()).map_err(std::io::Error::other)?;
        wire.request().map(drop)
    });
    let bootstrap = saying("hello\n");
    let proxy = Proxy::start(&bootstrap.write(), &["--fetch-timeout", "none", "--drain-time-s", "0"]);
    bootstrap.replace_with(&saying("hello\n").cluster(server.address).plugin_config(plugin(&json!({
        "http_uri": {"uri": "http://code.invalid/p.wasm", "cluster": "upstream", "timeout": "3600s"},
        "sha256": "aa".repeat(32),
    }))));
    proxy.program().signal("HUP");
    is_asked.recv_timeout(crate::support::PATIENCE).unwrap();
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    assert_eq!(proxy.stop().status.code(), Some(0));
}

/// A helper that knows one user. It stands in a folder that is all of `PATH`.
const HELPER: &str = "#!/bin/sh\n[ \"$1\" = get ] && echo '{\"Username\": \"me\", \"Secret\": \"hush\"}'\n";

#[test]
fn a_helper_in_the_path_tells_a_registry_who_we_are() {
    use base64::Engine as _;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let module = binary(&generation("image"));
    let digest = |bytes: &[u8]| format!("sha256:{}", hexadecimal(&Sha256::digest(bytes)));
    let layer = digest(&module);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": layer, "size": module.len()},
        "layers": [{"mediaType": "application/wasm", "digest": layer, "size": module.len()}],
    })
    .to_string()
    .into_bytes();
    let basic = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode("me:hush"));
    let registry = Upstream::start(move |wire| {
        loop {
            let request = wire.request()?;
            let is_me = request.head.field("authorization") == Some(&*basic);
            let (kind, body) = match () {
                () if !is_me => {
                    wire.send("HTTP/1.1 401 X\r\nwww-authenticate: Basic realm=\"r\"\r\ncontent-length: 0\r\n\r\n")?;
                    continue;
                }
                () if request.head.first_line.contains("/manifests/") => {
                    ("application/vnd.oci.image.manifest.v1+json", &manifest)
                }
                () => ("application/octet-stream", &module),
            };
            wire.send(format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len()))?;
            if !request.head.first_line.starts_with("HEAD ") {
                wire.send(body)?;
            }
        }
    });
    let helper = folder.path().join("docker-credential-scripted");
    std::fs::write(&helper, HELPER).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let docker = folder.path().join("config.json");
    let image = json!({"http_uri": {"uri": format!("oci://{}/p:1", registry.address), "timeout": "30s"}, "retry_policy": {"num_retries": 0}});
    let bootstrap = saying("hello\n").plugin_config(plugin(&image));
    let config = bootstrap.write();
    for (name, path, expected) in [
        ("scripted", folder.path(), None),
        ("missing", folder.path(), Some("docker-credential-missing cannot be run: ")),
        ("scripted", Path::new("/nowhere"), Some("it has to be in a folder of PATH")),
    ] {
        let registries = json!({"credHelpers": {registry.address.to_string(): name}});
        std::fs::write(&docker, registries.to_string()).unwrap();
        let arguments = [
            "validate",
            config.to_str().unwrap(),
            "--cache-dir",
            "none",
            "--registry-config",
            docker.to_str().unwrap(),
        ];
        let finished = Program::start_in_environment(Path::new("/"), arguments, [("PATH", Some(path))]).wait();
        assert_eq!(finished.status.code(), Some(i32::from(expected.is_some())), "{}", finished.printed());
        assert!(expected.is_none_or(|why| finished.printed().contains(why)), "{}", finished.printed());
        assert!(!finished.printed().contains("hush"));
    }
}
