//! What the peers of a stream see.

use bytes::Bytes;
use tollgate_host::fields::HeaderMap;

/// Something that a peer of a stream sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The upstream receives the request's headers.
    RequestHeaders {
        /// The headers.
        headers: HeaderMap,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// The upstream receives a piece of the request's body.
    RequestBody {
        /// The piece.
        data: Bytes,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// The upstream receives the request's trailers.
    RequestTrailers(HeaderMap),
    /// The client receives the response's headers.
    ResponseHeaders {
        /// The headers.
        headers: HeaderMap,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// The client receives a piece of the response's body.
    ResponseBody {
        /// The piece.
        data: Bytes,
        /// Nothing follows.
        end_of_stream: bool,
    },
    /// The client receives the response's trailers.
    ResponseTrailers(HeaderMap),
    /// The upstream's request is dropped: the answer comes from the proxy.
    Abandoned,
    /// The stream is reset.
    Reset,
}

/// A map from names and values.
pub fn fields(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs.iter().copied().collect()
}
