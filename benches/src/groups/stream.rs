//! `stream`: the whole life of an HTTP exchange without bodies: create, request headers, response headers, log, done,
//! delete. 20 request fields, 3 response fields. The floor is the sum of the engine's own calls.

use crate::case::{Run, portions, repeat};
use crate::host::Chain;
use crate::raw::{self, Imports, RawEngine};
use crate::{Case, guests, host};

const GROUP: &str = "stream";

/// Name, guest, plugins in the chain.
type Scenario = (&'static str, fn() -> Vec<u8>, usize);

const SCENARIOS: [Scenario; 4] = [
    ("empty", guests::empty, 1),
    ("empty_5_plugins", guests::empty, 5),
    ("empty_20_plugins", guests::empty, 20),
    ("get_1_add_1", guests::get_add, 1),
];

/// Bytes of the field that `get_1_add_1` reads.
const READ: usize = 36;

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (scenario, guest, plugins) in SCENARIOS {
        for runtime in host::runtimes() {
            let name = runtime.name();
            let prepare = move || {
                let (size, portion) = Chain::new(&*runtime, &guest(), plugins).streams();
                portions(size, portion)
            };
            cases.push(Case::new(GROUP, scenario, name, prepare));
        }
        for engine in raw::engines() {
            let name = engine.name();
            cases.push(Case::new(GROUP, scenario, name, move || floor(&*engine, &guest(), plugins)));
        }
    }
    cases
}

fn floor(engine: &dyn RawEngine, wasm: &[u8], plugins: usize) -> Run {
    let module = engine.compile(wasm, Imports::Bytes(READ));
    let mut instances: Vec<_> = (0..plugins).map(|_| module.instantiate()).collect();
    instances.iter_mut().for_each(|instance| instance.resolve());
    repeat(move || instances.iter_mut().for_each(|instance| instance.stream(1)))
}
