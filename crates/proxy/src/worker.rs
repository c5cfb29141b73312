//! A worker: one thread, its plugins, its share of every listener. The thread of the plugins that the process has one of
//! is a worker without listeners.

use crate::admin::State;
use crate::callouts;
use crate::chains::Chains;
use crate::cluster::{Cluster, Upstream};
use crate::error::ServerError;
use crate::events;
use crate::listener::{ListenerState, Serving, accept};
use crate::metadata;
use crate::plugins::PlacedPlugin;
use crate::resolver;
use crate::route::RouteTable;
use crate::server::Setup;
use crate::services::system_services;
use crate::stats::ListenerStats;
use crate::stats_sinks::StatsSinks;
use crate::tcp::TcpListenerState;
use hyper::header::HeaderValue;
use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;
use tollgate_config::{ListenerKind, TrafficDirection};
use tollgate_host::metrics::Metrics;
use tollgate_host::plugin::{NodeInfo, Plugin, PluginHandle, Worker};
use tollgate_host::services::Services;
use tollgate_host::shared::Shared;
use tollgate_host::stream::{FilterChain, ListenerDirection, ListenerInfo};

/// What a worker needs.
pub(crate) struct WorkerSetup {
    pub(crate) setup: Arc<Setup>,
    /// One per listener.
    pub(crate) sockets: Vec<TcpListener>,
    pub(crate) clusters: Vec<Arc<Cluster>>,
    /// One per listener.
    pub(crate) stats: Vec<ListenerStats>,
    /// What plugins of all workers share.
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) queries: mpsc::UnboundedReceiver<Query>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) drain: Duration,
    pub(crate) role: Role,
}

/// Which plugins a thread has.
pub(crate) enum Role {
    /// Those of listeners, and the services that each worker has one of.
    Worker,
    /// Those that the process has one of. It needs the numbers for the stats sinks.
    Main(Arc<State>),
}

/// A question to a worker: its numbers.
pub(crate) type Query = oneshot::Sender<BTreeMap<String, u64>>;

/// Runs a worker on this thread: starts its plugins, tells how that went, waits for the word to serve, serves until told
/// to stop, and drains.
pub(crate) fn run(worker: WorkerSetup, ready: oneshot::Sender<Result<(), ServerError>>, serve: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(ServerError::Worker(error)));
            return;
        }
    };
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let started = match start(&worker) {
            Ok(started) => started,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        // Without an answer the others did not start, and nothing is served.
        if ready.send(Ok(())).is_ok() && serve.await.is_ok() {
            started.serve(worker).await;
        }
    });
}

/// A worker that may serve.
struct Ready {
    host: Worker,
    listeners: Vec<Serving>,
    /// Those of the plugins that are stats sinks.
    sinks: Vec<PluginHandle>,
    plugins: Vec<PluginHandle>,
}

fn start(worker: &WorkerSetup) -> Result<Ready, ServerError> {
    let setup = &worker.setup;
    let upstreams: Rc<HashMap<String, Rc<Upstream>>> =
        Rc::new(worker.clusters.iter().map(|c| (c.config.name.clone(), Upstream::new(c.clone()))).collect());
    let (callouts, caller) = callouts::new(upstreams.clone());
    let (resolver, resolving) = resolver::new();
    let services = Services {
        shared: worker.shared.clone(),
        metrics: worker.metrics.clone(),
        upstreams: Rc::new(callouts),
        resolver: Rc::new(resolver),
        ..system_services()
    };
    let node = NodeInfo {
        id: setup.bootstrap.node.id.clone(),
        cluster: setup.bootstrap.node.cluster.clone(),
        user_agent_name: "tollgate".to_owned(),
        user_agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        metadata: metadata::structure(&setup.bootstrap.node.metadata),
        locality: metadata::locality(setup.bootstrap.node.locality.as_ref()),
    };
    let host = match &setup.observer {
        Some(observer) => {
            let observer = observer(std::thread::current().name().unwrap_or_default());
            Worker::observed(services.clone(), observer)
        }
        None => Worker::new(services.clone()),
    }
    .with_node(node);
    tokio::task::spawn_local(caller.run(host.clone()));
    tokio::task::spawn_local(resolving.run(host.clone()));
    let mut plugins = Started { host, handles: Vec::new() };
    if let Role::Main(_) = worker.role {
        for placed in setup.plugins.of_the_process(&setup.bootstrap) {
            plugins.start(placed)?;
        }
        let sinks = setup.plugins.stats_sinks.iter().map(|placed| plugins.start(placed)).collect::<Result<_, _>>()?;
        return Ok(Ready { host: plugins.host, listeners: Vec::new(), sinks, plugins: plugins.handles });
    }
    let mut listeners = Vec::new();
    for ((listener, own), stats) in setup.bootstrap.listeners.iter().zip(&setup.plugins.listeners).zip(&worker.stats) {
        let loggers = own.access_logs.iter().map(|placed| plugins.start(placed)).collect::<Result<Vec<_>, _>>()?;
        let buffer_limit = listener.per_connection_buffer_limit_bytes as usize;
        let info = Rc::new(ListenerInfo {
            direction: direction(listener.traffic_direction),
            metadata: metadata::metadata(&listener.metadata),
            ..ListenerInfo::default()
        });
        match (&listener.kind, stats) {
            (ListenerKind::Http(http), ListenerStats::Http(stats)) => {
                let mut chains = Chains::start(http, own, &mut plugins, |chain| {
                    FilterChain::new(chain, buffer_limit).with_access_loggers(loggers.clone())
                })?;
                let name = http.server_name.as_deref().unwrap_or("tollgate");
                listeners.push(Serving::Http(Rc::new(ListenerState {
                    server_name: HeaderValue::from_str(name).unwrap_or(HeaderValue::from_static("tollgate")),
                    chain: chains.main(),
                    buffer_limit,
                    routes: Rc::new(RouteTable::new(&http.routes, &upstreams, |levels| chains.for_route(levels))),
                    http: (**http).clone(),
                    upstreams: upstreams.clone(),
                    stats: stats.clone(),
                    info,
                    services: services.clone(),
                })));
            }
            (ListenerKind::Tcp(tcp), ListenerStats::Tcp(stats)) => {
                let chain = own.network.iter().map(|placed| plugins.start(placed)).collect::<Result<Vec<_>, _>>()?;
                listeners.push(Serving::Tcp(Rc::new(TcpListenerState {
                    proxy: (**tcp).clone(),
                    chain: FilterChain::new(chain, buffer_limit).with_access_loggers(loggers),
                    buffer_limit,
                    upstream: upstreams.get(&tcp.cluster).cloned(),
                    stats: stats.clone(),
                    info,
                    services: services.clone(),
                })));
            }
            // The two lists are made from one.
            _ => {}
        }
    }
    for placed in setup.plugins.of_each_worker(&setup.bootstrap) {
        plugins.start(placed)?;
    }
    Ok(Ready { host: plugins.host, listeners, sinks: Vec::new(), plugins: plugins.handles })
}

fn direction(direction: TrafficDirection) -> ListenerDirection {
    match direction {
        TrafficDirection::Unspecified => ListenerDirection::Unspecified,
        TrafficDirection::Inbound => ListenerDirection::Inbound,
        TrafficDirection::Outbound => ListenerDirection::Outbound,
    }
}

/// The plugins started on a thread.
pub(crate) struct Started {
    host: Worker,
    handles: Vec<PluginHandle>,
}

impl Started {
    /// Starts a plugin, unless it runs here already: places that configure the same plugin share it, as in Envoy.
    pub(crate) fn start(&mut self, placed: &PlacedPlugin) -> Result<PluginHandle, ServerError> {
        let PlacedPlugin { plugin, location } = placed;
        if let Some(handle) = self.handles.iter().find(|handle| is_same(handle.plugin(), plugin)) {
            return Ok(handle.clone());
        }
        let started = self.host.start(plugin);
        let handle = started.map_err(|error| ServerError::Plugin { location: location.clone(), error })?;
        self.handles.push(handle.clone());
        Ok(handle)
    }
}

/// Whether two plugins have the same module and configuration.
fn is_same(one: &Arc<Plugin>, two: &Arc<Plugin>) -> bool {
    Arc::ptr_eq(one.module(), two.module()) && one.spec() == two.spec() && one.vm_config() == two.vm_config()
}

impl Ready {
    async fn serve(self, worker: WorkerSetup) {
        let WorkerSetup { setup, sockets, mut queries, stop, drain, role, .. } = worker;
        let connections = TaskTracker::new();
        let mut accepting = Vec::new();
        for (listener, socket) in self.listeners.iter().zip(sockets) {
            match tokio::net::TcpListener::from_std(socket) {
                Ok(socket) => accepting.push(tokio::task::spawn_local(accept(
                    listener.clone(),
                    socket,
                    connections.clone(),
                    stop.clone(),
                ))),
                Err(error) => tracing::error!("a listening socket cannot be used: {error}"),
            }
        }
        let events = tokio::task::spawn_local(events::drive(self.host));
        let plugins = self.plugins;
        let answering = tokio::task::spawn_local(async move {
            while let Some(query) = queries.recv().await {
                let _ = query.send(numbers(&plugins));
            }
        });
        for task in accepting {
            let _ = task.await;
        }
        if let Role::Main(statistics) = role {
            StatsSinks::new(statistics, self.sinks).run(setup.bootstrap.stats_flush_interval, stop).await;
        }
        connections.close();
        if tokio::time::timeout(drain, connections.wait()).await.is_err() {
            tracing::warn!("{} connection(s) are cut off after {drain:?} of draining", connections.len());
        }
        answering.abort();
        events.abort();
    }
}

/// What this worker's plugins use.
fn numbers(plugins: &[PluginHandle]) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    for handle in plugins {
        let name = &handle.plugin().spec().name;
        let name = if name.is_empty() { "unnamed" } else { name };
        let mut add = |stat: &str, n: u64| *numbers.entry(format!("wasm.{name}.{stat}")).or_default() += n;
        add("streams_active", handle.stream_count() as u64);
        add("memory_bytes", handle.memory_size());
        add("vm_failed", u64::from(handle.has_failed()));
        add("interrupted", handle.interrupted());
        add("refused", handle.refused());
    }
    numbers
}
