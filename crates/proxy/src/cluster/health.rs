//! Asking endpoints how they are, again and again.

use super::host::Host;
use super::{Cluster, probe};
use crate::request_id::random;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tollgate_config::HealthCheck;

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// As wanted.
    Good,
    /// An answer that is not as wanted, and counts towards the threshold.
    Bad,
    /// An answer that leaves no doubt.
    Unhealthy,
    /// No answer.
    Unreachable,
}

/// How many checks in a row have gone one way.
#[derive(Debug, Default)]
pub(super) struct Streak {
    good: AtomicU32,
    bad: AtomicU32,
    checked: AtomicU32,
}

/// Asks every endpoint once.
pub(super) async fn check_all(cluster: &Arc<Cluster>) {
    let Some(policy) = cluster.config.health_check.clone() else { return };
    let mut checks = JoinSet::new();
    for host in cluster.hosts().iter().filter(|host| host.is_checked) {
        let (cluster, host, policy) = (cluster.clone(), host.clone(), policy.clone());
        checks.spawn(async move {
            check(&cluster, &policy, &host).await;
        });
    }
    while checks.join_next().await.is_some() {}
}

/// Asks endpoints that nobody asks yet, for as long as they are there.
pub(super) fn look_after(cluster: &Arc<Cluster>) {
    let Some(policy) = &cluster.config.health_check else { return };
    for host in cluster.hosts().iter().filter(|host| host.is_checked) {
        if !host.is_looked_after.swap(true, Ordering::Relaxed) {
            cluster.spawn(run(cluster.clone(), policy.clone(), host.clone()));
        }
    }
}

async fn run(cluster: Arc<Cluster>, policy: HealthCheck, host: Arc<Host>) {
    let mut wait = if host.streak.checked.load(Ordering::Relaxed) == 0 {
        // It has come with an answer of a name server, and is not used before it has been asked.
        part_of(policy.initial_jitter)
    } else {
        interval(&cluster, &policy, &host, false) + part_of(policy.initial_jitter)
    };
    while !host.is_removed.load(Ordering::Relaxed) {
        tokio::time::sleep(wait).await;
        let changed = check(&cluster, &policy, &host).await;
        wait = interval(&cluster, &policy, &host, changed) + part_of(policy.interval_jitter);
    }
}

/// How long to wait until the next check.
fn interval(cluster: &Cluster, policy: &HealthCheck, host: &Host, changed: bool) -> Duration {
    if cluster.stats.upstream_rq_total.get() == 0 {
        return policy.no_traffic_interval;
    }
    match (host.has_failed_checks.load(Ordering::Relaxed), changed) {
        (true, true) => policy.unhealthy_edge_interval,
        (true, false) => policy.unhealthy_interval,
        (false, true) => policy.healthy_edge_interval,
        (false, false) => policy.interval,
    }
}

fn part_of(most: Duration) -> Duration {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random().checked_rem(micros).unwrap_or(0))
}

/// Asks an endpoint, and notes what that means. Returns whether its health has changed.
async fn check(cluster: &Arc<Cluster>, policy: &HealthCheck, host: &Arc<Host>) -> bool {
    let stats = &cluster.health_stats;
    stats.attempt.inc();
    let asked = probe::ask(cluster, &policy.probe, host.address);
    let health = tokio::time::timeout(policy.timeout, asked).await.unwrap_or(Health::Unreachable);
    match health {
        Health::Good => stats.success.inc(),
        Health::Bad | Health::Unhealthy => stats.failure.inc(),
        Health::Unreachable => {
            stats.failure.inc();
            stats.network_failure.inc();
        }
    }
    let was_failed = host.has_failed_checks.load(Ordering::Relaxed);
    let is_failed = host.streak.judge(policy, health, was_failed);
    if is_failed == was_failed {
        return false;
    }
    host.has_failed_checks.store(is_failed, Ordering::Relaxed);
    let verdict = if is_failed { "fails its health checks" } else { "passes its health checks" };
    tracing::info!("cluster {}: {} {verdict}", cluster.config.name, host.address);
    cluster.health_changed();
    true
}

impl Streak {
    /// Whether the endpoint counts as failed after a check.
    fn judge(&self, policy: &HealthCheck, health: Health, was_failed: bool) -> bool {
        let is_first = self.checked.fetch_add(1, Ordering::Relaxed) == 0;
        if health == Health::Good {
            self.bad.store(0, Ordering::Relaxed);
            let good = self.good.fetch_add(1, Ordering::Relaxed) + 1;
            return was_failed && !is_first && good < policy.healthy_threshold;
        }
        self.good.store(0, Ordering::Relaxed);
        let bad = self.bad.fetch_add(1, Ordering::Relaxed) + 1;
        was_failed || health == Health::Unhealthy || bad >= policy.unhealthy_threshold
    }
}

#[cfg(test)]
mod tests {
    use super::{Health, Streak};
    use std::time::Duration;
    use tollgate_config::{HealthCheck, HealthProbe};

    #[test]
    fn the_first_check_counts_at_once_and_the_others_by_thresholds() {
        let second = Duration::from_secs(1);
        let policy = HealthCheck {
            timeout: second,
            interval: second,
            initial_jitter: Duration::ZERO,
            interval_jitter: Duration::ZERO,
            unhealthy_threshold: 2,
            healthy_threshold: 2,
            no_traffic_interval: second,
            unhealthy_interval: second,
            unhealthy_edge_interval: second,
            healthy_edge_interval: second,
            probe: HealthProbe::Tcp { send: Vec::new(), receive: Vec::new() },
        };
        let streak = Streak::default();
        let mut failed = true;
        let mut after = |health| {
            failed = streak.judge(&policy, health, failed);
            failed
        };
        assert!(!after(Health::Good));
        assert!(!after(Health::Bad) && after(Health::Unreachable));
        assert!(after(Health::Good) && !after(Health::Good));
        assert!(!after(Health::Bad) && !after(Health::Good) && !after(Health::Bad));
        assert!(after(Health::Unhealthy));
    }
}
