//! `/certs`.

use super::State;
use super::reply::{self, Reply};
use serde_json::{Value, json};
use std::time::SystemTime;

/// Envoy's `Certificates`: those of each context of TLS.
pub(super) fn page(state: &State) -> Reply {
    let (generation, now) = (state.process.current(), SystemTime::now());
    let contexts = generation.configuration.tls.listed.iter().map(|context| context.to_json(now));
    reply::json(&json!({"certificates": contexts.collect::<Vec<Value>>()}))
}
