//! Runs this example on every runtime; see `../smoke/mod.rs`. With the 0 in the plugin changed to 1, as its README says, it
//! serves.

#[path = "../smoke/mod.rs"]
mod smoke;

use smoke::Copy;
use smoke::support::proxy::Proxy;
use std::fs;
use std::path::Path;

fn main() -> std::process::ExitCode {
    let folder = smoke::example("tiny-refuses");
    smoke::Smoke::of("tiny-refuses")
        .on_each_runtime("serves_with_1_in_place_of_0", move |runtime| serves_with_1(&folder, runtime))
        .run()
}

fn serves_with_1(example: &Path, runtime: &str) {
    let source = fs::read_to_string(example.join("plugin.wat")).expect("the plugin's source");
    let (head, tail) = source.rsplit_once("(i32.const 0)").expect("the callback's answer");
    let copy = Copy::of(example, |config| config.replace("filename: plugin.wasm", "filename: plugin.wat"));
    fs::write(copy.path("plugin.wat"), format!("{head}(i32.const 1){tail}")).expect("the folder can be written");

    let proxy = Proxy::start(&copy.path("envoy.yaml"), &["--runtime", runtime]);
    let response = proxy.connect().get("/").expect("an answer");
    assert_eq!((response.head.status(), response.text()), (200, "hello world\n"));
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}
