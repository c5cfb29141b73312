//! `/listeners`.

use super::reply::{self, Reply};
use super::{Query, State};
use hyper::StatusCode;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The listeners that are open: a line each, or Envoy's `Listeners`.
pub(super) fn page(state: &State, query: &Query<'_>) -> Reply {
    let listeners = state.process.open_listeners();
    match query.wants_json(false) {
        Ok(true) => {
            let status = |listener: &crate::BoundListener| json!({"name": listener.name, "local_address": address(listener.address)});
            reply::json(&json!({"listener_statuses": listeners.iter().map(status).collect::<Vec<_>>()}))
        }
        Ok(false) => {
            let line = |listener: &crate::BoundListener| format!("{}::{}\n", listener.name, listener.address);
            reply::text(StatusCode::OK, listeners.iter().map(line).collect::<String>())
        }
        Err(refused) => refused,
    }
}

/// `envoy.config.core.v3.Address`.
pub(super) fn address(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}
