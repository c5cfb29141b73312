//! What the driver of a connection must do.

use bytes::Bytes;
use tollgate_abi::PeerType;

/// What the driver of a connection must do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpEffect {
    /// Every plugin has let the connection pass: connect to the upstream, and say so with
    /// [`handle_upstream_connected`](super::TcpStream::handle_upstream_connected).
    Connect,
    /// Bytes of the client have passed the chain: send them to the upstream.
    SendUpstream {
        /// The bytes; may be empty at the end.
        data: Bytes,
        /// Nothing follows: close this half of the connection.
        end_of_stream: bool,
    },
    /// Bytes of the upstream have passed the chain: send them to the client.
    SendDownstream {
        /// The bytes; may be empty at the end.
        data: Bytes,
        /// Nothing follows: close this half of the connection.
        end_of_stream: bool,
    },
    /// Both directions have ended, or a plugin or the failure of one ends the connection: send what was to be sent before, then
    /// close both sides and [`finish`](super::TcpStream::finish).
    Close {
        /// Who has closed the client's side.
        peer: PeerType,
    },
}
