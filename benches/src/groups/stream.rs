//! `stream`: the whole life of an HTTP exchange: create, request headers, body if there is one, response headers, log, done,
//! delete. 20 request fields unless the scenario says otherwise, 3 response fields. The floor is the sum of the engine's own
//! calls.

use crate::case::{Run, measured, portions};
use crate::host::{Chain, Life};
use crate::native::Filter;
use crate::raw::{self, Callback, Imports, RawEngine};
use crate::{Case, guests, host, input};
use tollgate_host::stream::HttpStream;
use tollgate_host::vm::Runtime;

const GROUP: &str = "stream";

/// A chain and what passes it.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    guest: fn() -> Vec<u8>,
    /// The guest in Rust.
    native: Filter,
    /// Plugins in the chain.
    plugins: usize,
    life: Life,
    /// Bytes that the guest is handed at once, for the floor.
    bytes: usize,
    /// Other streams that are under way.
    others: usize,
    /// Plugins that share a VM, of which the first is the chain's and the others see no streams.
    spectators: usize,
}

const EMPTY: Scenario = Scenario {
    name: "empty",
    guest: guests::empty,
    native: Filter::EMPTY,
    plugins: 1,
    life: Life::PLAIN,
    bytes: 0,
    others: 0,
    spectators: 0,
};
const GET_ADD: Scenario =
    Scenario { name: "get_1_add_1", guest: guests::get_add, native: Filter::GET_ADD, bytes: 36, ..EMPTY };

const SCENARIOS: [Scenario; 13] = [
    EMPTY,
    Scenario { name: "empty_5_plugins", plugins: 5, ..EMPTY },
    Scenario { name: "empty_20_plugins", plugins: 20, ..EMPTY },
    GET_ADD,
    Scenario { name: "get_1_add_1_20_plugins", plugins: 20, ..GET_ADD },
    Scenario { name: "headers_200", life: Life { fields: 200, pieces: 0 }, ..GET_ADD },
    Scenario { name: "headers_1000", life: Life { fields: 1000, pieces: 0 }, ..GET_ADD },
    Scenario { name: "live_1", others: 1, ..GET_ADD },
    Scenario { name: "live_1000", others: 1_000, ..GET_ADD },
    Scenario { name: "live_10000", others: 10_000, ..GET_ADD },
    Scenario { name: "configured_1000", spectators: 1_000, ..GET_ADD },
    Scenario { name: "pairs_20", guest: guests::pairs, native: Filter::PAIRS, bytes: 848, ..EMPTY },
    Scenario {
        name: "body_64k_16_pieces",
        guest: guests::body,
        native: Filter::BODY,
        life: Life { fields: 20, pieces: 16 },
        bytes: host::PIECE,
        ..EMPTY
    },
];

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for scenario in SCENARIOS {
        for runtime in host::subjects(move || scenario.native.plugin()) {
            let name = runtime.name();
            cases.push(Case::new(GROUP, scenario.name, name, move || ours(&*runtime, scenario)));
        }
        if scenario.name == EMPTY.name {
            for runtime in host::subjects(move || scenario.native.plugin()) {
                let name = runtime.name();
                cases.push(Case::new(GROUP, "isolated", name, move || isolated(&*runtime, scenario)));
            }
        }
        // An engine knows nothing of fields, other streams or other plugins.
        if scenario.life.fields != Life::PLAIN.fields || scenario.others > 0 || scenario.spectators > 0 {
            continue;
        }
        for engine in raw::engines() {
            let name = engine.name();
            cases.push(Case::new(GROUP, scenario.name, name, move || floor(&*engine, scenario)));
        }
    }
    cases
}

fn ours(runtime: &dyn Runtime, scenario: Scenario) -> Run {
    let Scenario { guest, plugins, life, others, spectators, .. } = scenario;
    let worker = host::worker();
    let plugin = host::plugin(&host::compile(runtime, &guest()), "shared", guests::SDK_CONFIGURATION);
    let start = |_| worker.start(&plugin).expect("the guest starts");
    let spectators: Vec<_> = (0..spectators).map(start).collect();
    let chain = match spectators.first() {
        Some(first) => Chain::of([first.clone()]),
        None => Chain::on(&worker, runtime, &guest(), plugins),
    };
    let others: Vec<_> = (0..others).map(|_| under_way(&chain)).collect();
    lives(chain, life, (others, spectators))
}

/// Each stream has an instance of its own, which is started with it and goes with it.
fn isolated(runtime: &dyn Runtime, scenario: Scenario) -> Run {
    let chain = Chain::isolated(runtime, &(scenario.guest)(), guests::SDK_CONFIGURATION);
    lives(chain, scenario.life, ())
}

/// Lives of streams while something else is there.
fn lives<T: 'static>(chain: Chain, life: Life, else_there: T) -> Run {
    let (size, mut portion) = chain.streams(life);
    portions(size, move || {
        std::hint::black_box(&else_there);
        portion()
    })
}

/// A stream whose request has come and whose response has not.
fn under_way(chain: &Chain) -> HttpStream {
    let mut stream = chain.open();
    stream.handle_request_headers(input::request(), true);
    host::drain(&mut stream);
    stream
}

fn floor(engine: &dyn RawEngine, scenario: Scenario) -> Run {
    let module = engine.compile(&(scenario.guest)(), Imports::Bytes(scenario.bytes));
    let mut instances: Vec<_> = (0..scenario.plugins).map(|_| module.instantiate()).collect();
    instances.iter_mut().for_each(|instance| instance.resolve());
    let pieces = scenario.life.pieces as u64;
    Box::new(move |times| {
        let one = || {
            for instance in &mut instances {
                instance.stream(1);
                if pieces > 0 {
                    instance.callback(Callback::RequestBody, pieces);
                }
            }
        };
        measured(|| std::iter::repeat_with(one).take(times as usize).for_each(drop)).1
    })
}

#[cfg(test)]
mod tests {
    use super::SCENARIOS;
    use crate::input;
    use tollgate_abi::encoding::pairs;

    #[test]
    fn the_floors_copy_as_many_bytes_as_the_host() {
        let bytes = |name: &str| SCENARIOS.iter().find(|scenario| scenario.name == name).map(|scenario| scenario.bytes);
        let request = input::request();
        assert_eq!(bytes("get_1_add_1"), request.value(input::READ.as_bytes()).map(bytes::Bytes::len));
        assert_eq!(bytes("pairs_20"), Some(pairs::encode(request.pairs()).len()));
    }
}
