//! `/clusters`.

use super::listeners::address;
use super::reply::{self, Reply};
use super::{Query, State};
use crate::cluster::{Cluster, Host};
use hyper::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;

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
fn numbers(cluster: &Cluster) -> [(&'static str, u64); 8] {
    let stats = &cluster.stats;
    [
        ("cx_connect_fail", stats.upstream_cx_connect_fail.get()),
        ("rq_active", stats.upstream_rq_active.get()),
        ("rq_error", stats.upstream_rq_5xx.get()),
        ("rq_success", stats.upstream_rq_2xx.get() + stats.upstream_rq_3xx.get() + stats.upstream_rq_4xx.get()),
        ("rq_timeout", stats.upstream_rq_timeout.get()),
        ("rq_total", stats.upstream_rq_total.get()),
        ("membership_healthy", stats.membership_healthy.get()),
        ("membership_total", stats.membership_total.get()),
    ]
}

fn lines(cluster: &Cluster) -> String {
    let name = &cluster.config.name;
    let mut out = format!("{name}::observability_name::{name}\n{name}::added_via_api::false\n");
    for (stat, value) in numbers(cluster) {
        let _ = writeln!(out, "{name}::{stat}::{value}");
    }
    for host in &*cluster.hosts() {
        let locality = &host.about().locality;
        for (stat, value) in [
            ("hostname", host.name.clone().unwrap_or_default()),
            ("health_flags", flags(host)),
            ("weight", host.weight.to_string()),
            ("region", locality.region.clone()),
            ("zone", locality.zone.clone()),
            ("sub_zone", locality.sub_zone.clone()),
            ("priority", host.priority.to_string()),
        ] {
            let _ = writeln!(out, "{name}::{}::{stat}::{value}", host.address);
        }
    }
    out
}

/// As Envoy's lines have them: `healthy`, or each with a slash before it.
fn flags(host: &Host) -> String {
    // The lines have a shorter name for one of them than the document.
    let short = |flag| if flag == "failed_active_health_check" { "failed_active_hc" } else { flag };
    let flags: String = host.health_flags().map(|flag| format!("/{}", short(flag))).collect();
    match host.configured_health() {
        "HEALTHY" if flags.is_empty() => "healthy".to_owned(),
        "HEALTHY" => flags,
        _ => format!("{flags}/failed_eds_health"),
    }
}

fn status(cluster: &Cluster) -> Value {
    let endpoint = |host: &Arc<Host>| {
        let locality = &host.about().locality;
        let mut health = json!({"eds_health_status": host.configured_health()});
        for flag in host.health_flags() {
            health[flag] = true.into();
        }
        json!({
            "address": address(host.address),
            "hostname": host.name.clone().unwrap_or_default(),
            "health_status": health,
            "weight": host.weight,
            "priority": host.priority,
            "locality": {"region": locality.region, "zone": locality.zone, "sub_zone": locality.sub_zone},
        })
    };
    let endpoints = cluster.hosts().iter().map(endpoint).collect::<Vec<_>>();
    let stats = numbers(cluster).into_iter().map(|(name, value)| {
        let is_gauge = matches!(name, "rq_active" | "membership_healthy" | "membership_total");
        json!({"name": name, "type": if is_gauge { "GAUGE" } else { "COUNTER" }, "value": value.to_string()})
    });
    json!({
        "name": cluster.config.name,
        "observability_name": cluster.config.name,
        "stats": stats.collect::<Vec<_>>(),
        "host_statuses": endpoints,
    })
}
