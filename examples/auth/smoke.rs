//! Runs this example on every runtime; see `../smoke/mod.rs`. Its plugin is Rust, built elsewhere, and so has a checksum.

#[path = "../smoke/mod.rs"]
mod smoke;

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn main() -> std::process::ExitCode {
    let folder = smoke::example("auth");
    smoke::Smoke::of("auth").trial("checksum", move || has_its_checksum(&folder)).run()
}

fn has_its_checksum(folder: &Path) {
    let module = fs::read(folder.join("plugin.wasm")).expect("the built plugin is in the tree");
    let mut line = String::new();
    for byte in Sha256::digest(&module) {
        write!(line, "{byte:02x}").expect("text grows");
    }
    line.push_str("  plugin.wasm\n");
    let kept = fs::read_to_string(folder.join("plugin.wasm.sha256")).expect("so is its checksum");
    assert_eq!(line, kept, "plugin.wasm was changed; run examples/auth/rebuild.sh");
}
