//! How the proxy behaves on the wire, with the real program, real sockets and ports of the system's choice.

/// A Redis that does what a test tells it to.
#[path = "../../../redis/tests/support/peer.rs"]
#[allow(dead_code, reason = "tests of the store use the rest")]
mod redis_peer;
#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod access_log;
mod admin;
mod any_bytes;
mod bodies;
mod callouts;
mod closing;
mod connections;
mod core_dumps;
mod cors;
mod delivery;
mod endpoints;
mod extended_connect;
mod failures;
mod grpc;
mod hang_up;
mod http2;
mod http2_frames;
mod http_limits;
mod in_front;
mod ingress;
mod limits;
mod local_replies;
mod neighbours;
mod overload;
mod plugin_output;
mod policy;
mod reload;
mod retries;
mod route_actions;
mod route_filters;
mod routes;
mod services;
mod shared_data;
mod shared_state;
mod stopping;
mod tcp;
mod tls;
mod upgrades;
mod upstream_failures;
mod upstream_filters;
