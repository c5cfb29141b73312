//! Whether the proxy serves, and what makes it stop: `/ready`, `/healthcheck/*`, `/drain_listeners`, `/reload`, `/reopen_logs`,
//! `/quitquitquit`.

use super::reply::{self, Reply};
use super::{Query, State};
use crate::reload::ReloadError;
use hyper::StatusCode;
use std::sync::atomic::Ordering;

/// What the proxy is doing, in Envoy's words.
pub(super) fn server_state(state: &State) -> &'static str {
    if state.process.is_live() { "LIVE" } else { "DRAINING" }
}

/// `/ready`.
pub(super) fn ready(state: &State) -> Reply {
    let status = if state.process.is_live() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply::text(status, format!("{}\n", server_state(state)))
}

/// `/healthcheck/fail` and `/healthcheck/ok`.
pub(super) fn health_check(state: &State, passes: bool) -> Reply {
    state.process.told_to_fail.store(!passes, Ordering::Relaxed);
    reply::ok()
}

/// `/drain_listeners`.
pub(super) async fn drain_listeners(state: &State, query: &Query<'_>) -> Reply {
    if let Some((name, _)) = query.pairs().find(|(name, _)| name != "graceful") {
        return reply::bad(format!(
            "drain_listeners has no parameter {name} here: all listeners are drained and closed; a configuration without some \
             of them, and POST /reload, drains those"
        ));
    }
    let reloader = state.reloader.clone();
    match tokio::task::spawn_blocking(move || reloader.drain_listeners()).await {
        Ok(()) => reply::ok(),
        Err(error) => bug(&error),
    }
}

/// `/reopen_logs`.
pub(super) async fn reopen_logs(state: &State) -> Reply {
    let reloader = state.reloader.clone();
    match tokio::task::spawn_blocking(move || reloader.reopen_logs()).await {
        Ok(()) => reply::ok(),
        Err(error) => bug(&error),
    }
}

/// `/quitquitquit`.
pub(super) fn quit(state: &State) -> Reply {
    state.quit.send_replace(true);
    reply::ok()
}

/// `/reload`: reads the configuration anew and has it serve.
pub(super) async fn reload(state: &State) -> Reply {
    let reloader = state.reloader.clone();
    match tokio::task::spawn_blocking(move || reloader.reload()).await {
        Ok(Ok(reloaded)) => reply::text(StatusCode::OK, format!("{reloaded}\n")),
        Ok(Err(error @ ReloadError::NoLoader)) => reply::text(StatusCode::NOT_IMPLEMENTED, format!("{error}\n")),
        Ok(Err(error)) => {
            tracing::error!("the configuration is not taken, the one before goes on: {error}");
            reply::bad(format!("not taken, the configuration before goes on:\n{error}"))
        }
        Err(error) => bug(&error),
    }
}

fn bug(error: &tokio::task::JoinError) -> Reply {
    reply::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}; this is a bug, please report it\n"))
}
