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

/// From how many actions that wait on it is looked whether one more would change anything.
pub(crate) const MANY: usize = 32;

impl Action {
    /// Whether it would change nothing after those that wait, which are for the same filter.
    pub(crate) fn is_moot_after<'a>(&self, waiting: impl Iterator<Item = &'a Self>) -> bool {
        let most = match self {
            // A filter holds headers, body and trailers; no more can be let go of.
            Self::Continue(_) => 3,
            // A second answer is dropped in any case.
            Self::Close | Self::Reply(_) | Self::Delete => 1,
            Self::VmFailed => return false,
        };
        waiting.filter(|other| self.is_like(other)).take(most).count() == most
    }

    /// Whether it ends a stream, and is done also if the callback that asks for it fails afterwards.
    pub(crate) fn ends_stream(&self) -> bool {
        matches!(self, Self::Close | Self::Reply(_))
    }

    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Continue(one), Self::Continue(two)) => one == two,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
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
