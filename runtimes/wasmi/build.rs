//! Tells the crate which wasmi it is built with. wasmi does not say, but the manifest pins it exactly.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let here = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let here = Path::new(&here);
    // Published, the pin is in the crate's own manifest (`[dependencies.wasmi]`); here it is in the workspace's.
    let manifests = [here.join("Cargo.toml"), here.join("../../Cargo.toml")];
    let version = manifests.iter().find_map(|path| {
        println!("cargo::rerun-if-changed={}", path.display());
        pin(&fs::read_to_string(path).ok()?)
    });
    let version = version.expect("a manifest has a line like `wasmi = { version = \"=1.2.3\" ... }`");
    println!("cargo::rustc-env=WASMI_VERSION={version}");
}

/// The version in `wasmi = { version = "=1.2.3"`, on one line or in a table of its own.
fn pin(manifest: &str) -> Option<String> {
    let mut lines =
        manifest.lines().skip_while(|line| !line.starts_with("wasmi = {") && *line != "[dependencies.wasmi]");
    let first = lines.next()?;
    let line = if first.starts_with('[') { lines.find(|line| line.starts_with("version"))? } else { first };
    let (_, rest) = line.split_once("version = \"=")?;
    let (version, _) = rest.split_once('"')?;
    Some(version.to_owned())
}
