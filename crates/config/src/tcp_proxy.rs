//! `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`.

use std::time::Duration;

use crate::access_log::{self, AccessLogger};
use crate::diagnostics::Location;
use crate::fields::tcp_proxy::{TCP_CLUSTER_WEIGHT, TCP_PROXY, TCP_WEIGHTED_CLUSTER};
use crate::reader::{Any, Cursor, Object};
use crate::written_log::WrittenLog;

/// How bytes are carried between the connections of a listener and those to a cluster. The default is of no cluster.
#[derive(Clone, Debug, Default)]
pub struct TcpProxy {
    /// Envoy's `stat_prefix`.
    pub stat_prefix: String,
    /// Envoy's `cluster`, or its `weighted_clusters`: at least one.
    pub clusters: Vec<TcpCluster>,
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

/// One of the clusters that connections are spread over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpCluster {
    /// The name of one in the file.
    pub name: String,
    /// Its part of the connections, at least 1.
    pub weight: u32,
}

/// Decodes a TCP proxy; `filter` is the network filter that holds it.
pub(crate) fn decode(config: &Any<'_>, filter: &Cursor<'_>) -> Option<TcpProxy> {
    let object = config.object(&TCP_PROXY)?;
    let stat_prefix = object.required("stat_prefix", "any text, such as ingress_tcp").and_then(|at| at.nonempty_text());
    let clusters = match object.one_of(&["cluster", "weighted_clusters"]) {
        Some(("cluster", at)) => cluster_name(&at).map(|name| vec![TcpCluster { name, weight: 1 }]),
        Some((_, at)) => decode_weighted(&at),
        None => {
            object.missing(
                &["cluster", "weighted_clusters"],
                "TcpProxy needs the field \"cluster\", the name of one of static_resources.clusters, or \"weighted_clusters\"",
            );
            None
        }
    };
    let idle_timeout = object.get("idle_timeout").and_then(|at| at.duration_or_off());
    let max_connect_attempts = object.get("max_connect_attempts").and_then(|at| at.unsigned(1));
    let access_logs = object.get("access_log").map(|at| access_log::decode_all(&at)).unwrap_or_default();
    Some(TcpProxy {
        stat_prefix: stat_prefix?.to_owned(),
        clusters: clusters?,
        idle_timeout: idle_timeout.unwrap_or(Some(Duration::from_secs(3600))),
        max_connect_attempts: max_connect_attempts.unwrap_or(1),
        access_logs: access_logs.plugins,
        written_logs: access_logs.written,
        location: filter.location(),
    })
}

fn cluster_name(at: &Cursor<'_>) -> Option<String> {
    let name = at.nonempty_text()?;
    at.cx.uses_cluster(name, at.location());
    Some(name.to_owned())
}

fn decode_weighted(at: &Cursor<'_>) -> Option<Vec<TcpCluster>> {
    let object = Object::open(at, &TCP_WEIGHTED_CLUSTER)?;
    let list = object.required("clusters", "a list such as [{name: a, weight: 90}, {name: b, weight: 10}]")?;
    let items = list.items();
    let clusters: Vec<_> = items.iter().filter_map(decode_cluster_weight).collect();
    (clusters.len() == items.len()).then_some(clusters)
}

fn decode_cluster_weight(at: &Cursor<'_>) -> Option<TcpCluster> {
    let object = Object::open(at, &TCP_CLUSTER_WEIGHT)?;
    let name = object.required("name", "the name of one of static_resources.clusters").and_then(|at| cluster_name(&at));
    let weight = object.required("weight", "a number, such as 50").and_then(|at| at.unsigned(1));
    Some(TcpCluster { name: name?, weight: weight? })
}
