//! Envoy's `upgrade_configs`: protocols that a request may change its connection to.

use crate::fields::http_connection_manager::UPGRADE_CONFIG;
use crate::reader::{Cursor, Object};

/// An entry of `upgrade_configs`, of an HTTP connection manager or a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeConfig {
    /// Envoy's `upgrade_type`, in lower case, such as `websocket`.
    pub upgrade_type: String,
    /// Envoy's `enabled`. On by default.
    pub enabled: bool,
}

/// Decodes `upgrade_configs`.
pub(crate) fn decode_all(at: &Cursor<'_>) -> Vec<UpgradeConfig> {
    at.items().iter().filter_map(decode).collect()
}

fn decode(at: &Cursor<'_>) -> Option<UpgradeConfig> {
    let object = Object::open(at, &UPGRADE_CONFIG)?;
    let kind_at = object.required("upgrade_type", "such as websocket")?;
    let upgrade_type = kind_at.nonempty_text()?.to_ascii_lowercase();
    if upgrade_type.starts_with("connect") {
        kind_at.error("CONNECT is not served by Tollgate; remove this entry");
        return None;
    }
    let enabled = object.get("enabled").and_then(|at| at.boolean()).unwrap_or(true);
    Some(UpgradeConfig { upgrade_type, enabled })
}
