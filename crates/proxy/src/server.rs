//! Bringing the proxy up and down.

use crate::admin;
use crate::cluster::Cluster;
use crate::error::ServerError;
use crate::exposition::Intervals;
use crate::plugins::Plugins;
use crate::stats::ListenerStats;
use crate::worker::{self, Query, Role, WorkerSetup};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};
use tollgate_config::{Address, Bootstrap, ListenerKind, Location};
use tollgate_host::metrics::Metrics;
use tollgate_host::shared::Shared;
use tollgate_host::trace::Observer;

/// Stack of a worker, in bytes: a guest's share, and a frame or two for each filter of the longest chain.
const WORKER_STACK: usize = 8 << 20;

/// Connections that may wait to be accepted, per socket.
const BACKLOG: i32 = 4096;

/// Makes the observer of a worker's plugins, on the worker's thread. `worker` is the thread's name.
pub type ObserverFactory = Box<dyn Fn(&str) -> Rc<dyn Observer> + Send + Sync>;

/// What a proxy is made of.
pub struct Setup {
    /// The configuration. Bodies of direct responses that stand in files must have been read into it.
    pub bootstrap: Bootstrap,
    /// The plugins of the configuration.
    pub plugins: Plugins,
    /// Worker threads; at least one is started.
    pub concurrency: usize,
    /// How long connections may take to finish after the word to stop.
    pub drain: Duration,
    /// What `/config_dump` shows.
    pub config_dump: serde_json::Value,
    /// Watches every crossing between the proxy and its plugins. Without it, nothing is spent on that.
    pub observer: Option<ObserverFactory>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("bootstrap", &self.bootstrap)
            .field("plugins", &self.plugins)
            .field("concurrency", &self.concurrency)
            .field("drain", &self.drain)
            .field("observed", &self.observer.is_some())
            .finish_non_exhaustive()
    }
}

/// A listener that is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundListener {
    /// Its name.
    pub name: String,
    /// Whether it speaks HTTP; otherwise any bytes.
    pub http: bool,
    /// The address, with the port that the system chose if 0 was configured.
    pub address: SocketAddr,
}

/// A proxy that is up.
#[derive(Debug)]
pub struct Server;

/// A running proxy. Dropping it stops it without draining.
pub struct Running {
    listeners: Vec<BoundListener>,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    /// The thread of the plugins that the process has one of, which stops last: requests may still be theirs to count.
    main: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    /// Runs name resolution and the admin interface.
    runtime: tokio::runtime::Runtime,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("listeners", &self.listeners)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Binds every address, starts every plugin on every worker, and those of the process on a thread of their own, and
    /// serves. When it returns, all of that has worked.
    ///
    /// # Errors
    ///
    /// A [`ServerError`] if an address cannot be had or a plugin does not start; then nothing is left running.
    pub fn start(setup: Setup) -> Result<Running, ServerError> {
        let setup = Arc::new(setup);
        let workers = setup.concurrency.max(1);
        let mut sockets: Vec<Vec<TcpListener>> = (0..workers).map(|_| Vec::new()).collect();
        let mut bound = Vec::new();
        // Sockets of workers share a port, and the system would let those of another process in as well: part of the
        // requests would go there. So see first whether each address is to be had alone.
        for listener in &setup.bootstrap.listeners {
            let address = parse(&listener.address)?;
            if address.port() != 0 {
                drop(bind(address, false, &listener.address.location)?);
            }
        }
        for listener in &setup.bootstrap.listeners {
            let mut address = parse(&listener.address)?;
            for sockets in &mut sockets {
                let socket = bind(address, true, &listener.address.location)?;
                // A port chosen by the system is shared by all workers.
                address = socket.local_addr().map_err(ServerError::Worker)?;
                sockets.push(socket);
            }
            bound.push(BoundListener { name: listener.name.clone(), http: listener.http().is_some(), address });
        }
        let admin = match &setup.bootstrap.admin {
            Some(admin) => Some(bind(parse(&admin.address)?, false, &admin.address.location)?),
            None => None,
        };
        let admin_address = match &admin {
            Some(socket) => Some(socket.local_addr().map_err(ServerError::Worker)?),
            None => None,
        };

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("main")
            .enable_all()
            .build()
            .map_err(ServerError::Worker)?;
        let clusters: Vec<_> = setup.bootstrap.clusters.iter().cloned().map(Cluster::new).collect();
        runtime.block_on(async {
            let mut preparing = tokio::task::JoinSet::new();
            for cluster in &clusters {
                preparing.spawn(cluster.clone().prepare());
            }
            while preparing.join_next().await.is_some() {}
            for cluster in &clusters {
                cluster.look_after();
            }
        });

        let stats: Vec<_> = setup
            .bootstrap
            .listeners
            .iter()
            .map(|listener| match listener.kind {
                ListenerKind::Http(_) => ListenerStats::Http(Arc::default()),
                ListenerKind::Tcp(_) => ListenerStats::Tcp(Arc::default()),
            })
            .collect();
        let (shared, metrics) = (Arc::<Shared>::default(), Arc::<Metrics>::default());
        let (stop, stopped) = watch::channel(false);
        let mut running =
            Running { listeners: bound, admin: admin_address, stop, threads: Vec::new(), main: None, runtime };
        let mut queries: Vec<mpsc::UnboundedSender<Query>> = Vec::new();
        let mut starting = Vec::new();
        for (index, sockets) in sockets.into_iter().enumerate() {
            let (query, asked) = mpsc::unbounded_channel();
            queries.push(query);
            let worker = WorkerSetup {
                setup: setup.clone(),
                sockets,
                clusters: clusters.clone(),
                stats: stats.clone(),
                shared: shared.clone(),
                metrics: metrics.clone(),
                queries: asked,
                stop: stopped.clone(),
                drain: setup.drain,
                role: Role::Worker,
            };
            let (thread, start) = spawn(format!("worker-{index}"), worker)?;
            running.threads.push(thread);
            starting.push(start);
        }
        let has_main = setup.plugins.of_the_process(&setup.bootstrap).next().is_some();
        let main = has_main.then(mpsc::unbounded_channel).map(|(query, asked)| {
            queries.push(query);
            asked
        });
        let (started, stop) = (Instant::now(), stopped);
        let statistics = Arc::new(admin::State {
            setup: setup.clone(),
            stats: stats.clone(),
            clusters: clusters.clone(),
            shared: shared.clone(),
            metrics: metrics.clone(),
            intervals: Intervals::default(),
            queries,
            started,
            stop,
        });
        if let Some(queries) = main {
            let (stop_main, stop) = watch::channel(false);
            let worker = WorkerSetup {
                drain: setup.drain,
                setup,
                sockets: Vec::new(),
                clusters,
                stats,
                shared,
                metrics,
                queries,
                stop,
                role: Role::Main(statistics.clone()),
            };
            let (thread, start) = spawn("plugins".to_owned(), worker)?;
            running.main = Some((stop_main, thread));
            starting.push(start);
        }
        // No worker serves before every plugin has started on all of them.
        let mut waiting = Vec::new();
        for (ready, serve) in starting {
            ready.blocking_recv().unwrap_or(Err(ServerError::WorkerGone))?;
            waiting.push(serve);
        }
        for serve in waiting {
            let _ = serve.send(());
        }
        if let Some(socket) = admin {
            running.runtime.spawn(admin::count_intervals(statistics.clone()));
            running.runtime.spawn(admin::serve(socket, statistics));
        }
        Ok(running)
    }
}

impl Running {
    /// The listeners that are bound, in the order of the configuration.
    pub fn listeners(&self) -> &[BoundListener] {
        &self.listeners
    }

    /// Where the admin interface listens.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Waits for a future on the proxy's own runtime, such as a signal.
    pub fn wait_for<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Stops accepting, and lets requests under way finish for as long as the setup says.
    pub fn stop(mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if let Some((stop, thread)) = self.main.take() {
            stop.send_replace(true);
            let _ = thread.join();
        }
    }
}

/// What a thread says when its plugins have started, and how it is told to serve.
type Starting = (oneshot::Receiver<Result<(), ServerError>>, oneshot::Sender<()>);

fn spawn(name: String, worker: WorkerSetup) -> Result<(JoinHandle<()>, Starting), ServerError> {
    let (ready, is_ready) = oneshot::channel();
    let (serve, may_serve) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name(name)
        .stack_size(WORKER_STACK)
        .spawn(move || worker::run(worker, ready, may_serve))
        .map_err(ServerError::Worker)?;
    Ok((thread, (is_ready, serve)))
}

fn parse(address: &Address) -> Result<SocketAddr, ServerError> {
    let ip: IpAddr = address
        .address
        .parse()
        .map_err(|_| ServerError::Address { address: address.address.clone(), location: address.location.clone() })?;
    Ok(SocketAddr::new(ip, address.port))
}

fn bind(address: SocketAddr, shared: bool, location: &Location) -> Result<TcpListener, ServerError> {
    let bound = || -> std::io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        if shared {
            socket.set_reuse_port(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    bound().map_err(|error| ServerError::Bind { address, location: location.clone(), error })
}
