//! The page of the admin interface, in a browser without a window: what it shows, and that nothing of what it shows is taken
//! for markup. It needs `chromium`, and is run by `.ci/run page`.

#[path = "support/mod.rs"]
mod support;

use serde_json::json;
use std::process::Command;
use support::bootstrap::{Bootstrap, direct_response};
use support::proxy::Proxy;

/// Traps in requests.
const TRAPPING: &str = r#"(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) unreachable))"#;

/// The page once its script has run for five seconds of its own time.
fn page(proxy: &Proxy) -> String {
    let profile = tempfile::tempdir().expect("a folder can be made");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--virtual-time-budget=5000", "--dump-dom", &format!("http://{}/", proxy.admin_address())])
        .output()
        .expect("chromium starts; .ci/run page installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a document is text")
}

#[test]
fn it_shows_what_there_is_and_takes_no_name_for_markup() {
    let name = "<img src=x onerror=document.title='taken'>";
    let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"));
    let bootstrap = bootstrap.plugin_with("trapping", TRAPPING, &[("name", json!(name))]);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(proxy.connect().get("/<b>path</b>").expect("an answer").head.status(), 503);
    let page = page(&proxy);
    for shown in [
        ">LIVE<",
        "&lt;img src=x onerror=document.title='taken'&gt;",
        "trapping.wasm",
        ">failed<",
        "last trap: proxy_on_request_headers",
        "GET localhost/&lt;b&gt;path&lt;/b&gt;",
        &proxy.address().to_string(),
        "<title>Tollgate</title>",
        "requests / s",
    ] {
        assert!(page.contains(shown), "{shown:?} is not in\n{page}");
    }
    assert!(!page.contains("<img") && !page.contains("does not answer"), "{page}");
}
