//! `hostcall`: the guest calls the host, many times within one callback; the figures are per call.
//!
//! Two floors: `raw_*` is an imported function of the same type that answers 0 at once; `raw_*_alloc`, for functions that
//! hand bytes to the guest, calls the guest's allocator and copies as many bytes.

use crate::case::{Run, measured, portions};
use crate::host::{Chain, drain, roomy};
use crate::native::{self, Filter};
use crate::raw::{self, Callback, Imports};
use crate::{Case, guests, host, input};
use bytes::Bytes;
use tollgate_abi::callbacks::rows;
use tollgate_host::vm::Runtime;

const GROUP: &str = "hostcall";

/// A body of which calls read a part or all.
const BODY: usize = 64 * 1024;

/// A host call to measure.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    /// As tollgate-testkit writes it.
    call: &'static str,
    /// Made once in each callback, before the calls.
    before: Option<&'static str>,
    /// Calls in one callback.
    calls: u64,
    /// Bytes that the guest is handed.
    bytes: Option<usize>,
    /// Fields of the request.
    fields: usize,
    callback: Callback,
}

const SCENARIOS: &[Scenario] = &[
    headers("get_header_map_value", r#"proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-request-id""#, Some(36)),
    // Few calls, lest the map grow beyond what maps are.
    Scenario { calls: 50, ..headers("add_header_map_value", ADD, None) },
    headers("replace_header_map_value", r#"proxy_replace_header_map_value HTTP_REQUEST_HEADERS "x-bench" "new""#, None),
    Scenario { fields: 5, ..headers("get_header_map_pairs_5", PAIRS, Some(212)) },
    headers("get_header_map_pairs_20", PAIRS, Some(848)),
    Scenario { fields: 100, ..headers("get_header_map_pairs_100", PAIRS, Some(3168)) },
    body("get_buffer_bytes_1k", "proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 1024", 1000, 1024),
    body("get_buffer_bytes_64k", "proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 65536", 50, BODY),
    headers("get_property_request_path", r#"proxy_get_property "request\00path""#, Some(26)),
    headers("log_filtered", r#"proxy_log DEBUG "nobody wants to know this""#, None),
    Scenario {
        before: Some(r#"proxy_define_metric COUNTER "bench.calls""#),
        ..headers("increment_metric", "proxy_increment_metric (i32.load (i32.const 0x10)) 1", None)
    },
    Scenario { before: Some(SET_SHARED), ..headers("get_shared_data", r#"proxy_get_shared_data "bench""#, None) },
    headers("set_shared_data", SET_SHARED, None),
    headers("set_effective_context", "proxy_set_effective_context 0", None),
    headers("get_current_time", "proxy_get_current_time_nanoseconds", None),
];

const ADD: &str = r#"proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-added" "value""#;
const PAIRS: &str = "proxy_get_header_map_pairs HTTP_REQUEST_HEADERS";
const SET_SHARED: &str = r#"proxy_set_shared_data "bench" "a value of the data that all workers share" 0"#;

const fn headers(name: &'static str, call: &'static str, bytes: Option<usize>) -> Scenario {
    Scenario { name, call, before: None, calls: 1000, bytes, fields: 20, callback: Callback::RequestHeaders }
}

const fn body(name: &'static str, call: &'static str, calls: u64, bytes: usize) -> Scenario {
    Scenario { calls, callback: Callback::RequestBody, ..headers(name, call, Some(bytes)) }
}

impl Scenario {
    fn guest(&self) -> Vec<u8> {
        let callback = match self.callback {
            Callback::RequestHeaders => rows::on_request_headers,
            Callback::RequestBody => rows::on_request_body,
        };
        guests::hostcall(callback, self.calls, self.before, self.call)
    }

    /// The guest in Rust.
    fn native(&self) -> Filter {
        let call = native::call(self.name);
        let (request_headers, request_body) = match self.callback {
            Callback::RequestHeaders => (call, None),
            Callback::RequestBody => (None, call),
        };
        Filter { before: native::before(self.name), request_headers, request_body, times: self.calls, ..Filter::EMPTY }
    }
}

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for scenario in SCENARIOS {
        for runtime in host::subjects(move || scenario.native().plugin()) {
            let name = runtime.name();
            cases.push(Case::new(GROUP, scenario.name, name, move || ours(&*runtime, scenario)));
        }
        let floors = std::iter::once(("", Imports::Status));
        let floors = floors.chain(scenario.bytes.map(|bytes| ("_alloc", Imports::Bytes(bytes))));
        for (suffix, imports) in floors {
            for engine in raw::engines() {
                let name = format!("{}{suffix}", engine.name());
                cases.push(Case::new(GROUP, scenario.name, name, move || floor(&*engine, scenario, imports)));
            }
        }
    }
    cases
}

fn ours(runtime: &dyn Runtime, scenario: &Scenario) -> Run {
    let chain = Chain::new(runtime, &scenario.guest(), 1);
    let Scenario { callback, fields, .. } = *scenario;
    let room = scenario.calls.min(100) as usize;
    let bytes = Bytes::from(vec![b'x'; BODY]);
    portions(scenario.calls, move || {
        let mut stream = chain.open();
        let headers = roomy(input::request_of(fields), room);
        let data = bytes.clone();
        let time = match callback {
            Callback::RequestHeaders => measured(|| stream.handle_request_headers(headers, false)).1,
            Callback::RequestBody => {
                stream.handle_request_headers(headers, false);
                drain(&mut stream);
                measured(|| stream.handle_request_body(data, false)).1
            }
        };
        drain(&mut stream);
        chain.check();
        time
    })
}

fn floor(engine: &dyn raw::RawEngine, scenario: &Scenario, imports: Imports) -> Run {
    let mut instance = engine.compile(&scenario.guest(), imports).instantiate();
    instance.resolve();
    let callback = scenario.callback;
    portions(scenario.calls, move || measured(|| instance.callback(callback, 1)).1)
}

#[cfg(test)]
mod tests {
    use super::SCENARIOS;
    use crate::{input, native};
    use tollgate_abi::encoding::pairs;

    fn bytes_of(name: &str) -> Option<usize> {
        SCENARIOS.iter().find(|scenario| scenario.name == name).and_then(|scenario| scenario.bytes)
    }

    #[test]
    fn the_floors_copy_as_many_bytes_as_the_host() {
        let request = input::request();
        let value = |name: &[u8]| request.value(name).map(bytes::Bytes::len);
        assert_eq!(bytes_of("get_header_map_value"), value(input::READ.as_bytes()));
        assert_eq!(bytes_of("get_property_request_path"), value(b":path"));
        for (name, fields) in
            [("get_header_map_pairs_5", 5), ("get_header_map_pairs_20", 20), ("get_header_map_pairs_100", 100)]
        {
            assert_eq!(bytes_of(name), Some(pairs::encode(input::request_of(fields).pairs()).len()), "{name}");
        }
    }

    #[test]
    fn every_call_is_made_natively_too() {
        for scenario in SCENARIOS {
            assert!(native::call(scenario.name).is_some(), "{}", scenario.name);
            assert_eq!(native::before(scenario.name).is_some(), scenario.before.is_some(), "{}", scenario.name);
        }
    }
}
