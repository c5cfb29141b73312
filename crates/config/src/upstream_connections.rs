//! How connections to the endpoints of a cluster are kept.

use crate::fields::cluster::COMMON_HTTP_OPTIONS;
use crate::reader::{Cursor, Object};
use std::time::Duration;

/// How long connections that speak HTTP are kept, and what is read ahead from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamConnections {
    /// Envoy's `common_http_protocol_options.idle_timeout`: how long one is kept without a request. 1 hour by default, none
    /// when written as `0s`.
    pub idle_timeout: Option<Duration>,
    /// Envoy's `common_http_protocol_options.max_connection_duration`: one that is older takes no further request. None by
    /// default.
    pub max_connection_duration: Option<Duration>,
    /// Envoy's `common_http_protocol_options.max_requests_per_connection`, or `max_requests_per_connection` of the cluster;
    /// any number by default.
    pub max_requests_per_connection: Option<u32>,
    /// Envoy's `per_connection_buffer_limit_bytes` of the cluster: how much is read from one over HTTP/1.1 before it is
    /// wanted, in bytes. The library's own bound by default.
    pub per_connection_buffer_limit_bytes: Option<u32>,
}

impl Default for UpstreamConnections {
    fn default() -> Self {
        Self {
            idle_timeout: Some(Duration::from_secs(3600)),
            max_connection_duration: None,
            max_requests_per_connection: None,
            per_connection_buffer_limit_bytes: None,
        }
    }
}

/// Decodes what a cluster says of it; `extension` is what `typed_extension_protocol_options` says in its place.
pub(crate) fn decode(cluster: &Object<'_>, extension: Option<&Cursor<'_>>) -> UpstreamConnections {
    let default = UpstreamConnections::default();
    let own = cluster.get("common_http_protocol_options");
    let own = own.as_ref().and_then(|at| Object::open(at, &COMMON_HTTP_OPTIONS));
    let options = extension.and_then(|at| Object::open(at, &COMMON_HTTP_OPTIONS)).or(own);
    let option = |name| options.as_ref().and_then(|options| options.get(name));
    let duration = |name| option(name).and_then(|at| at.duration_or_off());
    let requests = option("max_requests_per_connection").or_else(|| cluster.get("max_requests_per_connection"));
    UpstreamConnections {
        idle_timeout: duration("idle_timeout").unwrap_or(default.idle_timeout),
        max_connection_duration: duration("max_connection_duration").flatten(),
        max_requests_per_connection: requests.and_then(|at| at.unsigned(0)).filter(|count| *count > 0),
        per_connection_buffer_limit_bytes: cluster
            .get("per_connection_buffer_limit_bytes")
            .and_then(|at| at.unsigned(0)),
    }
}
