//! What a request allocates once streams have come and gone: with one plugin that reads a header and adds one, nothing in
//! the host.
//!
//! Allocations of this thread are counted, of the host and the engine alike. On the native engine there is only the host.

use std::cell::RefCell;
use tollgate_benches::host::{Chain, roomy, subjects};
use tollgate_benches::native::Filter;
use tollgate_benches::{guests, input};
use tollgate_host::fields::HeaderMap;

/// Streams that come and go before any is counted.
const WARM_UP: usize = 100;

/// Streams that are counted.
const STREAMS: u64 = 100;

/// Most allocations per stream on a runtime. Exact: whoever saves one lowers it.
fn expected(runtime: &str) -> u64 {
    match runtime {
        "native" => HOST,
        "wasmtime" => HOST,
        "wasmer" => HOST,
        "wasmi" => HOST,
        other => panic!("{other} is new: say what it allocates"),
    }
}

/// What the host allocates.
const HOST: u64 = 0;

#[test]
fn a_stream_with_a_plugin_for_headers_allocates_nothing() {
    for runtime in subjects(|| Filter::GET_ADD.plugin()) {
        let chain = Chain::new(&*runtime, &guests::get_add(), 1);
        for _ in 0..WARM_UP {
            let (request, response) = message();
            chain.live(request, &[], response);
        }
        let messages: Vec<_> = (0..STREAMS).map(|_| message()).collect();
        // What is freed in here is the embedder's, and its freeing is not counted.
        let done = RefCell::new(Vec::with_capacity(messages.len()));
        let counted = allocation_counter::measure(|| {
            for (request, response) in messages {
                done.borrow_mut().push(chain.live(request, &[], response));
            }
        });
        chain.check();
        let name = runtime.name();
        assert_eq!(counted.count_total, expected(name) * STREAMS, "allocations of {STREAMS} streams on {name}");
        let added = |(_, response): &(HeaderMap, Option<HeaderMap>)| response.as_ref().map(HeaderMap::len);
        assert!(done.borrow().iter().all(|fields| added(fields) == Some(4)), "the plugin has added its header");
    }
}

/// Headers of a request and its response, with room for what the plugin adds, as a proxy has them.
fn message() -> (HeaderMap, HeaderMap) {
    (input::request(), roomy(input::response(), 1))
}
