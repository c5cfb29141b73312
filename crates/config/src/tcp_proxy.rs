//! `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`.

use std::time::Duration;

use crate::access_log::{self, AccessLogger};
use crate::diagnostics::Location;
use crate::fields::tcp_proxy::TCP_PROXY;
use crate::reader::{Any, Cursor};
use crate::written_log::WrittenLog;

/// How bytes are carried between the connections of a listener and those to a cluster. The default is of no cluster.
#[derive(Clone, Debug, Default)]
pub struct TcpProxy {
    /// Envoy's `stat_prefix`.
    pub stat_prefix: String,
    /// Envoy's `cluster`, the name of one in the file.
    pub cluster: String,
    /// Envoy's `idle_timeout`: how long both sides may be silent; an hour by default, none when written as `0s`.
    pub idle_timeout: Option<Duration>,
    /// Envoy's `max_connect_attempts`, at least 1, which is the default.
    pub max_connect_attempts: u32,
    /// Envoy's `access_log`: the plugins among them.
    pub access_logs: Vec<AccessLogger>,
    /// Envoy's `access_log`: those that are written.
    pub written_logs: Vec<WrittenLog>,
    /// Where the filter stands in the file.
    pub location: Location,
}

/// Decodes a TCP proxy; `filter` is the network filter that holds it.
pub(crate) fn decode(config: &Any<'_>, filter: &Cursor<'_>) -> Option<TcpProxy> {
    let object = config.object(&TCP_PROXY)?;
    let stat_prefix = object.required("stat_prefix", "any text, such as ingress_tcp").and_then(|at| at.nonempty_text());
    let cluster = match object.get("cluster") {
        Some(at) => at.nonempty_text().inspect(|name| at.cx.uses_cluster(name, at.location())),
        None => {
            // The other way to name clusters is refused by the table.
            if object.get("weighted_clusters").is_none() {
                object.required("cluster", "the name of one of static_resources.clusters");
            }
            None
        }
    };
    let idle_timeout = object.get("idle_timeout").and_then(|at| at.duration_or_off());
    let max_connect_attempts = object.get("max_connect_attempts").and_then(|at| at.unsigned(1));
    let access_logs = object.get("access_log").map(|at| access_log::decode_all(&at)).unwrap_or_default();
    Some(TcpProxy {
        stat_prefix: stat_prefix?.to_owned(),
        cluster: cluster?.to_owned(),
        idle_timeout: idle_timeout.unwrap_or(Some(Duration::from_secs(3600))),
        max_connect_attempts: max_connect_attempts.unwrap_or(1),
        access_logs: access_logs.plugins,
        written_logs: access_logs.written,
        location: filter.location(),
    })
}
