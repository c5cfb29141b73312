//! `hostcall`: the guest calls the host, many times within one callback; the figures are per call.
//!
//! Two floors: `raw_*` is an imported function of the same type that answers 0 at once; `raw_*_alloc`, for functions that
//! hand bytes to the guest, calls the guest's allocator and copies as many bytes.

use crate::case::{Run, portions};
use crate::host::{Chain, drain, roomy};
use crate::raw::{self, Callback, Imports};
use crate::{Case, guests, host, input};
use bytes::Bytes;
use std::time::Instant;
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
    /// Calls in one callback.
    calls: u64,
    /// Bytes that the guest is handed.
    bytes: Option<usize>,
    callback: Callback,
}

const SCENARIOS: &[Scenario] = &[
    headers("get_header_map_value", r#"proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-request-id""#, Some(36)),
    // Few calls, lest the map grow beyond what maps are.
    Scenario { calls: 50, ..headers("add_header_map_value", ADD, None) },
    headers("replace_header_map_value", r#"proxy_replace_header_map_value HTTP_REQUEST_HEADERS "x-bench" "new""#, None),
    headers("get_header_map_pairs_20", "proxy_get_header_map_pairs HTTP_REQUEST_HEADERS", Some(848)),
    body("get_buffer_bytes_1k", "proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 1024", 1000, 1024),
    body("get_buffer_bytes_64k", "proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 65536", 50, BODY),
    headers("get_property_request_path", r#"proxy_get_property "request\00path""#, Some(26)),
    headers("log_filtered", r#"proxy_log DEBUG "nobody wants to know this""#, None),
    headers("get_current_time", "proxy_get_current_time_nanoseconds", None),
];

const ADD: &str = r#"proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-added" "value""#;

const fn headers(name: &'static str, call: &'static str, bytes: Option<usize>) -> Scenario {
    Scenario { name, call, calls: 1000, bytes, callback: Callback::RequestHeaders }
}

const fn body(name: &'static str, call: &'static str, calls: u64, bytes: usize) -> Scenario {
    Scenario { name, call, calls, bytes: Some(bytes), callback: Callback::RequestBody }
}

impl Scenario {
    fn guest(&self) -> Vec<u8> {
        let callback = match self.callback {
            Callback::RequestHeaders => rows::on_request_headers,
            Callback::RequestBody => rows::on_request_body,
        };
        guests::hostcall(callback, self.calls, self.call)
    }
}

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for scenario in SCENARIOS {
        for runtime in host::runtimes() {
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
    let callback = scenario.callback;
    let room = scenario.calls.min(100) as usize;
    let bytes = Bytes::from(vec![b'x'; BODY]);
    portions(scenario.calls, move || {
        let mut stream = chain.open();
        let headers = roomy(input::request(), room);
        let data = bytes.clone();
        let start = Instant::now();
        stream.handle_request_headers(headers, false);
        let mut time = start.elapsed();
        drain(&mut stream);
        if callback == Callback::RequestBody {
            let start = Instant::now();
            stream.handle_request_body(data, false);
            time = start.elapsed();
        }
        chain.check();
        time
    })
}

fn floor(engine: &dyn raw::RawEngine, scenario: &Scenario, imports: Imports) -> Run {
    let mut instance = engine.compile(&scenario.guest(), imports).instantiate();
    instance.resolve();
    let callback = scenario.callback;
    portions(scenario.calls, move || {
        let start = Instant::now();
        instance.callback(callback, 1);
        start.elapsed()
    })
}

#[cfg(test)]
mod tests {
    use super::SCENARIOS;
    use crate::input;
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
        assert_eq!(bytes_of("get_header_map_pairs_20"), Some(pairs::encode(request.pairs()).len()));
    }
}
