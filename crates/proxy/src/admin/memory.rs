//! `/memory`.

use super::State;
use super::reply::{self, Reply};
use serde_json::{Map, Value};

/// Bytes, as text: what the process has of the machine's memory, and what of it is the plugins'. Envoy's other fields are of
/// its allocator.
pub(super) async fn page(state: &State) -> Reply {
    let mut fields = Map::new();
    if let Some(resident) = resident() {
        fields.insert("total_physical_bytes".to_owned(), resident.to_string().into());
    }
    let plugins: u64 = state.process.plugins().await.iter().flat_map(|plugin| &plugin.memory).sum();
    fields.insert("wasm_memory_bytes".to_owned(), plugins.to_string().into());
    reply::json(&Value::Object(fields))
}

/// Bytes of the process in memory, where the system tells.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
