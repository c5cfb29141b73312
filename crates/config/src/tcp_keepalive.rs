//! `envoy.config.core.v3.TcpKeepalive`: whether the system asks a peer that is silent whether it is still there.

use crate::fields::cluster::{TCP_KEEPALIVE, UPSTREAM_CONNECTION_OPTIONS};
use crate::reader::{Cursor, Object};
use std::time::Duration;

/// What the system does about connections on which nothing happens. What is not said is the system's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpKeepalive {
    /// Envoy's `keepalive_probes`: after how many questions without an answer the connection is dead.
    pub probes: Option<u32>,
    /// Envoy's `keepalive_time`, in whole seconds: how long nothing may happen before it asks.
    pub time: Option<Duration>,
    /// Envoy's `keepalive_interval`, in whole seconds: how long it waits before it asks again.
    pub interval: Option<Duration>,
}

/// Decodes `UpstreamConnectionOptions`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<TcpKeepalive> {
    let options = Object::open(at, &UPSTREAM_CONNECTION_OPTIONS)?;
    let object = Object::open(&options.get("tcp_keepalive")?, &TCP_KEEPALIVE)?;
    let number = |name| object.get(name).and_then(|at| at.unsigned(1));
    let seconds = |name| number(name).map(|seconds| Duration::from_secs(seconds.into()));
    Some(TcpKeepalive {
        probes: number("keepalive_probes"),
        time: seconds("keepalive_time"),
        interval: seconds("keepalive_interval"),
    })
}
