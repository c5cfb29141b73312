//! `/clusters`.

use super::listeners::address;
use super::reply::{self, Reply};
use super::{Query, State};
use crate::cluster::Cluster;
use hyper::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Clusters with their endpoints: lines `cluster::endpoint::name::value`, or Envoy's `Clusters`.
pub(super) fn page(state: &State, query: &Query<'_>) -> Reply {
    let (filter, wants_json) = match (query.regex("filter"), query.wants_json(false)) {
        (Ok(filter), Ok(wants_json)) => (filter, wants_json),
        (Err(refused), _) | (_, Err(refused)) => return refused,
    };
    let generation = state.process.current();
    let clusters = generation.clusters.iter().map(|cluster| &**cluster);
    let clusters =
        clusters.filter(|cluster| filter.as_ref().is_none_or(|filter| filter.is_match(&cluster.config.name)));
    if wants_json {
        reply::json(&json!({"cluster_statuses": clusters.map(status).collect::<Vec<_>>()}))
    } else {
        reply::text(StatusCode::OK, clusters.map(lines).collect::<String>())
    }
}

/// Numbers of a cluster as a whole, which are not told apart by endpoint.
fn numbers(cluster: &Cluster) -> [(&'static str, u64); 7] {
    let stats = &cluster.stats;
    [
        ("cx_connect_fail", stats.upstream_cx_connect_fail.get()),
        ("rq_active", stats.upstream_rq_active.get()),
        ("rq_error", stats.upstream_rq_5xx.get()),
        ("rq_success", stats.upstream_rq_2xx.get() + stats.upstream_rq_3xx.get() + stats.upstream_rq_4xx.get()),
        ("rq_timeout", stats.upstream_rq_timeout.get()),
        ("rq_total", stats.upstream_rq_total.get()),
        ("membership_total", stats.membership_total.get()),
    ]
}

fn lines(cluster: &Cluster) -> String {
    let name = &cluster.config.name;
    let mut out = format!("{name}::observability_name::{name}\n{name}::added_via_api::false\n");
    for (stat, value) in numbers(cluster) {
        let _ = writeln!(out, "{name}::{stat}::{value}");
    }
    for endpoint in cluster.endpoints() {
        let locality = endpoint.locality.as_deref();
        let place =
            |of: fn(&tollgate_host::metadata::Locality) -> &str| locality.map(of).unwrap_or_default().to_owned();
        for (stat, value) in [
            ("hostname", endpoint.hostname),
            ("health_flags", "healthy".to_owned()),
            ("weight", endpoint.weight.to_string()),
            ("region", place(|locality| &locality.region)),
            ("zone", place(|locality| &locality.zone)),
            ("sub_zone", place(|locality| &locality.sub_zone)),
        ] {
            let _ = writeln!(out, "{name}::{}::{stat}::{value}", endpoint.address);
        }
    }
    out
}

fn status(cluster: &Cluster) -> Value {
    let endpoints = cluster.endpoints().into_iter().map(|endpoint| {
        let locality = endpoint.locality.as_deref();
        json!({
            "address": address(endpoint.address),
            "hostname": endpoint.hostname,
            "health_status": {"eds_health_status": "HEALTHY"},
            "weight": endpoint.weight,
            "locality": locality.map_or(json!({}), |locality| json!({
                "region": locality.region, "zone": locality.zone, "sub_zone": locality.sub_zone,
            })),
        })
    });
    let stats = numbers(cluster).into_iter().map(|(name, value)| {
        let is_gauge = matches!(name, "rq_active" | "membership_total");
        json!({"name": name, "type": if is_gauge { "GAUGE" } else { "COUNTER" }, "value": value.to_string()})
    });
    json!({
        "name": cluster.config.name,
        "observability_name": cluster.config.name,
        "stats": stats.collect::<Vec<_>>(),
        "host_statuses": endpoints.collect::<Vec<_>>(),
    })
}
