//! Smoke tests of the examples: each is run on every runtime that is built in, and must do what its `expected.txt` says
//! (`README.md` beside this folder tells how to read that). Ports and the upstream are the test's own, so that tests can
//! run side by side; nothing else of an example is changed.

#[path = "../../crates/cli/tests/support/mod.rs"]
pub(crate) mod support;

mod dialogue;
mod expected;

use libtest_mimic::{Arguments, Failed, Trial};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use support::program::runtimes;
use support::upstream::{Upstream, echo};
use tempfile::TempDir;

/// The smoke test of one example.
pub(crate) struct Smoke(Vec<Trial>);

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// An example copied to where ports can be changed.
pub(crate) struct Copy {
    folder: TempDir,
    /// Serves as long as the copy is there.
    upstream: Option<Upstream>,
}

impl Smoke {
    /// Of the example with this name: its `expected.txt` on every runtime, and `plugin.wasm` against its source.
    pub(crate) fn of(name: &str) -> Self {
        let folder = example(name);
        let source = folder.join("plugin.wat");
        let smoke = Self(Vec::new()).on_each_runtime("expected", move |runtime| dialogue::hold(&folder, runtime));
        if source.exists() {
            smoke.trial("plugin_wasm_is_plugin_wat", move || is_built_from(&source))
        } else {
            // Its source is not built here.
            let folder = example(name);
            smoke.trial("checksum", move || has_its_checksum(&folder))
        }
    }

    /// One more test.
    pub(crate) fn trial(mut self, name: &str, test: impl FnOnce() + Send + 'static) -> Self {
        let test = move || -> Result<(), Failed> {
            test();
            Ok(())
        };
        self.0.push(Trial::test(name, test));
        self
    }

    /// One more test, which is run on every runtime and given its name.
    pub(crate) fn on_each_runtime(self, name: &str, test: impl Fn(&str) + Clone + Send + 'static) -> Self {
        runtimes().iter().fold(self, |smoke, runtime| {
            let test = test.clone();
            smoke.trial(&format!("{runtime}/{name}"), move || test(runtime))
        })
    }

    /// Runs what the command line selects.
    pub(crate) fn run(self) -> ExitCode {
        libtest_mimic::run(&Arguments::from_args(), self.0).exit_code()
    }
}

impl Copy {
    /// Copies an example, with its configuration changed by `edit` besides.
    pub(crate) fn of(example: &Path, edit: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut config = fs::read_to_string(example.join("envoy.yaml")).expect("every example has a configuration");
        for fixed in ["port_value: 18000", "port_value: 9901"] {
            assert!(config.contains(fixed), "{fixed} is where all examples listen");
            config = config.replace(fixed, "port_value: 0");
        }
        let upstream = config.contains("port_value: 18080").then(|| Upstream::start(echo));
        if let Some(upstream) = &upstream {
            config = config.replace("port_value: 18080", &format!("port_value: {}", upstream.address.port()));
        }
        fs::write(folder.path().join("envoy.yaml"), edit(config)).expect("the folder can be written");
        fs::copy(example.join("plugin.wasm"), folder.path().join("plugin.wasm")).expect("every example has a plugin");
        Self { folder, upstream }
    }

    /// A file in the copy.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn has_its_checksum(folder: &Path) {
    let module = fs::read(folder.join("plugin.wasm")).expect("the built plugin is in the tree");
    let mut line = String::new();
    for byte in Sha256::digest(&module) {
        write!(line, "{byte:02x}").expect("text grows");
    }
    line.push_str("  plugin.wasm\n");
    let kept = fs::read_to_string(folder.join("plugin.wasm.sha256")).expect("so is its checksum");
    assert_eq!(line, kept, "plugin.wasm was changed; run examples/rebuild.sh");
}

fn is_built_from(source: &Path) {
    let built = wat::parse_file(source).unwrap_or_else(|error| panic!("{error}"));
    let kept = fs::read(source.with_extension("wasm")).expect("a plugin.wasm lies beside");
    assert!(built == kept, "plugin.wasm is not what plugin.wat says: wasm-tools parse plugin.wat -o plugin.wasm");
}
