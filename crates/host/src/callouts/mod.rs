//! Calls that plugins make: HTTP requests, gRPC calls and gRPC streams.
//!
//! ```text
//! guest --proxy_http_call--> host --Upstreams::http_call--> embedder
//! guest <--on_http_call_response-- host <--Worker::handle_http_call_response-- embedder
//! ```
//!
//! A call belongs to the plugin, not to the stream in whose callback it was made: it outlives the stream, and its
//! outcome comes with the plugin context's id. It ends with the plugin context, and with the VM.

mod answers;
mod calls;
mod delivery;
mod grpc_service;
mod protobuf;
mod upstreams;

pub(crate) use answers::Answers;
pub use answers::{AnswerRoom, AnswerTooLarge};
pub(crate) use calls::Calls;
pub use calls::{CallId, CallKind};
pub(crate) use delivery::CallEvents;
pub use delivery::HttpCallResponse;
pub(crate) use grpc_service::target;
pub use upstreams::{GrpcRequest, HttpCall, NoUpstreams, Upstreams};
