//! An endpoint as the whole process sees it.

use super::health::Streak;
use super::outlier::Failures;
use crate::metadata;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tollgate_config::Endpoint;
use tollgate_host::metadata::{Locality, Metadata};

/// An endpoint: one address of a cluster.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    /// What it is called: Envoy's `hostname`, or the name that has the address.
    pub(crate) name: Option<String>,
    pub(crate) weight: u32,
    pub(crate) priority: u32,
    /// Whether it is asked how it is.
    pub(super) is_checked: bool,
    about: Arc<AboutEndpoint>,
    /// Whether the configuration lets it be used.
    is_usable: bool,
    /// Whether it has not passed its health checks.
    pub(super) has_failed_checks: AtomicBool,
    /// Whether it is left out for its failures.
    pub(super) is_ejected: AtomicBool,
    /// Whether its name no longer has the address.
    pub(super) is_removed: AtomicBool,
    pub(super) failures: Failures,
    /// How its checks have gone.
    pub(super) streak: Streak,
    /// Whether there is a task that asks it.
    pub(super) is_looked_after: AtomicBool,
    /// Requests under way, where the cluster chooses by them.
    active: AtomicUsize,
}

impl Host {
    /// One address of an endpoint.
    pub(super) fn new(address: SocketAddr, endpoint: &Endpoint, about: Arc<AboutEndpoint>, is_checked: bool) -> Self {
        let is_name = endpoint.address.address.parse::<IpAddr>().is_err();
        let is_checked = is_checked && !endpoint.is_unchecked;
        Self {
            address,
            name: endpoint.hostname.clone().or_else(|| is_name.then(|| endpoint.address.address.clone())),
            weight: endpoint.weight,
            priority: endpoint.priority,
            about,
            is_checked,
            is_usable: endpoint.is_usable,
            // Until it has been asked, nobody knows.
            has_failed_checks: AtomicBool::new(is_checked),
            is_ejected: AtomicBool::new(false),
            is_removed: AtomicBool::new(false),
            failures: Failures::default(),
            streak: Streak::default(),
            is_looked_after: AtomicBool::new(false),
            active: AtomicUsize::new(0),
        }
    }

    /// Whether requests should go to it.
    pub(super) fn is_healthy(&self) -> bool {
        self.is_usable && !self.has_failed_checks.load(Ordering::Relaxed) && !self.is_ejected.load(Ordering::Relaxed)
    }

    /// Why it is not used, in Envoy's words: whether it has failed its health checks, whether it is ejected.
    pub(crate) fn health_flags(&self) -> impl Iterator<Item = &'static str> {
        let flags =
            [(&self.has_failed_checks, "failed_active_health_check"), (&self.is_ejected, "failed_outlier_check")];
        flags.into_iter().filter(|(flag, _)| flag.load(Ordering::Relaxed)).map(|(_, name)| name)
    }

    /// What the configuration says about its health.
    pub(crate) fn configured_health(&self) -> &'static str {
        if self.is_usable { "HEALTHY" } else { "UNHEALTHY" }
    }

    /// What plugins are told about it.
    pub(crate) fn about(&self) -> &AboutEndpoint {
        &self.about
    }

    /// Requests under way.
    pub(super) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) {
        self.active.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What plugins are told about an endpoint.
#[derive(Debug)]
pub(crate) struct AboutEndpoint {
    pub(crate) locality: Arc<Locality>,
    pub(crate) metadata: Option<Arc<Metadata>>,
}

impl AboutEndpoint {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        let metadata = metadata::metadata(&endpoint.metadata);
        Self {
            locality: Arc::new(metadata::locality(endpoint.locality.as_ref())),
            metadata: (!metadata.is_empty()).then(|| Arc::new(metadata)),
        }
    }
}
