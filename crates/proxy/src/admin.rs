//! The admin interface: `/ready`, `/stats`, `/stats/prometheus`, `/config_dump`.

use crate::exposition::{self, Format, Query as Choice};
use crate::process::Process;
use crate::reload::{ReloadError, Reloader};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

const INDEX: &str = "admin commands are:
  /config_dump: the configuration as it was read
  /ready: LIVE while requests are served
  POST /reload: read the configuration anew, and serve it if all of its plugins start
  /stats: counters, gauges and histograms (?format=text|json|prometheus, ?filter=REGEX, ?usedonly, ?type=TYPE)
  /stats/prometheus: the same for Prometheus
";

/// What the admin interface shows, and changes.
pub(crate) struct State {
    pub(crate) process: Arc<Process>,
    pub(crate) reloader: Arc<Reloader>,
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
    let path = request.uri().path();
    if path == "/reload" {
        return Ok(match *request.method() {
            Method::POST => reload(state.reloader.clone()).await,
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST only: it changes what is served\n"),
        });
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Ok(text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n"));
    }
    Ok(match path {
        "/" | "/help" => text(StatusCode::OK, INDEX),
        "/ready" if *state.process.stop.borrow() => text(StatusCode::SERVICE_UNAVAILABLE, "DRAINING\n"),
        "/ready" => text(StatusCode::OK, "LIVE\n"),
        "/stats" => stats(state, &request, Format::Text).await,
        "/stats/prometheus" => stats(state, &request, Format::Prometheus).await,
        "/config_dump" => json(&state.process.current().configuration.document),
        path => text(StatusCode::NOT_FOUND, format!("there is no {path} here\n\n{INDEX}")),
    })
}

/// Reads the configuration anew and has it serve.
async fn reload(reloader: Arc<Reloader>) -> Response<Full<Bytes>> {
    match tokio::task::spawn_blocking(move || reloader.reload()).await {
        Ok(Ok(reloaded)) => text(StatusCode::OK, format!("{reloaded}\n")),
        Ok(Err(error @ ReloadError::NoLoader)) => text(StatusCode::NOT_IMPLEMENTED, format!("{error}\n")),
        Ok(Err(error)) => {
            tracing::error!("the configuration is not taken, the one before goes on: {error}");
            text(StatusCode::BAD_REQUEST, format!("not taken, the configuration before goes on:\n{error}\n"))
        }
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}; this is a bug, please report it\n")),
    }
}

/// Statistics, as the request wants them.
async fn stats(state: &State, request: &Request<Incoming>, default: Format) -> Response<Full<Bytes>> {
    let choice = match Choice::parse(request.uri().query().unwrap_or_default(), default) {
        Ok(choice) => choice,
        Err(why) => return text(StatusCode::BAD_REQUEST, format!("{why}\n")),
    };
    let mut snapshot = state.process.snapshot().await;
    snapshot.select(&choice);
    match choice.format {
        Format::Text => text(StatusCode::OK, exposition::text(&snapshot)),
        Format::Prometheus => text(StatusCode::OK, exposition::prometheus(&snapshot)),
        Format::Json => respond(StatusCode::OK, "application/json", exposition::json(&snapshot).to_string()),
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
