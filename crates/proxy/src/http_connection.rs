//! A client's connection of HTTP, of either version, from its first byte to its end.

use crate::downstream::{Downstream, head_timeout};
use crate::exchange;
use crate::listener::ConnectionTerms;
use crate::local_executor::LocalExecutor;
use crate::socket::Socket;
use bytes::{BufMut as _, Bytes, BytesMut};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;
use tollgate_config::CodecType;

/// What a client of HTTP/2 sends first (RFC 9113, 3.4), as far as it could be a request of HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// Serves a connection to its end, or until `stop` says so and its requests are complete. `agreed` is what TLS has agreed on.
pub(crate) async fn serve(
    listener: Rc<ConnectionTerms>,
    mut socket: Socket,
    agreed: Option<Version>,
    downstream: Rc<Downstream>,
    mut stop: watch::Receiver<bool>,
) {
    let peer = downstream.info.source;
    let version = match (listener.http.codec_type, agreed) {
        (CodecType::Http1, _) | (CodecType::Auto, Some(Version::Http1)) => Version::Http1,
        (CodecType::Http2, _) | (CodecType::Auto, Some(Version::Http2)) => Version::Http2,
        (CodecType::Auto, None) => {
            let sniffed = tokio::select! {
                sniffed = sniff(&mut socket) => sniffed,
                () = downstream.idle(listener.http.idle_timeout) => return,
                () = downstream.complete(listener.http.max_connection_duration) => return,
                () = downstream.head_is_late(head_timeout(&listener.http)) => return,
                _ = stop.wait_for(|stop| *stop) => return,
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
        Version::Http1 => serve_http1(listener, socket, downstream, stop).await,
        Version::Http2 => serve_http2(listener, socket, downstream, stop).await,
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
    mut stop: watch::Receiver<bool>,
) {
    let of_requests = downstream.clone();
    let service = service_fn(move |request| exchange::serve(of_requests.clone(), request));
    let own = &listener.http;
    let mut http = http1::Builder::new();
    // The library's own timer for heads would be made and dropped with each request; ours is set once an hour.
    http.header_read_timeout(None).max_header_size(own.max_request_headers_bytes());
    if own.max_headers_count as usize != DEFAULT_MAX_HEADERS {
        http.max_headers(own.max_headers_count as usize);
    }
    let mut connection = http.serve_connection(TokioIo::new(socket), service).with_upgrades();
    let served = tokio::select! {
        served = Pin::new(&mut connection) => served,
        () = downstream.idle(own.idle_timeout) => return,
        () = downstream.head_is_late(head_timeout(own)) => {
            let late = if own.request_headers_timeout.is_some_and(|timeout| Some(timeout) == head_timeout(own)) {
                listener.stats.downstream_rq_header_timeout.inc();
                "request header timeout"
            } else {
                listener.stats.downstream_rq_timeout.inc();
                "request timeout"
            };
            if let Some(parts) = connection.into_parts() {
                answer_late_head(parts.io.into_inner(), late).await;
            }
            return;
        }
        () = downstream.complete(own.max_connection_duration) => {
            Pin::new(&mut connection).graceful_shutdown();
            connection.await
        }
        _ = stop.wait_for(|stop| *stop) => {
            Pin::new(&mut connection).graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        say(downstream.info.source, &error);
    }
    downstream.tunnelled().await;
}

/// What the library allows for unless it is told otherwise, which costs an allocation per request.
const DEFAULT_MAX_HEADERS: usize = 100;

/// Tells a client that its head has taken too long. Whether it hears is its own affair.
async fn answer_late_head(mut socket: Socket, why: &str) {
    let answer = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-length: {}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n{why}",
        why.len()
    );
    let written = async {
        socket.write_all(answer.as_bytes()).await?;
        socket.shutdown().await
    };
    let _ = tokio::time::timeout(CLOSING, written).await;
}

/// How long a client may take to read why its connection is closed (`delayed_close_timeout`, Envoy's default).
const CLOSING: Duration = Duration::from_secs(1);

async fn serve_http2(
    listener: Rc<ConnectionTerms>,
    socket: Socket,
    downstream: Rc<Downstream>,
    mut stop: watch::Receiver<bool>,
) {
    let of_requests = downstream.clone();
    let service = service_fn(move |request| exchange::serve(of_requests.clone(), request));
    let options = &listener.http.http2;
    let mut http = http2::Builder::new(LocalExecutor);
    http.max_concurrent_streams(options.max_concurrent_streams)
        .initial_stream_window_size(options.initial_stream_window_size)
        .initial_connection_window_size(options.initial_connection_window_size)
        .max_header_list_size(u32::try_from(listener.http.max_request_headers_bytes()).unwrap_or(u32::MAX))
        .max_send_buf_size(listener.buffer_limit);
    if options.allow_connect {
        http.enable_connect_protocol();
    }
    if let Some(keepalive) = options.keepalive {
        http.timer(TokioTimer::new()).keep_alive_interval(keepalive.interval).keep_alive_timeout(keepalive.timeout);
    }
    let mut connection = pin!(http.serve_connection(TokioIo::new(socket), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = downstream.idle(listener.http.idle_timeout) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = downstream.complete(listener.http.max_connection_duration) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        _ = stop.wait_for(|stop| *stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        say(downstream.info.source, &error);
    }
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
