//! A client's connection of HTTP, of either version, from its first byte to its end.

use crate::access_log::ConnectionLog;
use crate::aside::Aside;
use crate::downstream::{Downstream, head_timeout};
use crate::exchange;
use crate::listener::ConnectionTerms;
use crate::local_executor::LocalExecutor;
use crate::phase::Phase;
use crate::socket::Socket;
use crate::stats::HttpStats;
use bytes::{BufMut as _, Bytes, BytesMut};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tollgate_config::{CodecType, HttpConnectionManager};

/// What a client of HTTP/2 sends first (RFC 9113, 3.4), as far as it could be a request of HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// Serves a connection to its end, or until `phase` says so and its requests are complete. `agreed` is what TLS has agreed on.
pub(crate) async fn serve(
    listener: Rc<ConnectionTerms>,
    mut socket: Socket,
    agreed: Option<Version>,
    downstream: Rc<Downstream>,
    mut phase: watch::Receiver<Phase>,
    log: &mut Option<ConnectionLog>,
) {
    let peer = downstream.info.source;
    let version = match (listener.http.codec_type, agreed) {
        (CodecType::Http1, _) | (CodecType::Auto, Some(Version::Http1)) => Version::Http1,
        (CodecType::Http2, _) | (CodecType::Auto, Some(Version::Http2)) => Version::Http2,
        (CodecType::Auto, None) => {
            let sniffed = tokio::select! {
                sniffed = sniff(&mut socket) => sniffed,
                () = downstream.idle(listener.http.idle_timeout) => return,
                () = downstream.old(listener.http.max_connection_duration) => return,
                () = downstream.head_is_late(head_timeout(&listener.http)) => return,
                () = Phase::reached(&mut phase, Phase::Draining) => return,
            };
            match sniffed {
                Ok((version, first)) => {
                    socket.put_back(first);
                    version
                }
                Err(error) => return say(peer, &error),
            }
        }
    };
    match version {
        Version::Http1 => serve_http1(listener, socket, downstream, phase, log).await,
        Version::Http2 => serve_http2(listener, socket, downstream, phase, log).await,
    }
}

/// Which version the client speaks, and the bytes that say so. It costs the connection one read.
async fn sniff(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<(Version, Bytes)> {
    let mut first = BytesMut::with_capacity(PREFACE.len());
    loop {
        if !PREFACE.starts_with(&first) {
            return Ok((Version::Http1, first.freeze()));
        }
        if first.len() == PREFACE.len() {
            return Ok((Version::Http2, first.freeze()));
        }
        let missing = PREFACE.len() - first.len();
        if socket.read_buf(&mut (&mut first).limit(missing)).await? == 0 {
            return Ok((Version::Http1, first.freeze()));
        }
    }
}

async fn serve_http1(
    listener: Rc<ConnectionTerms>,
    socket: Socket,
    downstream: Rc<Downstream>,
    mut phase: watch::Receiver<Phase>,
    log: &mut Option<ConnectionLog>,
) {
    let of_requests = downstream.clone();
    let service = service_fn(move |request| exchange::serve(of_requests.clone(), request));
    let (own, stats) = (&listener.http, &listener.stats);
    let mut http = http1::Builder::new();
    // The library's own timer for heads would be made and dropped with each request; ours is set once an hour.
    http.header_read_timeout(None).max_header_size(own.max_request_headers_bytes());
    if own.max_headers_count as usize != DEFAULT_MAX_HEADERS {
        http.max_headers(own.max_headers_count as usize);
    }
    let mut connection = http.serve_connection(TokioIo::new(socket), service).with_upgrades();
    if let Some(log) = log {
        log.speaks("HTTP/1.1");
    }
    let mut stage = Stage::Serving;
    let served = loop {
        let turn = pin!(next_turn(&downstream, own, &mut phase, stage));
        let turn = tokio::select! {
            biased;
            served = &mut connection => break Some(served),
            turn = Aside::new(turn) => turn,
        };
        match turn {
            Turn::Late => break None,
            Turn::Drain(why) => {
                // Answers say from now on that the connection closes, and a request that is on its way has its answer.
                downstream.drain();
                why.count(stats);
                stage = Stage::Draining { until: Instant::now() + own.drain_timeout };
            }
            Turn::Close => {
                Pin::new(&mut connection).graceful_shutdown();
                stage = Stage::Closing;
            }
            Turn::Leave => return,
        }
    };
    match served {
        None => {
            let late = if own.request_headers_timeout.is_some_and(|timeout| Some(timeout) == head_timeout(own)) {
                stats.downstream_rq_header_timeout.inc();
                "request header timeout"
            } else {
                stats.downstream_rq_timeout.inc();
                "request timeout"
            };
            if let Some(parts) = connection.into_parts() {
                let mut socket = parts.io.into_inner();
                answer_late_head(&mut socket, late, own.delayed_close_timeout).await;
                linger(socket, &listener).await;
            }
            return;
        }
        Some(served) => {
            let nonsense = served.as_ref().is_err_and(hyper::Error::is_parse);
            if nonsense && let Some(log) = log {
                log.is_nonsense();
            }
            if let Err(error) = &served {
                say(downstream.info.source, error);
            }
            // The library has closed its half. What is closed while the client's bytes wait to be read is broken off, and
            // the client may never see the answer.
            if (nonsense || served.is_ok() && downstream.is_cut())
                && let Some(parts) = connection.into_parts()
            {
                linger(parts.io.into_inner(), &listener).await;
            }
        }
    }
    downstream.tunnelled().await;
}

/// How far a connection of HTTP/1.1 is on its way to the end.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Serving,
    /// Clients are told that it closes, until then.
    Draining {
        until: Instant,
    },
    /// What is under way is the last.
    Closing,
}

/// What happens to a connection beside its requests.
#[derive(Debug)]
enum Turn {
    /// The head of a request has begun, and does not come to its end.
    Late,
    Drain(Why),
    Close,
    /// A head that never comes to its end keeps the library from closing.
    Leave,
}

/// Waits for what happens next to a connection beside its requests.
async fn next_turn(
    downstream: &Downstream,
    http: &HttpConnectionManager,
    phase: &mut watch::Receiver<Phase>,
    stage: Stage,
) -> Turn {
    let next = async {
        match stage {
            Stage::Serving => Turn::Drain(wants_drain(downstream, http, phase).await),
            Stage::Draining { until } => {
                is_over(until, phase).await;
                Turn::Close
            }
            Stage::Closing => {
                downstream.idle(http.idle_timeout).await;
                Turn::Leave
            }
        }
    };
    tokio::select! {
        biased;
        () = downstream.head_is_late(head_timeout(http)) => Turn::Late,
        turn = next => turn,
    }
}

/// What the library allows for unless it is told otherwise, which costs an allocation per request.
const DEFAULT_MAX_HEADERS: usize = 100;

/// Why a connection takes no further requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Draining,
    Idle,
    /// It is old enough.
    Old,
    /// It has had as many requests as it may.
    Used,
}

impl Why {
    fn count(self, stats: &HttpStats) {
        match self {
            Self::Draining => stats.downstream_cx_drain_close.inc(),
            Self::Idle => stats.downstream_cx_idle_timeout.inc(),
            Self::Old => stats.downstream_cx_max_duration_reached.inc(),
            // Counted when that request begins.
            Self::Used => {}
        }
    }
}

/// Waits until a connection is to take no further requests.
async fn wants_drain(downstream: &Downstream, http: &HttpConnectionManager, phase: &mut watch::Receiver<Phase>) -> Why {
    tokio::select! {
        () = downstream.idle(http.idle_timeout) => Why::Idle,
        () = downstream.old(http.max_connection_duration) => Why::Old,
        () = downstream.used() => Why::Used,
        () = Phase::reached(phase, Phase::Draining) => Why::Draining,
    }
}

/// Waits until nothing new may begin on a connection that drains until then, if the process does not stop before.
async fn is_over(until: Instant, phase: &mut watch::Receiver<Phase>) {
    tokio::select! {
        () = sleep_until(until) => {}
        () = Phase::reached(phase, Phase::Stopping) => {}
    }
}

/// Tells a client that its head has taken too long. Whether it hears is its own affair.
async fn answer_late_head(socket: &mut Socket, why: &str, within: Option<Duration>) {
    let answer = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-length: {}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n{why}",
        why.len()
    );
    let written = async {
        socket.write_all(answer.as_bytes()).await?;
        socket.shutdown().await
    };
    let _ = tokio::time::timeout(within.unwrap_or(CLOSING), written).await;
}

/// How long the last bytes of a connection may take to be written where no time is given for closing it.
const CLOSING: Duration = Duration::from_secs(1);

/// Waits until the client has closed its half too, for as long as `delayed_close_timeout` says, and drops what it still sends.
async fn linger(mut socket: Socket, listener: &ConnectionTerms) {
    let Some(timeout) = listener.http.delayed_close_timeout else { return };
    let rest = async {
        let mut dropped = vec![0; 16 * 1024];
        while socket.read(&mut dropped).await? > 0 {}
        io::Result::Ok(())
    };
    if tokio::time::timeout(timeout, rest).await.is_err() {
        listener.stats.downstream_cx_delayed_close_timeout.inc();
    }
}

async fn serve_http2(
    listener: Rc<ConnectionTerms>,
    mut socket: Socket,
    downstream: Rc<Downstream>,
    mut phase: watch::Receiver<Phase>,
    log: &mut Option<ConnectionLog>,
) {
    let of_requests = downstream.clone();
    let service = service_fn(move |request| exchange::serve(of_requests.clone(), request));
    let own = &listener.http;
    let options = &own.http2;
    let mut http = http2::Builder::new(LocalExecutor);
    http.max_concurrent_streams(options.max_concurrent_streams)
        .initial_stream_window_size(options.initial_stream_window_size)
        .initial_connection_window_size(options.initial_connection_window_size)
        .max_header_list_size(u32::try_from(own.max_request_headers_bytes()).unwrap_or(u32::MAX))
        .max_send_buf_size(listener.buffer_limit);
    if options.allow_connect {
        http.enable_connect_protocol();
    }
    if let Some(keepalive) = options.keepalive {
        http.timer(TokioTimer::new()).keep_alive_interval(keepalive.interval).keep_alive_timeout(keepalive.timeout);
    }
    if let Some(log) = log {
        log.speaks("HTTP/2");
    }
    let served = {
        let mut connection = pin!(http.serve_connection(TokioIo::new(&mut socket), service));
        let drain = pin!(wants_drain(&downstream, own, &mut phase));
        tokio::select! {
            biased;
            served = connection.as_mut() => Some(served),
            why = Aside::new(drain) => {
                why.count(&listener.stats);
                downstream.drain();
                // A goodbye, and a second one as soon as the client has answered a ping: until then it may not have known.
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    served = connection.as_mut() => Some(served),
                    () = is_done(&downstream, own) => None,
                }
            }
        }
    };
    if let Some(Err(error)) = &served {
        say(downstream.info.source, error);
    }
    let waits = match &served {
        Some(Ok(())) => downstream.is_cut(),
        // The client is told what it has done wrong; one that floods us is not listened to any longer.
        Some(Err(error)) => {
            let cause = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>());
            let nonsense = cause.filter(|error| !error.is_io() && !error.is_remote());
            if nonsense.is_some()
                && let Some(log) = log
            {
                log.is_nonsense();
            }
            nonsense.is_some_and(|error| error.reason() != Some(h2::Reason::ENHANCE_YOUR_CALM))
        }
        None => false,
    };
    if waits {
        linger(socket, &listener).await;
    }
}

/// Waits until a client that has been told goodbye has had `drain_timeout` to say that it knows, no request of its is under
/// way, and what was left to be written has had its time.
async fn is_done(downstream: &Downstream, http: &HttpConnectionManager) {
    tokio::time::sleep(http.drain_timeout).await;
    downstream.at_rest().await;
    tokio::time::sleep(http.delayed_close_timeout.unwrap_or(CLOSING)).await;
}

fn say(peer: Option<SocketAddr>, error: &dyn std::error::Error) {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    tracing::debug!(peer = peer.map(tracing::field::display), "connection: {error}{cause}");
}

#[cfg(test)]
mod tests {
    use super::{PREFACE, Version, sniff};
    use tokio::io::AsyncReadExt as _;

    #[test]
    fn the_first_bytes_say_which_version_and_are_kept() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for (sent, expected) in [
                (&b"GET / HTTP/1.1\r\n"[..], Version::Http1),
                (b"PUT / HTTP/1.1\r\n", Version::Http1),
                (b"PRI / HTTP/1.1\r\n", Version::Http1),
                (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Version::Http2),
                (b"PRI", Version::Http1),
                (b"", Version::Http1),
            ] {
                // Byte by byte, and at once.
                let mut piece = byte_by_byte(sent);
                let (version, first) = sniff(&mut piece).await.unwrap();
                assert_eq!(version, expected, "{sent:?}");
                let mut whole = sent;
                let (version, at_once) = sniff(&mut whole).await.unwrap();
                assert_eq!(version, expected);
                assert!(sent.starts_with(&first) && sent.starts_with(&at_once) && at_once.len() <= PREFACE.len());
                let mut rest = Vec::new();
                whole.read_to_end(&mut rest).await.unwrap();
                assert_eq!([&at_once[..], &rest].concat(), sent);
            }
        });
    }

    /// Gives a byte at a time.
    fn byte_by_byte(bytes: &'static [u8]) -> impl tokio::io::AsyncRead + Unpin {
        struct Slow(&'static [u8]);
        impl tokio::io::AsyncRead for Slow {
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                buffer: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                if let Some((first, rest)) = self.0.split_first() {
                    buffer.put_slice(&[*first]);
                    self.0 = rest;
                }
                std::task::Poll::Ready(Ok(()))
            }
        }
        Slow(bytes)
    }
}
