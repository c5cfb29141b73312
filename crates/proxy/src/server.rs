//! Bringing the proxy up and down.

use crate::admin;
use crate::bind::bind_alone;
use crate::core_dumps::{CoreDumpFolder, CoreDumps, Writing};
use crate::error::ServerError;
use crate::exposition::{Baseline, Intervals};
use crate::generation::{Configuration, Generation};
use crate::local::Role;
use crate::log_levels::Logging;
use crate::process::{Process, Reloads};
use crate::reload::{Loader, ReloadError, ReloadHandle, Reloaded, Reloader};
use crate::worker::{self, Command};
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tollgate_host::shared::Shared;
use tollgate_host::trace::Observer;

/// Stack of a worker, in bytes: a guest's share, and a frame or two for each filter of the longest chain.
pub(crate) const WORKER_STACK: usize = 8 << 20;

/// Makes the observer of a worker's plugins, on the worker's thread. `worker` is the thread's name.
pub type ObserverFactory = Box<dyn Fn(&str) -> Rc<dyn Observer> + Send + Sync>;

/// What a proxy is made of.
pub struct Setup {
    /// What it serves at first.
    pub configuration: Configuration,
    /// Where later configurations come from; without it there are none.
    pub loader: Option<Loader>,
    /// Worker threads; at least one is started.
    pub concurrency: usize,
    /// How long connections may take to finish after the word to stop.
    pub drain: Duration,
    /// Watches every crossing between the proxy and its plugins. Without it, nothing is spent on that.
    pub observer: Option<ObserverFactory>,
    /// Where core dumps of plugins go. Without it there are none, and nothing is spent on that.
    pub core_dumps: Option<CoreDumpFolder>,
    /// What plugins of all workers share: values and queues. The default keeps them in this process.
    pub shared: Arc<Shared>,
    /// How logs are, if the admin interface may change that.
    pub logging: Option<Logging>,
    /// What the program was started with, for the admin interface to show.
    pub options: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("configuration", &self.configuration)
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
    /// Whether it speaks TLS.
    pub tls: bool,
    /// The address, with the port that the system chose if 0 was configured.
    pub address: SocketAddr,
}

/// `listener  NAME: SCHEME://ADDRESS`
impl fmt::Display for BoundListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.http, self.tls) {
            (true, false) => "http",
            (true, true) => "https",
            (false, false) => "tcp",
            (false, true) => "tls",
        };
        write!(f, "listener  {}: {scheme}://{}", self.name, self.address)
    }
}

/// A proxy that is up.
#[derive(Debug)]
pub struct Server;

/// A running proxy. Dropping it stops it without draining.
pub struct Running {
    reloader: Arc<Reloader>,
    admin: Option<SocketAddr>,
    quit: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    /// The thread of the plugins that the process has one of, which stops last: requests may still be theirs to count.
    main: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    /// What writes core dumps.
    _writing: Option<Writing>,
    /// Runs name resolution and the admin interface.
    runtime: tokio::runtime::Runtime,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("listeners", &self.listeners())
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
        let Setup { configuration, loader, concurrency, drain, observer, core_dumps, shared, logging, options } = setup;
        let admin = configuration.bootstrap.admin.as_ref();
        let admin = admin.map(|admin| bind_alone(&admin.address)).transpose()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("main")
            .enable_all()
            .build()
            .map_err(ServerError::Worker)?;
        let concurrency = concurrency.max(1);
        let (stop, stopped) = watch::channel(false);
        let (stop_main, main_stopped) = watch::channel(false);
        let (threads, commands): (Vec<_>, Vec<_>) = (0..=concurrency).map(|_| mpsc::unbounded_channel()).unzip();
        let living = Arc::default();
        let generation = Generation::first(configuration, &living)?;
        let (core_dumps, writing) = core_dumps.map(CoreDumps::start).transpose().map_err(ServerError::Worker)?.unzip();
        let process = Arc::new(Process {
            concurrency,
            drain,
            observer,
            core_dumps,
            shared,
            metrics: Arc::default(),
            intervals: Intervals::default(),
            baseline: Baseline::default(),
            started: Instant::now(),
            stop: stopped.clone(),
            threads,
            living,
            reloads: Reloads::default(),
            current: RwLock::new(Arc::new(generation)),
            open: RwLock::default(),
            timing: Arc::default(),
            overload: Arc::default(),
            told_to_fail: AtomicBool::default(),
        });
        let reloader = Arc::new(Reloader::new(process.clone(), loader, runtime.handle().clone()));
        let mut running = Running {
            reloader: reloader.clone(),
            admin: admin.as_ref().map(|(address, _)| *address),
            quit: watch::Sender::new(false),
            stop,
            threads: Vec::new(),
            main: None,
            _writing: writing,
            runtime,
        };
        let mut main = Some(stop_main);
        for (index, commands) in commands.into_iter().enumerate() {
            if index < concurrency {
                let name = format!("worker-{index}");
                running.threads.push(spawn(name, &process, Role::Worker, commands, stopped.clone())?);
            } else if let Some(stop) = main.take() {
                let thread = spawn("plugins".to_owned(), &process, Role::Main, commands, main_stopped.clone())?;
                running.main = Some((stop, thread));
            }
        }
        // No worker serves before every plugin has started on all of them.
        reloader.begin()?;
        running.runtime.spawn(process.clone().watch_overload());
        if let Some((_, socket)) = admin {
            running.runtime.spawn(process.clone().count_intervals());
            let state = admin::State { process, reloader, logging, options, quit: running.quit.clone() };
            running.runtime.spawn(admin::serve(socket, Arc::new(state)));
        }
        Ok(running)
    }
}

impl Running {
    /// The listeners that are bound, in the order of the configuration.
    pub fn listeners(&self) -> Vec<BoundListener> {
        self.reloader.listeners()
    }

    /// Where the admin interface listens.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Waits for a future on the proxy's own runtime, such as a signal.
    pub fn wait_for<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Completes when the admin interface is asked to stop the proxy, which is then the caller's to do.
    pub fn quit_requested(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut quit = self.quit.subscribe();
        async move {
            if quit.wait_for(|quit| *quit).await.is_err() {
                // Whoever could ask is gone.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reads the configuration anew and has it serve in the place of the one that does. Blocks until new streams meet it.
    /// No connection is closed, and no request is lost: streams under way end as they began. The address of the admin interface stays
    /// what it was.
    ///
    /// # Errors
    ///
    /// A [`ReloadError`]; then everything goes on as it was.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        self.reloads().reload()
    }

    /// Opens the files of access logs anew, as they may have been moved. Lines that wait go to where they went before.
    pub fn reopen_logs(&self) {
        self.reloader.reopen_logs();
    }

    /// A way to reload from another thread, for who has to do something else meanwhile.
    pub fn reloads(&self) -> ReloadHandle {
        ReloadHandle(self.reloader.clone())
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
        self.reloader.flush_logs();
        // Whoever still fetches code for a reload is not waited for.
        self.runtime.shutdown_background();
    }
}

fn spawn(
    name: String,
    process: &Arc<Process>,
    role: Role,
    commands: mpsc::UnboundedReceiver<Command>,
    stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, ServerError> {
    let process = process.clone();
    let work = move || {
        // Whoever asks the worker to begin learns that it is gone.
        if let Err(error) = worker::run(&process, role, commands, stop) {
            tracing::error!("cannot start a worker thread: {error}");
        }
    };
    std::thread::Builder::new().name(name).stack_size(WORKER_STACK).spawn(work).map_err(ServerError::Worker)
}
