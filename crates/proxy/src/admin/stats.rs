//! `/stats`.

use super::reply::{self, Reply};
use super::{Query, State};
use crate::exposition::{self, Format, Query as Choice};
use hyper::StatusCode;

/// `/reset_counters`.
pub(super) async fn reset(state: &State) -> Reply {
    state.process.baseline.reset(state.process.snapshot().await);
    reply::ok()
}

/// Statistics, as the request wants them.
pub(super) async fn page(state: &State, query: &Query<'_>, default: Format) -> Reply {
    let choice = match Choice::parse(query.0, default) {
        Ok(choice) => choice,
        Err(why) => return reply::bad(why),
    };
    let mut snapshot = state.process.shown().await;
    snapshot.select(&choice);
    match choice.format {
        Format::Text => reply::text(StatusCode::OK, exposition::text(&snapshot)),
        Format::Json => reply::reply(StatusCode::OK, "application/json", exposition::json(&snapshot).to_string()),
        Format::Prometheus => {
            let generation = state.process.current();
            let mut text = exposition::prometheus(&snapshot, &generation.configuration.bootstrap.stats_config);
            text.push_str(&exposition::callbacks(&state.process.plugins().await, &choice));
            reply::text(StatusCode::OK, text)
        }
    }
}
