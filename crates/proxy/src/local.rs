//! A generation on one thread: its plugins, started, and its listeners' states.

use crate::access_log::AccessLog;
use crate::callouts;
use crate::chains::Chains;
use crate::cluster::Upstream;
use crate::core_dumps::Offered;
use crate::error::ServerError;
use crate::events;
use crate::generation::Generation;
use crate::listener::{ChainState, ListenerState, Listening, Serving};
use crate::local_replies::LocalReplies;
use crate::metadata;
use crate::overload::{Entrance, Overload};
use crate::plugin_report::PluginReport;
use crate::plugins::PlacedPlugin;
use crate::process::Process;
use crate::resolver;
use crate::route::RouteTable;
use crate::services::system_services;
use crate::stats::{ChainStats, ListenerNumbers};
use crate::tcp::TcpListenerState;
use crate::upstream_filters::{UpstreamFilter, UpstreamFilters};
use hyper::header::HeaderValue;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use tokio::task::AbortHandle;
use tollgate_config::{self as config, Listener, ListenerKind, TrafficDirection};
use tollgate_host::plugin::CoreDumps;
use tollgate_host::plugin::{NodeInfo, Plugin, PluginHandle, Worker};
use tollgate_host::services::Services;
use tollgate_host::stream::{FilterChain, ListenerDirection, ListenerInfo};

/// Which plugins a thread has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Those of listeners, and the services that each worker has one of.
    Worker,
    /// Those that the process has one of.
    Main,
}

/// A generation on one thread. The thread has it while it serves; its streams keep it until they end. When it goes, its plugins
/// are told that they are done.
pub(crate) struct LocalGeneration {
    pub(crate) plugins: Vec<PluginHandle>,
    upstreams: Rc<HashMap<String, Rc<Upstream>>>,
    /// What works for the plugins beside requests.
    tasks: Vec<AbortHandle>,
    generation: Arc<Generation>,
    overload: Arc<Overload>,
}

/// A generation that has started on a thread.
pub(crate) struct Started {
    pub(crate) local: Rc<LocalGeneration>,
    /// In the order of the configuration.
    pub(crate) listeners: Vec<Rc<Listening>>,
    /// Those of the plugins that are stats sinks.
    pub(crate) sinks: Vec<PluginHandle>,
}

impl LocalGeneration {
    /// Starts every plugin of a generation that the thread's role asks for. `before` is the one that serves; connections to
    /// clusters that are the same go on.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] if a plugin does not start; those that had are stopped.
    pub(crate) fn start(
        process: &Process,
        generation: &Arc<Generation>,
        role: Role,
        before: Option<&Self>,
    ) -> Result<Started, ServerError> {
        let upstream = |cluster: &Arc<crate::cluster::Cluster>| {
            let known = before.and_then(|before| before.upstreams.get(&cluster.config.name));
            match known {
                // One with plugins has those of its generation.
                Some(same) if Arc::ptr_eq(&same.cluster, cluster) && !same.is_filtered() => same.clone(),
                _ => Upstream::new(cluster.clone()),
            }
        };
        let clusters = generation.clusters.iter();
        let upstreams: Rc<HashMap<String, Rc<Upstream>>> =
            Rc::new(clusters.map(|cluster| (cluster.config.name.clone(), upstream(cluster))).collect());
        let (callouts, caller) = callouts::new(upstreams.clone());
        let (resolver, resolving) = resolver::new();
        let services = Services {
            shared: process.shared.clone(),
            metrics: process.metrics.clone(),
            timing: process.timing.clone(),
            upstreams: Rc::new(callouts),
            resolver: Rc::new(resolver),
            core_dumps: process.core_dumps.clone().map(|dumps| Rc::new(Offered(dumps)) as Rc<dyn CoreDumps>),
            ..system_services()
        };
        let host = match &process.observer {
            Some(observer) => {
                let observer = observer(std::thread::current().name().unwrap_or_default());
                Worker::observed(services.clone(), observer)
            }
            None => Worker::new(services.clone()),
        }
        .with_node(node(generation));
        let tasks = vec![
            tokio::task::spawn_local(caller.run(host.clone())).abort_handle(),
            tokio::task::spawn_local(resolving.run(host.clone())).abort_handle(),
            tokio::task::spawn_local(events::drive(host.clone())).abort_handle(),
        ];
        let overload = process.overload.clone();
        let mut local = Self { plugins: Vec::new(), upstreams, tasks, generation: generation.clone(), overload };
        let mut starting = Starting { host, local: &mut local };
        let Placed { chains, sinks } = match role {
            Role::Worker => starting.of_a_worker(generation)?,
            Role::Main => starting.of_the_process(generation)?,
        };
        let local = Rc::new(local);
        let listeners = listeners(generation, chains, &services, &local);
        Ok(Started { listeners, sinks, local })
    }
}

impl LocalGeneration {
    /// How its plugins are.
    pub(crate) fn reports(&self) -> Vec<PluginReport> {
        let placed = &self.generation.configuration.plugins;
        let report = |handle: &PluginHandle| {
            let source = placed.iter().find(|placed| Arc::ptr_eq(&placed.plugin, handle.plugin()));
            PluginReport::of(handle, self.generation.number, source.map(|placed| placed.source.clone()))
        };
        self.plugins.iter().map(report).collect()
    }
}

impl Drop for LocalGeneration {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
        // They may call their own cluster, and so have it, as it has them.
        self.upstreams
            .values()
            .filter(|upstream| upstream.is_filtered())
            .for_each(|upstream| upstream.set_filters(None));
        // In the reverse of their order, as in Envoy.
        while self.plugins.pop().is_some() {}
    }
}

fn node(generation: &Generation) -> NodeInfo {
    let node = &generation.configuration.bootstrap.node;
    NodeInfo {
        id: node.id.clone(),
        cluster: node.cluster.clone(),
        user_agent_name: "tollgate".to_owned(),
        user_agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        metadata: metadata::structure(&node.metadata),
        locality: metadata::locality(node.locality.as_ref()),
    }
}

/// Plugins that have started, by what they are for.
#[derive(Default)]
struct Placed {
    /// One per filter chain of each listener.
    chains: Vec<PlacedChain>,
    sinks: Vec<PluginHandle>,
}

/// The plugins of a filter chain of a listener.
enum PlacedChain {
    /// Those of requests, and routes, which may have other plugins.
    Http {
        chain: FilterChain,
        routes: Rc<RouteTable>,
        /// Those that see the bytes before HTTP does, if there are any.
        front: Option<FilterChain>,
    },
    Tcp(FilterChain),
}

/// A generation whose plugins are being started.
pub(crate) struct Starting<'a> {
    host: Worker,
    local: &'a mut LocalGeneration,
}

impl Starting<'_> {
    fn of_a_worker(&mut self, generation: &Generation) -> Result<Placed, ServerError> {
        let setup = &generation.configuration;
        self.start_clusters(generation)?;
        let mut chains = Vec::new();
        let mut plugins = setup.plugins.listeners.iter();
        for listener in &setup.bootstrap.listeners {
            for (chain, own) in listener.filter_chains.iter().zip(plugins.by_ref()) {
                let loggers = self.start_all(&own.access_logs)?;
                let buffer_limit = listener.per_connection_buffer_limit_bytes as usize;
                let make = |plugins| FilterChain::new(plugins, buffer_limit).with_access_loggers(loggers.clone());
                chains.push(match &chain.kind {
                    ListenerKind::Http(http) => {
                        let mut chains = Chains::start(http, own, self, make)?;
                        let upstreams = &self.local.upstreams;
                        let routes = RouteTable::new(&http.routes, upstreams, http.cors.as_ref(), |levels| {
                            chains.for_route(levels)
                        });
                        let routes = routes.with_local_replies(LocalReplies::new(&http.local_replies));
                        let network = self.start_all(&own.network)?;
                        let front = (!network.is_empty()).then(|| FilterChain::new(network, buffer_limit));
                        PlacedChain::Http { chain: chains.main(), routes: Rc::new(routes), front }
                    }
                    ListenerKind::Tcp(_) => PlacedChain::Tcp(make(self.start_all(&own.network)?)),
                });
            }
        }
        self.start_all(setup.plugins.of_each_worker(&setup.bootstrap))?;
        Ok(Placed { chains, sinks: Vec::new() })
    }

    fn of_the_process(&mut self, generation: &Generation) -> Result<Placed, ServerError> {
        let setup = &generation.configuration;
        // Nobody else on this thread calls clusters.
        if setup.plugins.of_the_process(&setup.bootstrap).next().is_some() {
            self.start_clusters(generation)?;
        }
        self.start_all(setup.plugins.of_the_process(&setup.bootstrap))?;
        Ok(Placed { chains: Vec::new(), sinks: self.start_all(&setup.plugins.stats_sinks)? })
    }

    /// Starts the plugins of clusters, before those that may call them.
    fn start_clusters(&mut self, generation: &Generation) -> Result<(), ServerError> {
        let setup = &generation.configuration;
        for (cluster, own) in setup.bootstrap.clusters.iter().zip(&setup.plugins.clusters) {
            let mut filters = Vec::new();
            for (config, placed) in cluster.http_filters.iter().zip(own) {
                let Some(placed) = placed else { continue };
                let (name, disabled, plugin) = (config.filter_name.clone(), config.disabled, self.start(placed)?);
                filters.push(UpstreamFilter { name, disabled, plugin });
            }
            if let Some(upstream) = self.local.upstreams.get(&cluster.name).filter(|_| !filters.is_empty()) {
                upstream.set_filters(Some(UpstreamFilters::new(filters)));
            }
        }
        Ok(())
    }

    fn start_all<'p>(
        &mut self,
        placed: impl IntoIterator<Item = &'p PlacedPlugin>,
    ) -> Result<Vec<PluginHandle>, ServerError> {
        placed.into_iter().map(|placed| self.start(placed)).collect()
    }

    /// Starts a plugin, unless it runs here already: places that configure the same plugin share it, as in Envoy.
    pub(crate) fn start(&mut self, placed: &PlacedPlugin) -> Result<PluginHandle, ServerError> {
        let PlacedPlugin { plugin, location, .. } = placed;
        let handles = &mut self.local.plugins;
        if let Some(handle) = handles.iter().find(|handle| is_same(handle.plugin(), plugin)) {
            return Ok(handle.clone());
        }
        let started = self.host.start(plugin);
        let handle = started.map_err(|error| ServerError::Plugin { location: location.clone(), error })?;
        handles.push(handle.clone());
        Ok(handle)
    }
}

/// Whether two plugins have the same module and configuration.
fn is_same(one: &Arc<Plugin>, two: &Arc<Plugin>) -> bool {
    Arc::ptr_eq(one.module(), two.module()) && one.spec() == two.spec() && one.vm_config() == two.vm_config()
}

/// The listeners of a generation, with the chains of plugins of their filter chains.
fn listeners(
    generation: &Generation,
    chains: Vec<PlacedChain>,
    services: &Services,
    local: &Rc<LocalGeneration>,
) -> Vec<Rc<Listening>> {
    let configuration = &generation.configuration;
    let mut own = chains.into_iter().zip(&configuration.tls.chains);
    let listening = |(listener, numbers): (&Listener, &ListenerNumbers)| {
        let configured = listener.filter_chains.iter().zip(&numbers.chains).zip(own.by_ref());
        let chains = configured.filter_map(|((chain, numbers), (plugins, tls))| {
            let limits = chain.connection_limits.iter().cloned().zip(numbers.limits.iter().cloned()).collect();
            Some(ChainState {
                matcher: chain.matcher.clone(),
                tls: tls.clone(),
                handshake_timeout: chain.handshake_timeout,
                limits,
                serving: serving(generation, listener, chain, &numbers.kind, plugins, services, local)?,
            })
        });
        let logs = AccessLog::all(&listener.written_logs, &generation.sinks);
        let config = &configuration.bootstrap.overload;
        let entrance = Entrance::new(local.overload.clone(), config, listener, numbers.own.clone());
        Rc::new(Listening::new(chains.collect(), logs, services.clock.clone(), numbers, entrance))
    };
    configuration.bootstrap.listeners.iter().zip(&generation.stats).map(listening).collect()
}

/// What a filter chain does with its connections.
fn serving(
    generation: &Generation,
    listener: &Listener,
    chain: &config::FilterChain,
    stats: &ChainStats,
    plugins: PlacedChain,
    services: &Services,
    local: &Rc<LocalGeneration>,
) -> Option<Serving> {
    let upstreams = &local.upstreams;
    let buffer_limit = listener.per_connection_buffer_limit_bytes as usize;
    let info = Rc::new(ListenerInfo {
        direction: direction(listener.traffic_direction),
        filter_chain_name: chain.name.clone(),
        metadata: metadata::metadata(&listener.metadata),
    });
    match (&chain.kind, stats, plugins) {
        (ListenerKind::Http(http), ChainStats::Http(stats), PlacedChain::Http { chain, routes, front }) => {
            let name = http.server_name.as_deref().unwrap_or("tollgate");
            let front = front.map(|chain| {
                Rc::new(TcpListenerState {
                    proxy: config::TcpProxy::default(),
                    chain,
                    buffer_limit,
                    upstreams: Vec::new(),
                    weights: Vec::new(),
                    stats: Arc::default(),
                    info: info.clone(),
                    services: services.clone(),
                    logs: Vec::new(),
                    _local: local.clone(),
                })
            });
            Some(Serving::Http(Rc::new(ListenerState {
                front,
                server_name: HeaderValue::from_str(name).unwrap_or(HeaderValue::from_static("tollgate")),
                chain,
                routes,
                http: Rc::new((**http).clone()),
                upstreams: upstreams.clone(),
                stats: stats.clone(),
                info,
                services: services.clone(),
                buffer_limit,
                overload: (!listener.bypass_overload_manager).then(|| local.overload.clone()),
                logs: AccessLog::all(&http.written_logs, &generation.sinks),
                _local: local.clone(),
            })))
        }
        (ListenerKind::Tcp(tcp), ChainStats::Tcp(stats), PlacedChain::Tcp(chain)) => {
            Some(Serving::Tcp(Rc::new(TcpListenerState {
                proxy: (**tcp).clone(),
                chain,
                buffer_limit,
                upstreams: tcp.clusters.iter().map(|cluster| upstreams.get(&cluster.name).cloned()).collect(),
                weights: tcp.clusters.iter().map(|cluster| cluster.weight).collect(),
                stats: stats.clone(),
                info,
                services: services.clone(),
                logs: AccessLog::all(&tcp.written_logs, &generation.sinks),
                _local: local.clone(),
            })))
        }
        // The three are made from one.
        _ => None,
    }
}

fn direction(direction: TrafficDirection) -> ListenerDirection {
    match direction {
        TrafficDirection::Unspecified => ListenerDirection::Unspecified,
        TrafficDirection::Inbound => ListenerDirection::Inbound,
        TrafficDirection::Outbound => ListenerDirection::Outbound,
    }
}
