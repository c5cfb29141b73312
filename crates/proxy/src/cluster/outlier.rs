//! Leaving out endpoints that fail, for a while.

mod rates;

use super::Cluster;
use super::host::Host;
use crate::request_id::random;
use rates::Counts;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tollgate_config::OutlierDetection;

/// How an endpoint has failed lately.
#[derive(Debug, Default)]
pub(super) struct Failures {
    consecutive_5xx: AtomicU32,
    consecutive_gateway: AtomicU32,
    /// What has come of requests since the last comparison.
    counts: Counts,
    ejection: Mutex<Ejection>,
}

#[derive(Debug, Default)]
struct Ejection {
    since: Option<Instant>,
    /// How often it was ejected; each time it lasts longer.
    count: u32,
}

/// Notes what has come of a request to an endpoint.
pub(super) fn report(cluster: &Cluster, host: &Arc<Host>, status: u16) {
    let Some(policy) = &cluster.config.outlier_detection else { return };
    let failures = &host.failures;
    failures.counts.add(status >= 500);
    if status < 500 {
        // Most requests find both at zero, and write nothing.
        for counter in [&failures.consecutive_5xx, &failures.consecutive_gateway] {
            if counter.load(Ordering::Relaxed) != 0 {
                counter.store(0, Ordering::Relaxed);
            }
        }
        return;
    }
    let stats = &cluster.outlier_stats;
    if matches!(status, 502..=504) {
        if reaches(&failures.consecutive_gateway, policy.consecutive_gateway_failure) {
            stats.ejections_detected_consecutive_gateway_failure.inc();
            if eject(cluster, policy, host, policy.enforcing_consecutive_gateway_failure, Instant::now()) {
                stats.ejections_enforced_consecutive_gateway_failure.inc();
            }
        }
    } else {
        failures.consecutive_gateway.store(0, Ordering::Relaxed);
    }
    if reaches(&failures.consecutive_5xx, policy.consecutive_5xx) {
        stats.ejections_detected_consecutive_5xx.inc();
        if eject(cluster, policy, host, policy.enforcing_consecutive_5xx, Instant::now()) {
            stats.ejections_enforced_consecutive_5xx.inc();
        }
    }
}

/// Counts, and tells when so many have come in a row; then it begins anew.
fn reaches(counter: &AtomicU32, threshold: u32) -> bool {
    let count = counter.fetch_add(1, Ordering::Relaxed) + 1;
    if count < threshold.max(1) {
        return false;
    }
    counter.store(0, Ordering::Relaxed);
    true
}

fn eject(cluster: &Cluster, policy: &OutlierDetection, host: &Arc<Host>, enforcing: u32, now: Instant) -> bool {
    if random() % 100 >= u64::from(enforcing) {
        return false;
    }
    let hosts = cluster.hosts();
    // Under the lock, so that two workers do not take the last place that there is both.
    let mut ejection = host.failures.ejection.lock().unwrap_or_else(PoisonError::into_inner);
    if ejection.since.is_some() {
        return false;
    }
    let ejected = hosts.iter().filter(|host| host.is_ejected.load(Ordering::Relaxed)).count();
    if !may_eject(policy, ejected, hosts.len()) {
        cluster.outlier_stats.ejections_overflow.inc();
        return false;
    }
    ejection.since = Some(now);
    ejection.count = ejection.count.saturating_add(1);
    drop(ejection);
    host.is_ejected.store(true, Ordering::Relaxed);
    cluster.outlier_stats.ejections_active.inc();
    cluster.outlier_stats.ejections_enforced_total.inc();
    tracing::info!("cluster {}: {} is ejected for its failures", cluster.config.name, host.address);
    cluster.health_changed();
    true
}

/// Whether one more of `total` endpoints may be ejected, of which some are.
fn may_eject(policy: &OutlierDetection, ejected: usize, total: usize) -> bool {
    let percent = 100.0 * (ejected + 1) as f64 / total.max(1) as f64;
    percent <= f64::from(policy.max_ejection_percent) || policy.always_eject_one_host && ejected == 0
}

/// Lets endpoints back in when their time is over, and compares how the others do, for as long as the process lives.
pub(super) async fn run(cluster: Arc<Cluster>, policy: OutlierDetection) {
    let mut turns = tokio::time::interval(policy.interval);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first one comes at once, and has nothing to compare.
    loop {
        turns.tick().await;
        turn(&cluster, &policy, Instant::now());
    }
}

/// The end of an interval.
fn turn(cluster: &Cluster, policy: &OutlierDetection, now: Instant) {
    let hosts = cluster.hosts();
    let mut changed = false;
    for host in hosts.iter() {
        let mut ejection = host.failures.ejection.lock().unwrap_or_else(PoisonError::into_inner);
        match ejection.since {
            Some(since) if now.saturating_duration_since(since) >= duration(policy, ejection.count) => {
                ejection.since = None;
                host.is_ejected.store(false, Ordering::Relaxed);
                cluster.outlier_stats.ejections_active.dec();
                tracing::info!("cluster {}: {} is let in again", cluster.config.name, host.address);
                changed = true;
            }
            Some(_) => {}
            // Who behaves is ejected for less time next time.
            None => ejection.count = ejection.count.saturating_sub(1),
        }
    }
    if changed {
        cluster.health_changed();
    }
    compare(cluster, policy, &hosts, now);
}

/// Ejects who has failed too often since the last time, or more often than others.
fn compare(cluster: &Cluster, policy: &OutlierDetection, hosts: &[Arc<Host>], now: Instant) {
    // Those of an ejected endpoint are forgotten too.
    let rate = |host: &Arc<Host>| host.failures.counts.take().filter(|_| !host.is_ejected.load(Ordering::Relaxed));
    let rates: Vec<_> = hosts.iter().map(rate).collect();
    let stats = &cluster.outlier_stats;
    for at in rates::too_low(&rates, &policy.success_rate) {
        stats.ejections_detected_success_rate.inc();
        if eject(cluster, policy, &hosts[at], policy.success_rate.enforcing, now) {
            stats.ejections_enforced_success_rate.inc();
        }
    }
    for at in rates::too_many_failures(&rates, &policy.failure_percentage) {
        stats.ejections_detected_failure_percentage.inc();
        if eject(cluster, policy, &hosts[at], policy.failure_percentage.enforcing, now) {
            stats.ejections_enforced_failure_percentage.inc();
        }
    }
}

/// How long an ejection lasts.
fn duration(policy: &OutlierDetection, count: u32) -> Duration {
    policy.base_ejection_time.saturating_mul(count.max(1)).min(policy.max_ejection_time)
}

#[cfg(test)]
mod tests {
    use super::super::Cluster;
    use super::{duration, may_eject, reaches, report, turn};
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;
    use tokio::time::Instant;
    use tollgate_config::OutlierDetection;

    /// A cluster of so many endpoints.
    fn cluster(endpoints: u16, outlier_detection: &str) -> Arc<Cluster> {
        let endpoint = |port| {
            format!(
                r#"{{"endpoint": {{"address": {{"socket_address": {{"address": "127.0.0.1", "port_value": {port}}}}}}}}}"#
            )
        };
        let endpoints: Vec<_> = (1..=endpoints).map(endpoint).collect();
        let text = format!(
            r#"{{"static_resources": {{"listeners": [{{"address": {{"socket_address": {{"address": "127.0.0.1", "port_value": 0}}}},
            "filter_chains": [{{"filters": [{{"name": "tcp", "typed_config": {{"stat_prefix": "t", "cluster": "c",
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"}}}}]}}]}}], "clusters": [{{"name": "c", "type": "STATIC", "outlier_detection": {outlier_detection},
            "load_assignment": {{"cluster_name": "c", "endpoints": [{{"lb_endpoints": [{}]}}]}}}}]}}}}"#,
            endpoints.join(",")
        );
        let parsed = tollgate_config::parse("test.json", &text).unwrap_or_else(|errors| panic!("{errors}"));
        Cluster::new(parsed.bootstrap.clusters[0].clone(), None, None)
    }

    /// Each endpoint has so many requests, and this part of them fails, in percent.
    fn requests(cluster: &Cluster, count: u32, failing: &[u32]) {
        for (host, failing) in cluster.hosts().iter().zip(failing) {
            (0..count).for_each(|n| report(cluster, host, if n * 100 < count * failing { 500 } else { 200 }));
        }
    }

    fn ejected(cluster: &Cluster) -> Vec<bool> {
        cluster.hosts().iter().map(|host| !host.is_healthy()).collect()
    }

    fn policy(max_ejection_percent: u32, always_eject_one_host: bool) -> OutlierDetection {
        let detection = cluster(1, "{}").config.outlier_detection.expect("it is there");
        OutlierDetection { max_ejection_percent, always_eject_one_host, ..detection }
    }

    #[test]
    fn who_succeeds_less_than_the_others_is_out_for_its_time() {
        let cluster =
            cluster(5, r#"{"consecutive_5xx": 1000, "max_ejection_percent": 40, "base_ejection_time": "30s"}"#);
        let policy = cluster.config.outlier_detection.unwrap();
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        requests(&cluster, 99, &[0, 0, 60, 0, 0]);
        turn(&cluster, &policy, start);
        assert_eq!(ejected(&cluster), [false; 5], "too few requests");
        requests(&cluster, 100, &[0, 0, 60, 0, 0]);
        turn(&cluster, &policy, start + 10 * second);
        assert_eq!(ejected(&cluster), [false, false, true, false, false]);
        let stats = &cluster.outlier_stats;
        assert_eq!((stats.ejections_detected_success_rate.get(), stats.ejections_enforced_success_rate.get()), (1, 1));
        assert_eq!((stats.ejections_active.get(), stats.ejections_enforced_total.get()), (1, 1));
        turn(&cluster, &policy, start + 39 * second);
        assert!(ejected(&cluster)[2]);
        turn(&cluster, &policy, start + 40 * second);
        assert_eq!(ejected(&cluster), [false; 5]);
        assert_eq!(stats.ejections_active.get(), 0);
    }

    #[test]
    fn who_fails_too_often_is_out_as_far_as_the_policy_is_enforced() {
        for (enforcing, out) in [(0, false), (100, true)] {
            let cluster = cluster(
                5,
                &format!(
                    r#"{{"consecutive_5xx": 1000, "enforcing_success_rate": 0, "enforcing_failure_percentage": {enforcing},
                    "failure_percentage_threshold": 50, "max_ejection_percent": 40}}"#
                ),
            );
            requests(&cluster, 50, &[50, 48, 60, 0, 90]);
            turn(&cluster, &cluster.config.outlier_detection.unwrap(), Instant::now());
            assert_eq!(ejected(&cluster), [out, false, out, false, false], "not more than 40 percent");
            let stats = &cluster.outlier_stats;
            assert_eq!(stats.ejections_detected_failure_percentage.get(), 3);
            assert_eq!(stats.ejections_enforced_failure_percentage.get(), if out { 2 } else { 0 });
            assert_eq!(stats.ejections_overflow.get(), u64::from(out));
        }
    }

    #[test]
    fn a_part_of_the_endpoints_may_be_ejected() {
        assert!(!may_eject(&policy(10, false), 0, 2) && may_eject(&policy(10, true), 0, 2));
        assert!(may_eject(&policy(50, false), 0, 2) && !may_eject(&policy(50, true), 1, 2));
        assert!(may_eject(&policy(100, false), 1, 2));
    }

    #[test]
    fn an_ejection_lasts_longer_each_time_up_to_a_bound() {
        let policy = policy(10, false);
        assert_eq!(duration(&policy, 1), Duration::from_secs(30));
        assert_eq!(duration(&policy, 3), Duration::from_secs(90));
        assert_eq!(duration(&policy, u32::MAX), Duration::from_secs(300));
    }

    #[test]
    fn so_many_in_a_row() {
        let counter = AtomicU32::new(0);
        let reached: Vec<_> = (0..6).map(|_| reaches(&counter, 3)).collect();
        assert_eq!(reached, [false, false, true, false, false, true]);
    }
}
