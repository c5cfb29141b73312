//! The admin interface: `/ready`, `/stats`, `/config_dump`.

use crate::cluster::Cluster;
use crate::server::Setup;
use crate::stats::HttpStats;
use crate::worker::Query;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How long a worker may take to tell its numbers.
const PATIENCE: Duration = Duration::from_secs(1);

const INDEX: &str = "admin commands are:\n  /config_dump: the configuration as it was read\n  /ready: LIVE while requests are served\n  /stats: counters and gauges (?filter=TEXT keeps names that contain TEXT, ?format=json)\n";

/// What the admin interface shows.
pub(crate) struct State {
    pub(crate) setup: Arc<Setup>,
    pub(crate) stats: Vec<Arc<HttpStats>>,
    pub(crate) clusters: Vec<Arc<Cluster>>,
    pub(crate) queries: Vec<mpsc::UnboundedSender<Query>>,
    pub(crate) started: Instant,
    pub(crate) stop: watch::Receiver<bool>,
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
            let service = service_fn(|request| answer(&state, request));
            let http = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = http.await {
                tracing::debug!("admin connection: {error}");
            }
        });
    }
}

async fn answer(state: &State, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Ok(text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n"));
    }
    let query = request.uri().query().unwrap_or_default();
    let parameter = |name: &str| {
        query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    };
    Ok(match request.uri().path() {
        "/" | "/help" => text(StatusCode::OK, INDEX),
        "/ready" if *state.stop.borrow() => text(StatusCode::SERVICE_UNAVAILABLE, "DRAINING\n"),
        "/ready" => text(StatusCode::OK, "LIVE\n"),
        "/stats" => {
            let mut stats = state.collect().await;
            if let Some(filter) = parameter("filter") {
                stats.retain(|name, _| name.contains(filter));
            }
            match parameter("format") {
                None | Some("text") => text(StatusCode::OK, list(&stats)),
                Some("json") => json(&stats_json(&stats)),
                Some(_) => text(StatusCode::BAD_REQUEST, "format is text or json\n"),
            }
        }
        "/config_dump" => json(&state.setup.config_dump),
        path => text(StatusCode::NOT_FOUND, format!("there is no {path} here\n\n{INDEX}")),
    })
}

impl State {
    /// Every number there is, by name.
    pub(crate) async fn collect(&self) -> BTreeMap<String, u64> {
        let mut stats = BTreeMap::new();
        for (listener, numbers) in self.setup.bootstrap.listeners.iter().zip(&self.stats) {
            let Some(http) = listener.http() else { continue };
            let mut own = BTreeMap::new();
            numbers.collect(&format!("http.{}", http.stat_prefix), &mut own);
            // Listeners may share a prefix.
            for (name, number) in own {
                *stats.entry(name).or_default() += number;
            }
        }
        for cluster in &self.clusters {
            cluster.stats.collect(&format!("cluster.{}", cluster.config.name), &mut stats);
        }
        stats.insert("server.concurrency".to_owned(), self.setup.concurrency.max(1) as u64);
        stats.insert("server.live".to_owned(), u64::from(!*self.stop.borrow()));
        stats.insert("server.uptime".to_owned(), self.started.elapsed().as_secs());
        for worker in &self.queries {
            let (ask, told) = oneshot::channel();
            if worker.send(ask).is_ok()
                && let Ok(Ok(numbers)) = tokio::time::timeout(PATIENCE, told).await
            {
                for (name, number) in numbers {
                    *stats.entry(name).or_default() += number;
                }
            }
        }
        stats
    }
}

fn list(stats: &BTreeMap<String, u64>) -> String {
    stats.iter().fold(String::new(), |mut out, (name, value)| {
        let _ = writeln!(out, "{name}: {value}");
        out
    })
}

fn stats_json(stats: &BTreeMap<String, u64>) -> serde_json::Value {
    let stats: Vec<_> = stats.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})).collect();
    serde_json::json!({ "stats": stats })
}

fn text(status: StatusCode, body: impl Into<String>) -> Response<Full<Bytes>> {
    respond(status, "text/plain; charset=UTF-8", body.into())
}

fn json(value: &serde_json::Value) -> Response<Full<Bytes>> {
    respond(StatusCode::OK, "application/json", format!("{value:#}\n"))
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
