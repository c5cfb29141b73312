//! Generations: a configuration that serves, or has served and still has streams.

use crate::access_log::{self, Sink};
use crate::cluster::{Cluster, InUse};
use crate::error::ServerError;
use crate::plugins::Plugins;
use crate::stats::ListenerNumbers;
use crate::tls::{ClientTls, TlsContexts};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_config::{Bootstrap, Listener};

/// What a proxy serves.
#[derive(Debug)]
pub struct Configuration {
    /// The configuration. Bodies of direct responses that stand in files must have been read into it.
    pub bootstrap: Bootstrap,
    /// The plugins of the configuration.
    pub plugins: Plugins,
    /// What it says of TLS, from [`TlsContexts::load`].
    pub tls: TlsContexts,
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
    /// The same, as long as something of this generation lives.
    in_use: Vec<Arc<InUse>>,
    /// One per listener.
    pub(crate) stats: Vec<ListenerNumbers>,
    /// Where access logs are written.
    pub(crate) sinks: Vec<Arc<Sink>>,
    _counted: Counted,
}

impl Generation {
    /// The first one. `living` counts those that there are.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] if an access log cannot be opened.
    pub(crate) fn first(configuration: Configuration, living: &Arc<AtomicU64>) -> Result<Self, ServerError> {
        let sinks = configuration.open_logs()?;
        let clusters = configuration.clusters().map(|(config, tls)| Cluster::new(config.clone(), tls.clone(), None));
        let clusters: Vec<_> = clusters.collect();
        let in_use = clusters.iter().map(|cluster| Arc::new(InUse(cluster.clone()))).collect();
        let listeners = configuration.bootstrap.listeners.iter();
        let stats = listeners.map(|listener| ListenerNumbers::new(listener, None)).collect();
        Ok(Self { number: 1, configuration, clusters, in_use, stats, sinks, _counted: Counted::new(living) })
    }

    /// The one after this. Clusters that are configured as before stay as they are, with their connections; numbers of
    /// listeners and clusters of the same name go on. Files of access logs are opened anew, as they may have been moved.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] if an access log cannot be opened.
    pub(crate) fn next(&self, configuration: Configuration) -> Result<Self, ServerError> {
        let sinks = configuration.open_logs()?;
        let cluster = |(config, tls): (&tollgate_config::Cluster, &Option<Arc<ClientTls>>)| {
            let before = self.clusters.iter().find(|cluster| cluster.config.name == config.name);
            let is_same = |known: &Arc<Cluster>| {
                // Files of certificates may be others, though they have the same names.
                known.tls.is_none()
                    && self.configuration.document_of(&config.name) == configuration.document_of(&config.name)
            };
            match before {
                Some(known) if is_same(known) => known.clone(),
                before => Cluster::new(config.clone(), tls.clone(), before.map(|before| &**before)),
            }
        };
        let stats = |listener: &Listener| {
            let mut before = self.configuration.bootstrap.listeners.iter().zip(&self.stats);
            ListenerNumbers::new(listener, before.find(|(before, _)| before.name == listener.name))
        };
        let clusters: Vec<_> = configuration.clusters().map(cluster).collect();
        let in_use = |cluster: &Arc<Cluster>| {
            let known = self.in_use.iter().find(|known| Arc::ptr_eq(&known.0, cluster));
            known.cloned().unwrap_or_else(|| Arc::new(InUse(cluster.clone())))
        };
        Ok(Self {
            number: self.number + 1,
            in_use: clusters.iter().map(in_use).collect(),
            clusters,
            stats: configuration.bootstrap.listeners.iter().map(stats).collect(),
            configuration,
            sinks,
            _counted: self._counted.clone(),
        })
    }
}

impl Configuration {
    fn open_logs(&self) -> Result<Vec<Arc<Sink>>, ServerError> {
        access_log::open(self.bootstrap.listeners.iter().flat_map(Listener::all_written_logs))
    }

    /// The clusters, with what is said of their TLS.
    fn clusters(&self) -> impl Iterator<Item = (&tollgate_config::Cluster, &Option<Arc<ClientTls>>)> {
        self.bootstrap.clusters.iter().zip(&self.tls.clusters)
    }

    /// What the document says about a cluster.
    fn document_of(&self, cluster: &str) -> Option<&serde_json::Value> {
        let clusters = self.document.pointer("/static_resources/clusters")?.as_array()?;
        clusters.iter().find(|known| known.get("name").and_then(serde_json::Value::as_str) == Some(cluster))
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
