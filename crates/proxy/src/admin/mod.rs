//! The admin interface. One file per group of pages; what they show and answer is Envoy's where Envoy has the page.
//!
//! Reading never changes anything. What changes something is POST only, and not for pages of other sites
//! ([`same_site`]).

mod certs;
mod clusters;
mod config_dump;
mod help;
mod home;
mod lifecycle;
mod listeners;
mod logging;
mod memory;
mod plugins;
mod redact;
mod reply;
mod same_site;
mod server_info;
mod stats;

pub(crate) use memory::resident;

use crate::exposition::Format;
use crate::log_levels::Logging;
use crate::process::Process;
use crate::reload::Reloader;
use help::Page;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use reply::Reply;
use serde_json::json;
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What the admin interface shows, and changes.
pub(crate) struct State {
    pub(crate) process: Arc<Process>,
    pub(crate) reloader: Arc<Reloader>,
    /// How logs are, unless the embedder does not let them be changed.
    pub(crate) logging: Option<Logging>,
    /// What the program was started with, for `/server_info`.
    pub(crate) options: serde_json::Map<String, serde_json::Value>,
    /// Asks the embedder to stop the proxy.
    pub(crate) quit: watch::Sender<bool>,
}

pub(crate) async fn serve(socket: std::net::TcpListener, state: Arc<State>) {
    let socket = match tokio::net::TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => return tracing::error!("the admin socket cannot be used: {error}"),
    };
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(async |request| Ok::<_, Infallible>(answer(&state, &request).await));
            let http = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = http.await {
                tracing::debug!("admin connection: {error}");
            }
        });
    }
}

async fn answer(state: &State, request: &Request<Incoming>) -> Reply {
    let path = request.uri().path();
    let Some(page) = Page::of(path) else { return help::unknown(path) };
    let query = Query(request.uri().query().unwrap_or_default());
    if page.changes || page.changes_with.iter().any(|name| query.has(name)) {
        if request.method() != Method::POST {
            let message = format!("Method {} not allowed, POST required.", request.method());
            return reply::text(StatusCode::METHOD_NOT_ALLOWED, message);
        }
        if let Err(why) = same_site::check(request.headers()) {
            return reply::text(StatusCode::FORBIDDEN, format!("{why}\n"));
        }
    }
    match page.path {
        "/" => home::page(request.headers()),
        "/certs" => certs::page(state),
        "/clusters" => clusters::page(state, &query),
        "/config_dump" => config_dump::page(state, &query),
        "/drain_listeners" => lifecycle::drain_listeners(state, &query).await,
        "/healthcheck/fail" => lifecycle::health_check(state, false),
        "/healthcheck/ok" => lifecycle::health_check(state, true),
        "/help" => help::page(),
        "/hot_restart_version" => reply::text(StatusCode::OK, "disabled"),
        "/init_dump" => reply::json(&json!({})),
        "/listeners" => listeners::page(state, &query),
        "/logging" => logging::page(state, &query),
        "/memory" => memory::page(state).await,
        "/plugins" => plugins::page(state, &query).await,
        "/quitquitquit" => lifecycle::quit(state),
        "/ready" => lifecycle::ready(state),
        "/reload" => lifecycle::reload(state).await,
        "/reopen_logs" => lifecycle::reopen_logs(state).await,
        "/reset_counters" => stats::reset(state).await,
        "/runtime" => reply::json(&json!({"layers": [], "entries": {}})),
        "/server_info" => server_info::page(state),
        "/stats" => stats::page(state, &query, Format::Text).await,
        "/stats/prometheus" => stats::page(state, &query, Format::Prometheus).await,
        _ => help::unknown(path),
    }
}

/// The part of a URI after `?`.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn pairs(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        form_urlencoded::parse(self.0.as_bytes())
    }

    /// The first value of a parameter.
    fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.pairs().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether `format=json` is asked for, as opposed to `format=text`.
    ///
    /// # Errors
    ///
    /// What to write instead, if it is another.
    fn wants_json(&self, default: bool) -> Result<bool, String> {
        match self.value("format").as_deref() {
            None => Ok(default),
            Some("json") => Ok(true),
            Some("text") => Ok(false),
            Some(_) => Err("usage: format=(json|text)".to_owned()),
        }
    }

    /// The parameter `name` as a regular expression that a name is searched for.
    ///
    /// # Errors
    ///
    /// Why it is none.
    fn regex(&self, name: &str) -> Result<Option<regex::Regex>, String> {
        let regex = self.value(name).map(|text| regex::Regex::new(&text)).transpose();
        regex.map_err(|error| format!("{name} is no regular expression: {error}"))
    }
}
