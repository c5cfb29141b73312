//! Streams on their way through a chain of plugins: an HTTP request and its response, or the bytes of a TCP connection.

mod access_log;
mod action;
mod attempt;
mod chain;
mod drive;
mod effect;
mod exchange;
mod filter;
mod framing;
mod http;
mod info;
mod reply;
mod stage;
mod status;
mod tcp;

pub(crate) use action::{Action, MANY};
pub use action::{Direction, LocalResponse};
pub use chain::FilterChain;
pub use effect::Effect;
pub use exchange::Exchange;
pub use http::{HttpStream, StreamNotes};
pub use info::{
    CertificateInfo, ConnectionInfo, ListenerDirection, ListenerInfo, NoRoutes, RouteInfo, Router, StreamInfo, TlsInfo,
    UpstreamInfo,
};
pub use reply::{grpc_status_of, is_grpc, status_value};
pub(crate) use stage::Stage;
pub use tcp::{TcpEffect, TcpStream};
