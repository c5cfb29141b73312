//! `envoy.config.core.v3`: which version of HTTP, and the options of each.

use std::time::Duration;

use crate::fields::cluster::{HTTP1_PROTOCOL_OPTIONS, HTTP2_PROTOCOL_OPTIONS, KEEPALIVE_SETTINGS};
use crate::reader::{Cursor, Object};

/// Envoy's `codec_type`: which versions of HTTP clients may speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodecType {
    /// Envoy's `AUTO`, the default: what TLS has agreed on, and otherwise what the client's first bytes say.
    #[default]
    Auto,
    /// Envoy's `HTTP1`.
    Http1,
    /// Envoy's `HTTP2`.
    Http2,
}

/// `envoy.config.core.v3.Http2ProtocolOptions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http2Options {
    /// Envoy's `max_concurrent_streams`; 1024 by default. Of a listener, how many requests a client may have under way on
    /// a connection; of a cluster, how many are sent on one.
    pub max_concurrent_streams: u32,
    /// Envoy's `initial_stream_window_size`, in bytes; 16 MiB by default.
    pub initial_stream_window_size: u32,
    /// Envoy's `initial_connection_window_size`, in bytes; 24 MiB by default.
    pub initial_connection_window_size: u32,
    /// Envoy's `connection_keepalive`: pings; none by default.
    pub keepalive: Option<Keepalive>,
    /// Envoy's `allow_connect`: whether clients may ask for upgrades (RFC 8441). Off by default. Upstreams are asked in any case.
    pub allow_connect: bool,
}

/// `envoy.config.core.v3.KeepaliveSettings`: a connection whose peer does not answer a ping is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Envoy's `interval`.
    pub interval: Duration,
    /// Envoy's `timeout`.
    pub timeout: Duration,
}

impl Default for Http2Options {
    fn default() -> Self {
        Self {
            max_concurrent_streams: 1024,
            initial_stream_window_size: 16 << 20,
            initial_connection_window_size: 24 << 20,
            keepalive: None,
            allow_connect: false,
        }
    }
}

/// Decodes options of HTTP/2.
pub(crate) fn decode_http2(at: &Cursor<'_>) -> Http2Options {
    let default = Http2Options::default();
    let Some(object) = Object::open(at, &HTTP2_PROTOCOL_OPTIONS) else { return default };
    let number = |name, min: u32, default: u32| {
        let value = object.get(name).and_then(|at| at.integer(min.into(), MAX_WINDOW.into()));
        value.and_then(|value| u32::try_from(value).ok()).unwrap_or(default)
    };
    Http2Options {
        max_concurrent_streams: number("max_concurrent_streams", 1, default.max_concurrent_streams),
        initial_stream_window_size: number(
            "initial_stream_window_size",
            MIN_WINDOW,
            default.initial_stream_window_size,
        ),
        initial_connection_window_size: number(
            "initial_connection_window_size",
            MIN_WINDOW,
            default.initial_connection_window_size,
        ),
        keepalive: object.get("connection_keepalive").and_then(|at| decode_keepalive(&at)),
        allow_connect: object.get("allow_connect").and_then(|at| at.boolean()).unwrap_or(default.allow_connect),
    }
}

fn decode_keepalive(at: &Cursor<'_>) -> Option<Keepalive> {
    let object = Object::open(at, &KEEPALIVE_SETTINGS)?;
    let least = Duration::from_millis(1);
    let duration = |at: Cursor<'_>| {
        let duration = at.duration()?;
        if duration < least {
            at.error("must be at least 0.001s");
        }
        Some(duration.max(least))
    };
    let timeout = object.required("timeout", "such as 20s").and_then(duration);
    let interval = object.required("interval", "such as 30s").and_then(duration);
    Some(Keepalive { interval: interval?, timeout: timeout? })
}

/// Whether options of HTTP/1.1 ask for trailers.
pub(crate) fn enables_trailers(at: &Cursor<'_>) -> bool {
    let options = Object::open(at, &HTTP1_PROTOCOL_OPTIONS);
    options.and_then(|object| object.get("enable_trailers")?.boolean()).unwrap_or(false)
}

/// HTTP/2's own bounds of windows and of numbers of streams.
const MIN_WINDOW: u32 = 65_535;
const MAX_WINDOW: u32 = (1 << 31) - 1;
