//! `compile`: from the bytes of a module to one that can be instantiated, nothing cached. Ours includes the checks.

use crate::case::repeat;
use crate::raw::{self, Imports};
use crate::{Case, guests, host};

const GROUP: &str = "compile";
const MODULES: [(&str, &[u8]); 2] = [("wat_1k", guests::SMALL), ("sdk_150k", guests::SDK)];

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (scenario, wasm) in MODULES {
        for runtime in host::runtimes() {
            let name = runtime.name();
            let prepare = move || {
                let runtime = runtime.clone();
                repeat(move || drop(host::compile(&*runtime, wasm)))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare).heavy());
        }
        for engine in raw::engines() {
            let name = engine.name();
            let prepare = move || {
                let engine = engine.clone();
                repeat(move || drop(engine.compile(wasm, Imports::Status)))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare).heavy());
        }
    }
    cases
}
