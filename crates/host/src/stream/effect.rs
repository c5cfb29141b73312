//! What the driver of a stream must do.

use super::action::LocalResponse;
use bytes::Bytes;

/// What the driver of a stream must do next. Headers and trailers are read from the stream itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The request's headers have passed the chain: choose the upstream and send them.
    ForwardRequestHeaders {
        /// No body and no trailers follow.
        end_of_stream: bool,
    },
    /// A piece of the request's body has passed.
    ForwardRequestBody {
        /// The bytes; may be empty at the end.
        data: Bytes,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// The request's trailers have passed; they end it.
    ForwardRequestTrailers,
    /// The response's headers have passed the chain: send them to the client.
    ForwardResponseHeaders {
        /// No body and no trailers follow.
        end_of_stream: bool,
    },
    /// A piece of the response's body has passed.
    ForwardResponseBody {
        /// The bytes; may be empty at the end.
        data: Bytes,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// The response's trailers have passed; they end it.
    ForwardResponseTrailers,
    /// A plugin or the host answers instead of the upstream: drop the upstream's request and response. The answer follows as
    /// the effects above.
    AbandonUpstream,
    /// Answer the request that this attempt was made to send: give this to [`HttpStream::handle_local_response`] of its stream,
    /// and drop the attempt. Only streams of [`HttpStream::begin_attempt`] ask for it.
    ///
    /// [`HttpStream::handle_local_response`]: super::HttpStream::handle_local_response
    /// [`HttpStream::begin_attempt`]: super::HttpStream::begin_attempt
    Answer(Box<LocalResponse>),
    /// End the stream without an answer, or break off the one that is being sent.
    Reset,
}
