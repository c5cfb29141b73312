//! `instantiate`: a module compiled and linked becomes a plugin that runs, and goes again. Ours calls the guest's start
//! functions and its callbacks for start, configuration and end; the floor makes the engine's instance and no more.

use crate::case::repeat;
use crate::raw::{self, Imports};
use crate::{Case, guests, host};

const GROUP: &str = "instantiate";
const MODULES: [(&str, &[u8]); 2] = [("wat_1k", guests::SMALL), ("sdk_150k", guests::SDK)];

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (scenario, wasm) in MODULES {
        for runtime in host::runtimes() {
            let name = runtime.name();
            let prepare = move || {
                let plugin = host::plugin(&host::compile(&*runtime, wasm), "bench");
                let worker = host::worker();
                repeat(move || drop(worker.start(&plugin).expect("the guest starts")))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare));
        }
        for engine in raw::engines() {
            let name = engine.name();
            let prepare = move || {
                let module = engine.compile(wasm, Imports::Status);
                repeat(move || drop(module.instantiate()))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare));
        }
    }
    cases
}
