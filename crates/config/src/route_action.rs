//! `envoy.config.route.v3.RouteAction`: sending a request on.

use std::time::Duration;

use crate::cors::{self, CorsPolicy};
use crate::fields::route::{CLUSTER_WEIGHT, MAX_STREAM_DURATION, ROUTE_ACTION, WEIGHTED_CLUSTER};
use crate::hash_policy::{self, HashPolicy};
use crate::header_mutations::{self, HeaderMutations, is_token};
use crate::pattern::{self, RegexRewrite};
use crate::per_filter::{self, PerFilterConfig};
use crate::reader::{Cursor, Object};
use crate::redirect::in_a_header;
use crate::retry_policy::{self, RetryPolicy};
use crate::upgrade::{self, UpgradeConfig};

/// Where a request is sent, and how.
#[derive(Clone, Debug)]
pub struct ClusterAction {
    /// Envoy's `cors`.
    pub cors: Option<CorsPolicy>,
    /// Which cluster.
    pub cluster: ClusterSpecifier,
    /// Envoy's `cluster_not_found_response_code`, as a number; 503 by default.
    pub cluster_not_found_status: u16,
    /// Envoy's `timeout` for the whole response; 15 seconds by default, none when written as `0s` or where there is a
    /// `max_stream_duration`.
    pub timeout: Option<Duration>,
    /// Envoy's `idle_timeout`, in the place of the `stream_idle_timeout`. `Some(None)` when written as `0s`: none.
    pub idle_timeout: Option<Option<Duration>>,
    /// Envoy's `max_stream_duration.max_stream_duration`, from the end of the request's headers, in the place of the HTTP
    /// connection manager's. `Some(None)` when written as `0s`: none.
    pub max_stream_duration: Option<Option<Duration>>,
    /// Envoy's `prefix_rewrite` or `regex_rewrite`.
    pub path_rewrite: Option<PathRewrite>,
    /// Envoy's `host_rewrite_literal` and its kin.
    pub host_rewrite: Option<HostRewrite>,
    /// Envoy's `append_x_forwarded_host`: keep the host that is replaced. Off by default.
    pub append_x_forwarded_host: bool,
    /// Envoy's `retry_policy`; that of the virtual host by default.
    pub retry_policy: Option<RetryPolicy>,
    /// Envoy's `hash_policy`.
    pub hash_policy: Vec<HashPolicy>,
    /// Envoy's `upgrade_configs`, which come before those of the HTTP connection manager.
    pub upgrades: Vec<UpgradeConfig>,
}

/// How the cluster of a request is found.
#[derive(Clone, Debug)]
pub enum ClusterSpecifier {
    /// Envoy's `cluster`, the name of one in the file.
    Name(String),
    /// Envoy's `cluster_header`, in lower case: the header that has the name.
    Header(String),
    /// Envoy's `weighted_clusters`, at least one, whose weights are more than 0 in all.
    Weighted(Vec<WeightedCluster>),
}

/// One of several clusters.
#[derive(Clone, Debug)]
pub struct WeightedCluster {
    /// Envoy's `name`, of one in the file.
    pub name: String,
    /// Envoy's `weight`.
    pub weight: u32,
    /// What is changed about headers.
    pub mutations: HeaderMutations,
    /// Envoy's `typed_per_filter_config`.
    pub per_filter: PerFilterConfig,
    /// Envoy's `host_rewrite_literal`.
    pub host_rewrite_literal: Option<String>,
}

/// What becomes of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathRewrite {
    /// Envoy's `prefix_rewrite`, which takes the place of what the path match matched.
    Prefix(String),
    /// Envoy's `regex_rewrite`, of the path without its query.
    Regex(RegexRewrite),
}

/// Which host the upstream is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRewrite {
    /// Envoy's `auto_host_rewrite`: the name of the endpoint that is chosen.
    Auto,
    /// Envoy's `host_rewrite_header`, in lower case: what that header says, if it is there.
    Header(String),
    /// Envoy's `host_rewrite_literal`.
    Literal(String),
    /// Envoy's `host_rewrite_path_regex`, of the path without its query.
    PathRegex(RegexRewrite),
}

impl ClusterAction {
    /// The clusters among which a request is sent at random; none if there is no choice.
    pub fn weighted_clusters(&self) -> &[WeightedCluster] {
        match &self.cluster {
            ClusterSpecifier::Weighted(clusters) => clusters,
            ClusterSpecifier::Name(_) | ClusterSpecifier::Header(_) => &[],
        }
    }
}

/// Decodes a `route`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<ClusterAction> {
    let object = Object::open(at, &ROUTE_ACTION)?;
    let cluster = decode_cluster(&object);
    let timeout = object.get("timeout").and_then(|at| at.duration_or_off());
    let idle_timeout = object.get("idle_timeout").and_then(|at| at.duration_or_off());
    let longest = object.get("max_stream_duration");
    // Beside it the time of the response is not limited, as in Envoy.
    let timeout = if longest.is_some() { None } else { timeout.unwrap_or(Some(Duration::from_secs(15))) };
    let max_stream_duration = longest.and_then(|at| {
        Object::open(&at, &MAX_STREAM_DURATION)?.get("max_stream_duration").and_then(|at| at.duration_or_off())
    });
    let path_rewrite = match object.one_of(&["prefix_rewrite", "regex_rewrite", "path_rewrite_policy", "path_rewrite"])
    {
        Some(("prefix_rewrite", at)) => in_a_header(&at).filter(|text| !text.is_empty()).map(PathRewrite::Prefix),
        Some(("regex_rewrite", at)) => Some(PathRewrite::Regex(pattern::decode_rewrite(&at)?)),
        _ => None,
    };
    let host_rewrite = decode_host_rewrite(&object);
    let flag = |name| object.get(name).and_then(|at| at.boolean()).unwrap_or(false);
    let status = object.get("cluster_not_found_response_code").map_or(Some(503), |at| {
        at.choice(&[("SERVICE_UNAVAILABLE", 0, 503), ("NOT_FOUND", 1, 404), ("INTERNAL_SERVER_ERROR", 2, 500)])
    });
    let retry_policy = match object.get("retry_policy") {
        Some(at) => Some(retry_policy::decode(&at)?),
        None => None,
    };
    Some(ClusterAction {
        cors: cors::of(&object),
        cluster: cluster?,
        cluster_not_found_status: status?,
        timeout,
        idle_timeout,
        max_stream_duration,
        path_rewrite,
        host_rewrite,
        append_x_forwarded_host: flag("append_x_forwarded_host"),
        retry_policy,
        hash_policy: object.get("hash_policy").map(|at| hash_policy::decode_all(&at)).unwrap_or_default(),
        upgrades: object.get("upgrade_configs").map(|at| upgrade::decode_all(&at)).unwrap_or_default(),
    })
}

fn decode_cluster(object: &Object<'_>) -> Option<ClusterSpecifier> {
    let kinds = [
        "cluster",
        "cluster_header",
        "weighted_clusters",
        "cluster_specifier_plugin",
        "inline_cluster_specifier_plugin",
    ];
    match object.one_of(&kinds) {
        Some(("cluster", at)) => {
            let name = at.nonempty_text()?;
            at.cx.uses_cluster(name, at.location());
            Some(ClusterSpecifier::Name(name.to_owned()))
        }
        Some(("cluster_header", at)) => {
            let name = at.nonempty_text()?.to_ascii_lowercase();
            if !is_token(name.strip_prefix(':').unwrap_or(&name)) {
                at.error("this is no name of a header");
                return None;
            }
            Some(ClusterSpecifier::Header(name))
        }
        Some(("weighted_clusters", at)) => decode_weighted(&at).map(ClusterSpecifier::Weighted),
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(
                &["cluster", "cluster_header", "weighted_clusters"],
                "a route needs one of the fields \"cluster\" (the name of one of static_resources.clusters), \
                 \"cluster_header\" and \"weighted_clusters\"",
            );
            None
        }
    }
}

fn decode_weighted(at: &Cursor<'_>) -> Option<Vec<WeightedCluster>> {
    let object = Object::open(at, &WEIGHTED_CLUSTER)?;
    let list = object.required("clusters", "a list such as [{name: a, weight: 90}, {name: b, weight: 10}]")?;
    let items = list.items();
    let clusters: Vec<_> = items.iter().filter_map(decode_cluster_weight).collect();
    if clusters.len() < items.len() {
        return None;
    }
    let total: u64 = clusters.iter().map(|cluster| u64::from(cluster.weight)).sum();
    if total == 0 || total > u64::from(u32::MAX) {
        list.error(format!("the weights of the clusters are {total} in all, which must be from 1 to {}", u32::MAX));
        return None;
    }
    if let Some(at) = object.get("total_weight")
        && at.unsigned(1).is_some_and(|stated| u64::from(stated) != total)
    {
        at.error(format!("the weights of the clusters are {total} in all; remove total_weight"));
    }
    Some(clusters)
}

fn decode_cluster_weight(at: &Cursor<'_>) -> Option<WeightedCluster> {
    let object = Object::open(at, &CLUSTER_WEIGHT)?;
    let name = object.required("name", "the name of one of static_resources.clusters").and_then(|at| {
        let name = at.nonempty_text()?;
        at.cx.uses_cluster(name, at.location());
        Some(name.to_owned())
    });
    let weight = object.required("weight", "a number, such as 50").and_then(|at| at.unsigned(0));
    Some(WeightedCluster {
        mutations: header_mutations::decode(&object),
        per_filter: per_filter::decode(&object),
        host_rewrite_literal: object
            .get("host_rewrite_literal")
            .and_then(|at| in_a_header(&at))
            .filter(|host| !host.is_empty()),
        name: name?,
        weight: weight?,
    })
}

fn decode_host_rewrite(object: &Object<'_>) -> Option<HostRewrite> {
    let kinds = ["host_rewrite_literal", "auto_host_rewrite", "host_rewrite_header", "host_rewrite_path_regex"];
    match object.one_of(&kinds)? {
        ("host_rewrite_literal", at) => in_a_header(&at).filter(|host| !host.is_empty()).map(HostRewrite::Literal),
        ("auto_host_rewrite", at) => at.boolean().filter(|on| *on).map(|_| HostRewrite::Auto),
        ("host_rewrite_header", at) => at.nonempty_text().map(|name| HostRewrite::Header(name.to_ascii_lowercase())),
        (_, at) => pattern::decode_rewrite(&at).map(HostRewrite::PathRegex),
    }
}
