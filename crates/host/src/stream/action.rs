//! What plugins ask for during a callback. It is done once the callback has returned, never inside it.

use crate::fields::HeaderMap;
use bytes::Bytes;

/// Direction through a chain: of a message, or of a connection's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From client to server (downstream data); filters run in configured order.
    Request,
    /// From server to client (upstream data); filters run in reverse order.
    Response,
}

/// What a context asks for.
#[derive(Debug)]
pub(crate) enum Action {
    /// Resume a direction.
    Continue(Direction),
    /// Reset the stream, or close the connection.
    Close,
    /// Answer the stream.
    Reply(Box<LocalResponse>),
    /// `proxy_done` was called for this plugin context.
    Delete,
    /// The VM of the filter has failed.
    VmFailed,
}

/// An answer made inside the proxy (`proxy_send_local_response`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalResponse {
    /// HTTP status code.
    pub status: u32,
    /// Reason for logs, without white space.
    pub details: String,
    /// Body.
    pub body: Bytes,
    /// Fields added to the generated ones.
    pub headers: HeaderMap,
    /// gRPC status; used only if the request is gRPC.
    pub grpc_status: Option<u32>,
}
