//! The floor: the same guests called through an engine's own typed interface, with imports that do next to nothing.

mod wasmer;
mod wasmi;
mod wasmtime;

use std::rc::Rc;
use tollgate_abi::functions::rows;

/// An engine without us.
pub trait RawEngine {
    /// Name of the subject: `raw_` and the engine's own.
    fn name(&self) -> &'static str;

    /// Compiles a module and links its imports.
    fn compile(&self, wasm: &[u8], imports: Imports) -> Box<dyn RawModule>;
}

/// A module that an engine has compiled and linked.
pub trait RawModule {
    /// Makes an instance, nothing else.
    fn instantiate(&self) -> Box<dyn RawInstance>;

    /// The same module with its imports linked anew.
    fn link(&self) -> Box<dyn RawModule>;
}

/// An instance. Loops are on this side, so that the calls in them are the engine's own and not virtual.
pub trait RawInstance {
    /// Looks up memory and exports. Must come before any call.
    fn resolve(&mut self);

    /// Calls a callback of three integers that answers with one.
    fn callback(&mut self, callback: Callback, times: u64);

    /// Calls what a stream without a body calls: create, request headers, response headers, log, done, delete.
    fn stream(&mut self, times: u64);
}

/// A callback of three integers that answers with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callback {
    /// `proxy_on_request_headers`
    RequestHeaders,
    /// `proxy_on_request_body`
    RequestBody,
}

/// What imported functions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imports {
    /// Answer 0.
    Status,
    /// Those that hand bytes to the guest call its allocator, copy this many and write the two slots: what no host can
    /// save.
    Bytes(usize),
}

/// The engines built in.
pub fn engines() -> Vec<Rc<dyn RawEngine>> {
    vec![Rc::new(wasmtime::Raw::new()), Rc::new(wasmer::Raw::new()), Rc::new(wasmi::Raw::new())]
}

/// Those that can keep memory ready for instances, set up so.
pub fn pooled_engines() -> Vec<Rc<dyn RawEngine>> {
    vec![Rc::new(wasmtime::Raw::pooled())]
}

impl Imports {
    /// Bytes that a function hands to the guest, if it does.
    fn bytes_of(self, name: &str) -> Option<usize> {
        let hands_bytes = [
            rows::proxy_get_header_map_value,
            rows::proxy_get_header_map_pairs,
            rows::proxy_get_buffer_bytes,
            rows::proxy_get_property,
        ]
        .iter()
        .any(|row| row.name == name);
        match self {
            Self::Bytes(count) if hands_bytes => Some(count),
            _ => None,
        }
    }
}
