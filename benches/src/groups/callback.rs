//! `callback`: the guest is entered once and does nothing.
//!
//! `body` hands an empty piece of a body to a stream whose plugin has an empty body callback: the shortest way into a
//! guest that the host's interface has. `no_callback` is the same with a plugin that exports no such callback, which the
//! piece passes by.
//!
//! `life` is that of a stream with a plugin of empty callbacks, and `life_less_one` is the same where one of them,
//! `proxy_on_request_headers`, is missing: the difference is what an empty callback costs.

use crate::case::{Run, measured, portions};
use crate::host::{Chain, Life};
use crate::native::Filter;
use crate::raw::{self, Callback, Imports};
use crate::{Case, guests, host};
use tollgate_host::vm::Runtime;

const GROUP: &str = "callback";

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for runtime in host::subjects(|| Filter::EMPTY.plugin()) {
        let name = runtime.name();
        let other = runtime.clone();
        cases.push(Case::new(GROUP, "body", name, move || body(&*runtime, &guests::empty())));
        cases.push(Case::new(GROUP, "no_callback", name, move || body(&*other, &guests::get_add())));
    }
    for runtime in host::runtimes() {
        let name = runtime.name();
        let other = runtime.clone();
        cases.push(Case::new(GROUP, "life", name, move || life(&*runtime, &guests::empty())));
        cases.push(Case::new(GROUP, "life_less_one", name, move || life(&*other, &guests::empty_less_one())));
    }
    for engine in raw::engines() {
        let name = engine.name();
        let prepare = move || -> Run {
            let mut instance = engine.compile(&guests::empty(), Imports::Status).instantiate();
            instance.resolve();
            Box::new(move |times| measured(|| instance.callback(Callback::RequestBody, times)).1)
        };
        cases.push(Case::new(GROUP, "body", name, prepare));
    }
    cases
}

fn life(runtime: &dyn Runtime, wasm: &[u8]) -> Run {
    let (size, portion) = Chain::new(runtime, wasm, 1).streams(Life::PLAIN);
    portions(size, portion)
}

fn body(runtime: &dyn Runtime, wasm: &[u8]) -> Run {
    Chain::new(runtime, wasm, 1).bodies()
}
