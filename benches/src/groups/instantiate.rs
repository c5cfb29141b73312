//! `instantiate`: a module compiled and linked becomes a plugin that runs, and goes again. Ours calls the guest's start
//! functions and its callbacks for start, configuration and end; the floor makes the engine's instance and no more.
//!
//! The floor stands in three scenarios: as ours does it, with imports linked beforehand as far as the engine can;
//! `..._cold`, imports linked each time; `..._pooled`, from memory that is kept ready, which wasmtime alone can. Ours makes
//! few instances and keeps them, one per thread and plugin, and has no pool.

use crate::case::repeat;
use crate::raw::{self, Imports};
use crate::{Case, guests, host};

const GROUP: &str = "instantiate";

/// A module to instantiate.
struct Scenario {
    name: &'static str,
    cold: &'static str,
    pooled: &'static str,
    wasm: &'static [u8],
}

const SCENARIOS: [Scenario; 2] = [
    Scenario { name: "wat_1k", cold: "wat_1k_cold", pooled: "wat_1k_pooled", wasm: guests::SMALL },
    Scenario { name: "sdk_150k", cold: "sdk_150k_cold", pooled: "sdk_150k_pooled", wasm: guests::SDK },
];

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for Scenario { name: scenario, cold, pooled, wasm } in SCENARIOS {
        for runtime in host::runtimes() {
            let name = runtime.name();
            let prepare = move || {
                let plugin = host::plugin(&host::compile(&*runtime, wasm), "bench", guests::SDK_CONFIGURATION);
                let worker = host::worker();
                repeat(move || drop(worker.start(&plugin).expect("the guest starts")))
            };
            cases.push(Case::new(GROUP, scenario, name, prepare));
        }
        let of_engine = |scenario, engine: std::rc::Rc<dyn raw::RawEngine>| {
            let name = engine.name();
            let prepare = move || {
                let module = engine.compile(wasm, Imports::Status);
                repeat(move || drop(module.instantiate()))
            };
            Case::new(GROUP, scenario, name, prepare)
        };
        for engine in raw::engines() {
            cases.push(of_engine(scenario, engine.clone()));
            let name = engine.name();
            let prepare = move || {
                let module = engine.compile(wasm, Imports::Status);
                repeat(move || drop(module.link().instantiate()))
            };
            cases.push(Case::new(GROUP, cold, name, prepare));
        }
        cases.extend(raw::pooled_engines().into_iter().map(|engine| of_engine(pooled, engine)));
    }
    cases
}
