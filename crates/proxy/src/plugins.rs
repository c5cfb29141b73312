//! The plugins of a configuration, by where they are attached.

use std::sync::Arc;
use tollgate_config::{Bootstrap, Location};
use tollgate_host::plugin::Plugin;

/// A plugin, ready to start, and where it is configured.
#[derive(Clone, Debug)]
pub struct PlacedPlugin {
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// Its place in the file.
    pub location: Location,
    /// Where its code was read from, for people: a file, or "inline".
    pub source: String,
}

/// Every plugin of a configuration.
#[derive(Debug, Default)]
pub struct Plugins {
    /// Those of each cluster, in the order of the configuration; `None` stands for one that is disabled and that no route
    /// enables.
    pub clusters: Vec<Vec<Option<PlacedPlugin>>>,
    /// Those of each filter chain of each listener, in the order of the configuration.
    pub listeners: Vec<ListenerPlugins>,
    /// One for each of `bootstrap_extensions`.
    pub services: Vec<PlacedPlugin>,
    /// One for each of `stats_sinks`.
    pub stats_sinks: Vec<PlacedPlugin>,
}

/// The plugins of a filter chain of a listener.
#[derive(Debug, Default)]
pub struct ListenerPlugins {
    /// Network filters, in the order in which the client's bytes pass them.
    pub network: Vec<PlacedPlugin>,
    /// HTTP filters, in the order of requests; `None` stands for one that is disabled and that no route enables.
    pub http: Vec<Option<PlacedPlugin>>,
    /// What routes have in the place of HTTP filters, in the order of
    /// [`per_filter_configs`](tollgate_config::RouteConfiguration::per_filter_configs).
    pub routes: Vec<PlacedPlugin>,
    /// Access loggers of the HTTP connection manager or TCP proxy.
    pub access_logs: Vec<PlacedPlugin>,
}

impl Plugins {
    /// Those that each worker has one of, beside those of listeners: services that are no singletons.
    pub(crate) fn of_each_worker<'a>(&'a self, bootstrap: &'a Bootstrap) -> impl Iterator<Item = &'a PlacedPlugin> {
        bootstrap
            .services
            .iter()
            .zip(&self.services)
            .filter(|(service, _)| !service.singleton)
            .map(|(_, placed)| placed)
    }

    /// Those that the process has one of: services that are singletons, and stats sinks.
    pub(crate) fn of_the_process<'a>(&'a self, bootstrap: &'a Bootstrap) -> impl Iterator<Item = &'a PlacedPlugin> {
        let services = bootstrap.services.iter().zip(&self.services);
        services.filter(|(service, _)| service.singleton).map(|(_, placed)| placed).chain(&self.stats_sinks)
    }

    /// All of them, those of clusters first, then those of listeners.
    pub fn iter(&self) -> impl Iterator<Item = &PlacedPlugin> {
        let clusters = self.clusters.iter().flatten().flatten();
        clusters
            .chain(self.listeners.iter().flat_map(ListenerPlugins::iter))
            .chain(&self.services)
            .chain(&self.stats_sinks)
    }
}

impl ListenerPlugins {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &PlacedPlugin> {
        self.network.iter().chain(self.http.iter().flatten()).chain(&self.routes).chain(&self.access_logs)
    }
}
