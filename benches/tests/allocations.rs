//! What a request allocates once streams have come and gone, with one plugin that reads a header and adds one:
//! nothing in the host.
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

/// Most allocations per stream in the host: a stream is made of what the last one was, and so are the fields that a plugin
/// adds to it.
const HOST: f64 = 0.0;

/// Most allocations per stream in an engine.
fn of_engine(runtime: &str) -> f64 {
    match runtime {
        // Idle stacks wait in a queue that is made of blocks of 31.
        "wasmer" => 0.04,
        _ => 0.0,
    }
}

#[test]
fn a_stream_with_a_plugin_for_headers_allocates_nothing() {
    let mut counts = Vec::new();
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
        let per_stream = counted.count_total as f64 / STREAMS as f64;
        counts.push((runtime.name(), per_stream));
        let added = |(_, response): &(HeaderMap, Option<HeaderMap>)| response.as_ref().map(HeaderMap::len);
        assert!(done.borrow().iter().all(|fields| added(fields) == Some(4)), "the plugin has added its header");
    }
    let too_many = |(name, count): &&(&str, f64)| *count > HOST + of_engine(name);
    assert_eq!(counts.iter().find(too_many), None, "allocations per stream: {counts:?}; at most {HOST} in the host");
}

/// Headers of a request and its response, with room for what the plugin adds, as a proxy has them.
fn message() -> (HeaderMap, HeaderMap) {
    (input::request(), roomy(input::response(), 1))
}
