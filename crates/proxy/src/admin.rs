//! The admin interface: `/ready`, `/stats`, `/stats/prometheus`, `/config_dump`.

use crate::cluster::Cluster;
use crate::exposition::{self, Format, Intervals, Query as Choice, Snapshot};
use crate::server::Setup;
use crate::stats::ListenerStats;
use crate::worker::Query;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};
use tollgate_config::ListenerKind;
use tollgate_host::metrics::Metrics;
use tollgate_host::shared::Shared;

/// How long a worker may take to tell its numbers.
const PATIENCE: Duration = Duration::from_secs(1);

const INDEX: &str = "admin commands are:
  /config_dump: the configuration as it was read
  /ready: LIVE while requests are served
  /stats: counters, gauges and histograms (?format=text|json|prometheus, ?filter=REGEX, ?usedonly, ?type=TYPE)
  /stats/prometheus: the same for Prometheus
";

/// What the admin interface shows.
pub(crate) struct State {
    pub(crate) setup: Arc<Setup>,
    pub(crate) stats: Vec<ListenerStats>,
    pub(crate) clusters: Vec<Arc<Cluster>>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) intervals: Intervals,
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
    Ok(match request.uri().path() {
        "/" | "/help" => text(StatusCode::OK, INDEX),
        "/ready" if *state.stop.borrow() => text(StatusCode::SERVICE_UNAVAILABLE, "DRAINING\n"),
        "/ready" => text(StatusCode::OK, "LIVE\n"),
        "/stats" => stats(state, &request, Format::Text).await,
        "/stats/prometheus" => stats(state, &request, Format::Prometheus).await,
        "/config_dump" => json(&state.setup.config_dump),
        path => text(StatusCode::NOT_FOUND, format!("there is no {path} here\n\n{INDEX}")),
    })
}

/// Statistics, as the request wants them.
async fn stats(state: &State, request: &Request<Incoming>, default: Format) -> Response<Full<Bytes>> {
    let choice = match Choice::parse(request.uri().query().unwrap_or_default(), default) {
        Ok(choice) => choice,
        Err(why) => return text(StatusCode::BAD_REQUEST, format!("{why}\n")),
    };
    let mut snapshot = state.snapshot().await;
    snapshot.select(&choice);
    match choice.format {
        Format::Text => text(StatusCode::OK, exposition::text(&snapshot)),
        Format::Prometheus => text(StatusCode::OK, exposition::prometheus(&snapshot)),
        Format::Json => respond(StatusCode::OK, "application/json", exposition::json(&snapshot).to_string()),
    }
}

/// Ends an interval of histograms every now and then, for ever.
pub(crate) async fn count_intervals(state: Arc<State>) {
    let mut ends = tokio::time::interval(exposition::INTERVAL);
    ends.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ends.tick().await;
        state.intervals.advance(&state.metrics);
    }
}

impl State {
    /// Everything there is at this moment.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.collect().await.into_iter().for_each(|(name, value)| snapshot.add(name, value));
        snapshot.add_vms(&self.shared);
        snapshot.add_custom(&self.metrics, &self.intervals);
        snapshot
    }

    /// Every number of the proxy's own, by name.
    async fn collect(&self) -> BTreeMap<String, u64> {
        let mut stats = BTreeMap::new();
        let mut tcp_clusters = BTreeSet::new();
        for (listener, numbers) in self.setup.bootstrap.listeners.iter().zip(&self.stats) {
            let mut own = BTreeMap::new();
            match (&listener.kind, numbers) {
                (ListenerKind::Http(http), ListenerStats::Http(numbers)) => {
                    numbers.collect(&format!("http.{}", http.stat_prefix), &mut own);
                }
                (ListenerKind::Tcp(tcp), ListenerStats::Tcp(numbers)) => {
                    numbers.collect(&format!("tcp.{}", tcp.stat_prefix), &mut own);
                    tcp_clusters.insert(&*tcp.cluster);
                }
                // The two lists are made from one.
                _ => {}
            }
            // Listeners may share a prefix.
            for (name, number) in own {
                *stats.entry(name).or_default() += number;
            }
        }
        for cluster in &self.clusters {
            let prefix = format!("cluster.{}", cluster.config.name);
            cluster.stats.collect(&prefix, &mut stats);
            cluster.circuit_breakers().collect(&format!("{prefix}.circuit_breakers.default"), &mut stats);
            if cluster.config.outlier_detection.is_some() {
                cluster.outlier_stats.collect(&format!("{prefix}.outlier_detection"), &mut stats);
            }
            if cluster.config.health_check.is_some() {
                cluster.health_stats.collect(&format!("{prefix}.health_check"), &mut stats);
            }
            if tcp_clusters.contains(&*cluster.config.name) {
                cluster.tcp_stats.collect(&prefix, &mut stats);
            }
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
