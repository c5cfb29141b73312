//! The embedder's side of calls: who can be called, and how a call begins and is given up.

use super::CallId;
use crate::fields::HeaderMap;
use bytes::Bytes;
use std::time::Duration;

/// A request that a plugin makes (`proxy_http_call`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCall {
    /// Name of the upstream; one that [`Upstreams::knows`].
    pub upstream: String,
    /// Fields with `:method`, `:path` and `:authority`. `content-length` is that of the body, or not there.
    pub headers: HeaderMap,
    /// Body; empty for a request without one.
    pub body: Bytes,
    /// Trailers; empty for a request without them.
    pub trailers: HeaderMap,
    /// How long the whole call may take; `None` for as long as it needs.
    pub timeout: Option<Duration>,
}

/// What a gRPC call and a gRPC stream begin with (`proxy_grpc_call`, `proxy_grpc_stream`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcRequest {
    /// Name of the upstream; one that [`Upstreams::knows`].
    pub upstream: String,
    /// `:authority`, where it is not the upstream's own name.
    pub authority: Option<String>,
    /// `/service/method`, as the plugin has named them.
    pub path: Bytes,
    /// Metadata. Values of names that end in `-bin` are any bytes, to be encoded for the wire.
    pub metadata: HeaderMap,
}

/// What an embedder provides for calls.
///
/// Methods are called while a guest runs: an implementation only takes note, and never calls the
/// [`Worker`](crate::plugin::Worker) from inside them. The outcome of a call comes later, through the worker's
/// `handle_http_call_*` and `handle_grpc_*`. Every call that was begun and not cancelled must have one, or a stream that
/// waits for it waits for ever: what cannot be reached is an outcome like any other.
pub trait Upstreams {
    /// Whether there is an upstream of this name.
    fn knows(&self, upstream: &str) -> bool;

    /// Begins an HTTP call. Its outcome is one of `handle_http_call_response` and `handle_http_call_failure`.
    fn http_call(&self, id: CallId, call: HttpCall);

    /// Begins a unary gRPC call. Its outcome is one of `handle_grpc_message`, once its status is known to be OK, and
    /// `handle_grpc_close`. `timeout` bounds the whole of it.
    fn grpc_call(&self, id: CallId, request: GrpcRequest, message: Bytes, timeout: Option<Duration>);

    /// Opens a gRPC stream. Its events are `handle_grpc_initial_metadata`, any number of `handle_grpc_message`,
    /// `handle_grpc_trailing_metadata` and `handle_grpc_close`, the last of which must come.
    fn grpc_stream(&self, id: CallId, request: GrpcRequest);

    /// Sends a message, without a frame, on a stream that the plugin has not closed. Once it has left, the worker's
    /// `handle_grpc_sent` is told: until then it counts against what the plugin may have under way.
    fn grpc_send(&self, id: CallId, message: Bytes);

    /// The plugin sends no more on a stream. Called once at most.
    fn grpc_close(&self, id: CallId);

    /// The plugin is not interested any more. What still comes of the call is dropped.
    fn cancel(&self, id: CallId);
}

/// No upstreams: a plugin can call nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoUpstreams;

impl Upstreams for NoUpstreams {
    fn knows(&self, _: &str) -> bool {
        false
    }

    fn http_call(&self, _: CallId, _: HttpCall) {}

    fn grpc_call(&self, _: CallId, _: GrpcRequest, _: Bytes, _: Option<Duration>) {}

    fn grpc_stream(&self, _: CallId, _: GrpcRequest) {}

    fn grpc_send(&self, _: CallId, _: Bytes) {}

    fn grpc_close(&self, _: CallId) {}

    fn cancel(&self, _: CallId) {}
}
