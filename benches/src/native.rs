//! The same plugins in Rust, against the host's own interface: what everything costs but the engine, as with the null
//! runtime of Envoy. The subject is called `native`.
//!
//! They call host functions through the same door as a guest, with strings in a memory that stands for the guest's, and an
//! allocator that does what those of the guests in text form do.

use tollgate_abi::{BufferType, LogLevel, MapType, MetricType};
use tollgate_host::dispatch;
use tollgate_host::vm::{TrapKind, VmError};
use tollgate_testkit::native::{NativeGuest, NativePlugin};

/// What a callback answers: the stream goes on.
const CONTINUE: i32 = 0;

/// Where host functions write what they return, below all that is stored.
const OUT: [i32; 3] = [0x10, 0x18, 0x20];

/// A place in the plugin's memory: address and length.
type Place = (i32, i32);

/// A call of a host function with the strings that it needs in memory; answers with the status.
#[derive(Clone, Copy)]
pub struct Call {
    strings: &'static [&'static str],
    function: fn(&mut NativeGuest, &[Place]) -> Result<i32, VmError>,
}

/// A plugin that does nothing, or makes a call in a callback.
#[derive(Clone, Copy)]
pub struct Filter {
    /// Made once in a callback before the others.
    pub before: Option<Call>,
    /// Made when the request's headers come.
    pub request_headers: Option<Call>,
    /// Made for each piece of the request's body.
    pub request_body: Option<Call>,
    /// Made when the response's headers come.
    pub response_headers: Option<Call>,
    /// How often a call is made in one callback.
    pub times: u64,
}

impl Filter {
    /// Reads a request header and adds a response header, as `guests/get_add.wat`.
    pub const GET_ADD: Self =
        Self { request_headers: Some(GET_HEADER), response_headers: Some(ADD_RESPONSE_HEADER), ..Self::EMPTY };
    /// Does nothing, as `guests/empty.wat`.
    pub const EMPTY: Self =
        Self { before: None, request_headers: None, request_body: None, response_headers: None, times: 1 };
    /// Reads all request headers, as `guests/pairs.wat`.
    pub const PAIRS: Self = Self { request_headers: Some(GET_PAIRS), ..Self::EMPTY };
    /// Reads every piece of the body, as `guests/body.wat`.
    pub const BODY: Self = Self { request_body: Some(GET_BODY_4K), ..Self::EMPTY };

    /// A plugin that does this.
    pub fn plugin(self) -> Box<dyn NativePlugin> {
        Box::new(FilterPlugin { filter: self, stored: None })
    }
}

/// A host call of group `hostcall`, by the name of its scenario.
pub fn call(scenario: &str) -> Option<Call> {
    CALLS.iter().find(|(name, _)| *name == scenario).map(|(_, call)| *call)
}

/// What scenarios of group `hostcall` need before, by their names.
pub fn before(scenario: &str) -> Option<Call> {
    BEFORE.iter().find(|(name, _)| *name == scenario).map(|(_, call)| *call)
}

struct FilterPlugin {
    filter: Filter,
    stored: Option<Stored>,
}

/// What stays in memory: the strings of each call, and where free memory begins.
struct Stored {
    before: Vec<Place>,
    request_headers: Vec<Place>,
    request_body: Vec<Place>,
    response_headers: Vec<Place>,
    free: usize,
}

impl Stored {
    fn new(guest: &mut NativeGuest, filter: &Filter) -> Self {
        let mut store = |call: Option<Call>| -> Vec<Place> {
            call.map_or(&[][..], |call| call.strings).iter().map(|text| guest.store(text.as_bytes())).collect()
        };
        Self {
            before: store(filter.before),
            request_headers: store(filter.request_headers),
            request_body: store(filter.request_body),
            response_headers: store(filter.response_headers),
            free: guest.mark(),
        }
    }
}

impl FilterPlugin {
    fn make(
        &self,
        guest: &mut NativeGuest,
        call: Option<Call>,
        places: fn(&Stored) -> &[Place],
    ) -> Result<Option<i32>, VmError> {
        let (Some(call), Some(stored)) = (call, &self.stored) else { return Ok(Some(CONTINUE)) };
        let mut status = match self.filter.before {
            Some(before) => (before.function)(guest, &stored.before)?,
            None => 0,
        };
        for _ in 0..self.filter.times {
            // Each call finds an empty heap.
            guest.rewind(stored.free);
            status |= (call.function)(guest, places(stored))?;
        }
        // A call that was not answered with OK measures nothing.
        if status != 0 {
            return Err(VmError::trap(TrapKind::Unreachable, "a host call failed"));
        }
        Ok(Some(CONTINUE))
    }
}

impl NativePlugin for FilterPlugin {
    fn on_context_create(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<()>, VmError> {
        match &self.stored {
            Some(stored) => guest.rewind(stored.free),
            None => self.stored = Some(Stored::new(guest, &self.filter)),
        }
        Ok(Some(()))
    }

    fn on_request_headers(&mut self, guest: &mut NativeGuest, _: i32, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        self.make(guest, self.filter.request_headers, |stored| &stored.request_headers)
    }

    fn on_request_body(&mut self, guest: &mut NativeGuest, _: i32, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        self.make(guest, self.filter.request_body, |stored| &stored.request_body)
    }

    fn on_response_headers(&mut self, guest: &mut NativeGuest, _: i32, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        self.make(guest, self.filter.response_headers, |stored| &stored.response_headers)
    }

    fn on_log(&mut self, _: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        Ok(Some(()))
    }

    fn on_done(&mut self, _: &mut NativeGuest, _: i32) -> Result<Option<i32>, VmError> {
        Ok(Some(1))
    }

    fn on_delete(&mut self, _: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        Ok(Some(()))
    }
}

const fn call_of(
    strings: &'static [&'static str],
    function: fn(&mut NativeGuest, &[Place]) -> Result<i32, VmError>,
) -> Call {
    Call { strings, function }
}

const REQUEST: i32 = MapType::HttpRequestHeaders.as_i32();
const RESPONSE: i32 = MapType::HttpResponseHeaders.as_i32();
const BODY: i32 = BufferType::HttpRequestBody.as_i32();

const GET_HEADER: Call = call_of(&["x-request-id"], |guest, at| {
    dispatch::proxy_get_header_map_value(guest, REQUEST, at[0].0, at[0].1, OUT[0], OUT[1])
});
const GET_PAIRS: Call = call_of(&[], |guest, _| dispatch::proxy_get_header_map_pairs(guest, REQUEST, OUT[0], OUT[1]));
const GET_BODY_4K: Call =
    call_of(&[], |guest, _| dispatch::proxy_get_buffer_bytes(guest, BODY, 0, 4096, OUT[0], OUT[1]));
const ADD_RESPONSE_HEADER: Call = call_of(&["x-wasm-custom", "FOO"], |guest, at| {
    dispatch::proxy_add_header_map_value(guest, RESPONSE, at[0].0, at[0].1, at[1].0, at[1].1)
});

const SET_SHARED: Call = call_of(&["bench", "a value of the data that all workers share"], |guest, at| {
    dispatch::proxy_set_shared_data(guest, at[0].0, at[0].1, at[1].0, at[1].1, 0)
});

const BEFORE: &[(&str, Call)] = &[
    ("get_shared_data", SET_SHARED),
    (
        "increment_metric",
        call_of(&["bench.calls"], |guest, at| {
            dispatch::proxy_define_metric(guest, MetricType::Counter.as_i32(), at[0].0, at[0].1, OUT[0])
        }),
    ),
];

const CALLS: &[(&str, Call)] = &[
    ("get_header_map_value", GET_HEADER),
    (
        "add_header_map_value",
        call_of(&["x-added", "value"], |guest, at| {
            dispatch::proxy_add_header_map_value(guest, REQUEST, at[0].0, at[0].1, at[1].0, at[1].1)
        }),
    ),
    (
        "replace_header_map_value",
        call_of(&["x-bench", "new"], |guest, at| {
            dispatch::proxy_replace_header_map_value(guest, REQUEST, at[0].0, at[0].1, at[1].0, at[1].1)
        }),
    ),
    ("get_header_map_pairs_5", GET_PAIRS),
    ("get_header_map_pairs_20", GET_PAIRS),
    ("get_header_map_pairs_100", GET_PAIRS),
    (
        "get_buffer_bytes_1k",
        call_of(&[], |guest, _| dispatch::proxy_get_buffer_bytes(guest, BODY, 0, 1024, OUT[0], OUT[1])),
    ),
    (
        "get_buffer_bytes_64k",
        call_of(&[], |guest, _| dispatch::proxy_get_buffer_bytes(guest, BODY, 0, 65536, OUT[0], OUT[1])),
    ),
    (
        "get_property_request_path",
        call_of(&["request\0path"], |guest, at| dispatch::proxy_get_property(guest, at[0].0, at[0].1, OUT[0], OUT[1])),
    ),
    (
        "log_filtered",
        call_of(&["nobody wants to know this"], |guest, at| {
            dispatch::proxy_log(guest, LogLevel::Debug.as_i32(), at[0].0, at[0].1)
        }),
    ),
    (
        "increment_metric",
        call_of(&[], |guest, _| {
            let metric = guest.load_u32(OUT[0]) as i32;
            dispatch::proxy_increment_metric(guest, metric, 1)
        }),
    ),
    (
        "get_shared_data",
        call_of(&["bench"], |guest, at| {
            dispatch::proxy_get_shared_data(guest, at[0].0, at[0].1, OUT[0], OUT[1], OUT[2])
        }),
    ),
    ("set_shared_data", SET_SHARED),
    ("set_effective_context", call_of(&[], |guest, _| dispatch::proxy_set_effective_context(guest, 0))),
    ("get_current_time", call_of(&[], |guest, _| dispatch::proxy_get_current_time_nanoseconds(guest, OUT[0]))),
];
