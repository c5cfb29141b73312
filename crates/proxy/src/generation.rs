//! Generations: a configuration that serves, or has served and still has streams.

use crate::cluster::Cluster;
use crate::plugins::Plugins;
use crate::stats::ListenerStats;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_config::{Bootstrap, Listener, ListenerKind};

/// What a proxy serves.
#[derive(Debug)]
pub struct Configuration {
    /// The configuration. Bodies of direct responses that stand in files must have been read into it.
    pub bootstrap: Bootstrap,
    /// The plugins of the configuration.
    pub plugins: Plugins,
    /// The configuration as a document: what `/config_dump` shows, and by which it is told what a later one has changed.
    pub document: serde_json::Value,
}

/// A configuration and what all threads share of it.
#[derive(Debug)]
pub(crate) struct Generation {
    /// 1 for the configuration that the proxy started with.
    pub(crate) number: u64,
    pub(crate) configuration: Configuration,
    pub(crate) clusters: Vec<Arc<Cluster>>,
    /// One per listener.
    pub(crate) stats: Vec<ListenerStats>,
    _counted: Counted,
}

impl Generation {
    /// The first one. `living` counts those that there are.
    pub(crate) fn first(configuration: Configuration, living: &Arc<AtomicU64>) -> Self {
        let clusters =
            configuration.bootstrap.clusters.iter().cloned().map(|config| Cluster::new(config, None)).collect();
        let stats = configuration.bootstrap.listeners.iter().map(stats_of).collect();
        Self { number: 1, configuration, clusters, stats, _counted: Counted::new(living) }
    }

    /// The one after this. Clusters that are configured as before stay as they are, with their connections; numbers of
    /// listeners and clusters of the same name go on.
    pub(crate) fn next(&self, configuration: Configuration) -> Self {
        let cluster = |config: &tollgate_config::Cluster| {
            let before = self.clusters.iter().find(|cluster| cluster.config.name == config.name);
            match before {
                Some(same) if self.configuration.cluster(&config.name) == configuration.cluster(&config.name) => {
                    same.clone()
                }
                before => Cluster::new(config.clone(), before.map(|before| &**before)),
            }
        };
        let stats = |listener: &Listener| {
            let before = self.configuration.bootstrap.listeners.iter().zip(&self.stats);
            let same = before.filter(|(before, _)| before.name == listener.name).map(|(_, stats)| stats);
            let same = same.filter(|stats| matches!(stats, ListenerStats::Http(_)) == listener.http().is_some());
            same.last().cloned().unwrap_or_else(|| stats_of(listener))
        };
        Self {
            number: self.number + 1,
            clusters: configuration.bootstrap.clusters.iter().map(cluster).collect(),
            stats: configuration.bootstrap.listeners.iter().map(stats).collect(),
            configuration,
            _counted: self._counted.clone(),
        }
    }
}

impl Configuration {
    /// What the document says about a cluster.
    fn cluster(&self, name: &str) -> Option<&serde_json::Value> {
        let clusters = self.document.pointer("/static_resources/clusters")?.as_array()?;
        clusters.iter().find(|cluster| cluster.get("name").and_then(serde_json::Value::as_str) == Some(name))
    }
}

fn stats_of(listener: &Listener) -> ListenerStats {
    match listener.kind {
        ListenerKind::Http(_) => ListenerStats::Http(Arc::default()),
        ListenerKind::Tcp(_) => ListenerStats::Tcp(Arc::default()),
    }
}

/// Counts a generation for as long as anything of it lives.
#[derive(Debug)]
struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(living: &Arc<AtomicU64>) -> Self {
        living.fetch_add(1, Ordering::Relaxed);
        Self(living.clone())
    }
}

impl Clone for Counted {
    /// Counts one more.
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
