//! No example without a smoke test.

use std::fs;
use std::path::Path;

#[test]
fn has_a_smoke_test() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let targets = fs::read_to_string(manifest.join("Cargo.toml")).unwrap();
    let mut examples = 0;
    for entry in fs::read_dir(manifest.join("../../examples")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if !folder.join("envoy.yaml").exists() {
            continue;
        }
        examples += 1;
        for file in ["README.md", "expected.txt", "smoke.rs"] {
            assert!(folder.join(file).exists(), "examples/{name} needs a {file}; the other examples show how");
        }
        let path = format!("path = \"../../examples/{name}/smoke.rs\"");
        assert!(targets.contains(&path), "crates/cli/Cargo.toml needs a [[test]] with {path}");
    }
    assert!(examples >= 7, "the examples are where they were");
}
