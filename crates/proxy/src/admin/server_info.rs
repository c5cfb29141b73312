//! `/server_info`.

use super::State;
use super::lifecycle::server_state;
use super::reply::{self, Reply};
use serde_json::json;

/// Envoy's `ServerInfo`, and the number of the generation that serves.
pub(super) fn page(state: &State) -> Reply {
    let process = &state.process;
    let generation = process.current();
    let uptime = format!("{}s", process.started.elapsed().as_secs());
    let document = &generation.configuration.document;
    let node = document.get("node").map(super::redact::redacted).unwrap_or_else(|| json!({}));
    reply::json(&json!({
        "version": concat!("tollgate/", env!("CARGO_PKG_VERSION")),
        "state": server_state(state),
        "uptime_current_epoch": uptime,
        "uptime_all_epochs": uptime,
        "command_line_options": state.options,
        "node": node,
        "generation": generation.number,
        "concurrency": process.concurrency,
    }))
}
