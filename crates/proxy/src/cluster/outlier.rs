//! Leaving out endpoints that fail, for a while.

use super::Cluster;
use super::host::Host;
use crate::request_id::random;
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
            if eject(cluster, policy, host, policy.enforcing_consecutive_gateway_failure) {
                stats.ejections_enforced_consecutive_gateway_failure.inc();
            }
        }
    } else {
        failures.consecutive_gateway.store(0, Ordering::Relaxed);
    }
    if reaches(&failures.consecutive_5xx, policy.consecutive_5xx) {
        stats.ejections_detected_consecutive_5xx.inc();
        if eject(cluster, policy, host, policy.enforcing_consecutive_5xx) {
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

fn eject(cluster: &Cluster, policy: &OutlierDetection, host: &Arc<Host>, enforcing: u32) -> bool {
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
    ejection.since = Some(Instant::now());
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

/// Lets endpoints back in when their time is over, for as long as the process lives.
pub(super) async fn run(cluster: Arc<Cluster>, policy: OutlierDetection) {
    let mut turns = tokio::time::interval(policy.interval);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let mut changed = false;
        for host in cluster.hosts().iter() {
            let mut ejection = host.failures.ejection.lock().unwrap_or_else(PoisonError::into_inner);
            match ejection.since {
                Some(since) if since.elapsed() >= duration(&policy, ejection.count) => {
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
    }
}

/// How long an ejection lasts.
fn duration(policy: &OutlierDetection, count: u32) -> Duration {
    policy.base_ejection_time.saturating_mul(count.max(1)).min(policy.max_ejection_time)
}

#[cfg(test)]
mod tests {
    use super::{duration, may_eject, reaches};
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;
    use tollgate_config::OutlierDetection;

    fn policy(max_ejection_percent: u32, always_eject_one_host: bool) -> OutlierDetection {
        OutlierDetection {
            consecutive_5xx: 5,
            enforcing_consecutive_5xx: 100,
            consecutive_gateway_failure: 5,
            enforcing_consecutive_gateway_failure: 0,
            interval: Duration::from_secs(10),
            base_ejection_time: Duration::from_secs(30),
            max_ejection_time: Duration::from_secs(300),
            max_ejection_percent,
            always_eject_one_host,
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
