//! `compile`: from the bytes of a module to one that can be instantiated. Ours includes the checks.
//!
//! `..._cached` takes the engine's code from the cache on disk, as `tollgate run` does when it is started again; the
//! interpreter has no such code. The floor of the largest module is left out: it would take minutes, and differs from ours
//! by what the floor of the second shows.

use crate::case::{Run, repeat};
use crate::raw::{self, Imports};
use crate::{Case, guests, host};
use std::borrow::Cow;
use std::sync::Arc;
use tollgate_cache::{Identity, Store, cpu_features, hash, target};
use tollgate_host::plugin::PluginModule;
use tollgate_host::vm::{Artifact, Runtime};

const GROUP: &str = "compile";

/// A module to compile.
struct Scenario {
    name: &'static str,
    cached: &'static str,
    wasm: fn() -> Cow<'static, [u8]>,
    /// Whether the engines alone are measured, too.
    floor: bool,
}

const SCENARIOS: [Scenario; 3] = [
    Scenario { name: "wat_1k", cached: "wat_1k_cached", wasm: || guests::SMALL.into(), floor: true },
    Scenario { name: "sdk_150k", cached: "sdk_150k_cached", wasm: || guests::SDK.into(), floor: true },
    Scenario { name: "large_3m", cached: "large_3m_cached", wasm: || guests::large().into(), floor: false },
];

/// Most that the cache may hold: more than there is.
const LIMIT: u64 = 1 << 30;

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for Scenario { name: scenario, cached, wasm, floor } in SCENARIOS {
        for runtime in host::runtimes() {
            let name = runtime.name();
            let prepare = move || {
                let (runtime, wasm) = (runtime.clone(), wasm());
                repeat(move || drop(host::compile(&*runtime, &wasm)))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare).heavy());
        }
        for runtime in host::runtimes().filter(|runtime| runtime.capabilities().artifacts) {
            let name = runtime.name();
            let prepare = move || from_cache(runtime.clone(), wasm());
            cases.push(Case::new(GROUP, cached, name, prepare).heavy());
        }
        for engine in raw::engines().into_iter().filter(|_| floor) {
            let name = engine.name();
            let prepare = move || {
                let (engine, wasm) = (engine.clone(), wasm());
                repeat(move || drop(engine.compile(&wasm, Imports::Status)))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare).heavy());
        }
    }
    cases
}

/// Loads a module that was put into a cache before: its hash, the file, the checks of both, the engine.
fn from_cache(runtime: Arc<dyn Runtime>, wasm: Cow<'static, [u8]>) -> Run {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let store = Store::open(&folder.path().join("cache"), LIMIT).expect("the folder is ours");
    let identity = identity(&*runtime);
    let code = host::compile(&*runtime, &wasm).serialize().expect("the engine has artefacts");
    let code = code.expect("the module can be serialized");
    store.save(&hash(&wasm), &identity, &code).expect("the folder can be written to");
    repeat(move || {
        let entry = store.load(&hash(&wasm), &identity).expect("the entry is whole").expect("the entry is there");
        let artifact = Artifact::vouched_for_in_file(entry.file(), entry.code_length());
        drop(PluginModule::load(&*runtime, &wasm, artifact).expect("the engine takes its own code"));
        // Until here it must exist.
        std::hint::black_box(&folder);
    })
}

fn identity(runtime: &dyn Runtime) -> Identity {
    let settings = runtime.compatibility(None).expect("the engine works here").expect("the engine has artefacts");
    Identity {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        runtime: runtime.name().to_owned(),
        version: runtime.version().to_owned(),
        target: target(),
        cpu: cpu_features(),
        settings: hash(&settings),
    }
}
