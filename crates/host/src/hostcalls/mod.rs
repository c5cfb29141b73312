//! The handlers of the host functions: one file per heading of the specification, named as in `tollgate_abi::functions`.
//!
//! A handler returns the status for the guest, or an error that ends the guest's call. Checks run in the order of the
//! reference host, so that the same wrong call gets the same answer: numbers first, then whether the thing is there,
//! then addresses.

pub(crate) mod buffers;
pub(crate) mod clocks;
pub(crate) mod configuration;
pub(crate) mod context_lifecycle;
pub(crate) mod environment_variables;
pub(crate) mod envoy;
pub(crate) mod foreign_functions;
pub(crate) mod grpc_calls;
pub(crate) mod http_calls;
pub(crate) mod http_fields;
pub(crate) mod local_response;
pub(crate) mod logging;
pub(crate) mod metrics;
pub(crate) mod properties;
pub(crate) mod randomness;
pub(crate) mod shared_key_value;
pub(crate) mod shared_queues;
pub(crate) mod streams;
pub(crate) mod timers;
pub(crate) mod toolchain;
pub(crate) mod wasi;

use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// The answer of a function that the embedder provides nothing for.
pub(crate) fn unimplemented<G: Guest>(guest: &mut G, name: &'static str) -> Result<Status, VmError> {
    guest.state().log_unimplemented(name);
    Ok(Status::Unimplemented)
}
