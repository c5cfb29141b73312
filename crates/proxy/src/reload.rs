//! Putting another configuration in the place of the one that serves, without losing a request.
//!
//! ```text
//! read, compile      by the embedder's loader
//! bind               listeners that are new; the others keep their sockets, and what waits in them
//! try out            every plugin starts once on a thread of its own: one that hangs or traps there disturbs nobody
//! prepare            every plugin starts on every worker, aside of those that serve
//! adopt              new streams meet the new generation, also on connections that are kept alive
//!                    old streams go on; a generation is freed when its last stream has ended
//! ```
//!
//! If anything fails before the last step, everything goes on as it was.

use crate::access_log;
use crate::bind::{bind_listener, is_at_the_same_place};
use crate::cluster::Cluster;
use crate::error::ServerError;
use crate::generation::{Configuration, Generation};
use crate::process::Process;
use crate::server::{BoundListener, WORKER_STACK};
use crate::worker::{self, Command, Prepare, Source};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Reads the configuration anew and compiles its plugins. The error says why it cannot be used, in as many lines as it needs.
pub type Loader = Box<dyn Fn() -> Result<Configuration, String> + Send + Sync>;

/// A configuration that serves now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloaded {
    /// How many configurations have served since the start, this one included.
    pub generation: u64,
    /// Its listeners.
    pub listeners: Vec<BoundListener>,
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation {} serves", self.generation)?;
        self.listeners.iter().try_for_each(|listener| write!(f, "\n{listener}"))
    }
}

/// Why the configuration before goes on.
#[derive(Debug)]
pub enum ReloadError {
    /// The proxy was not told where configurations come from ([`Setup::loader`](crate::Setup::loader)).
    NoLoader,
    /// It cannot be read, or its plugins cannot be compiled.
    Load(String),
    /// It cannot be started.
    Start(ServerError),
    /// The proxy was told to stop meanwhile.
    Stopping,
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLoader => f.write_str("this proxy cannot read its configuration anew"),
            Self::Load(reason) => f.write_str(reason),
            Self::Start(error) => error.fmt(f),
            Self::Stopping => f.write_str("the proxy is stopping"),
        }
    }
}

impl std::error::Error for ReloadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(error) => Some(error),
            Self::NoLoader | Self::Load(_) | Self::Stopping => None,
        }
    }
}

impl From<ServerError> for ReloadError {
    fn from(error: ServerError) -> Self {
        Self::Start(error)
    }
}

/// Has a running proxy read its configuration anew, from any thread. It can outlive the proxy, and then does nothing.
#[derive(Clone)]
pub struct ReloadHandle(pub(crate) Arc<Reloader>);

impl ReloadHandle {
    /// As [`Running::reload`](crate::Running::reload).
    ///
    /// # Errors
    ///
    /// A [`ReloadError`]; then everything goes on as it was.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        self.0.reload()
    }
}

impl fmt::Debug for ReloadHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReloadHandle")
    }
}

/// Puts configurations into effect, one after the other.
pub(crate) struct Reloader {
    process: Arc<Process>,
    loader: Option<Loader>,
    /// For names of clusters.
    runtime: tokio::runtime::Handle,
    /// Where the listeners of the generation that serves are; held while another takes its place.
    addresses: Mutex<Vec<SocketAddr>>,
}

impl Reloader {
    pub(crate) fn new(process: Arc<Process>, loader: Option<Loader>, runtime: tokio::runtime::Handle) -> Self {
        Self { process, loader, runtime, addresses: Mutex::default() }
    }

    /// Writes the lines of access logs that wait.
    pub(crate) fn flush_logs(&self) {
        self.process.current().sinks.iter().for_each(|sink| sink.flush());
    }

    /// Opens the files of access logs anew.
    pub(crate) fn reopen_logs(&self) {
        self.process.current().sinks.iter().for_each(|sink| sink.reopen());
    }

    /// The listeners of the generation that serves.
    pub(crate) fn listeners(&self) -> Vec<BoundListener> {
        // Not while another configuration takes the place of this one.
        let _addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        self.process.open_listeners()
    }

    /// Reads the configuration anew and has it serve. Blocks until it does. Of two calls, one waits for the other.
    ///
    /// # Errors
    ///
    /// A [`ReloadError`]; then everything goes on as it was.
    pub(crate) fn reload(&self) -> Result<Reloaded, ReloadError> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.load_and_serve(&mut addresses);
        let reloads = &self.process.reloads;
        let counter = if result.is_ok() { &reloads.taken } else { &reloads.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        result
    }

    fn load_and_serve(&self, addresses: &mut Vec<SocketAddr>) -> Result<Reloaded, ReloadError> {
        let loader = self.loader.as_ref().ok_or(ReloadError::NoLoader)?;
        let configuration = loader().map_err(ReloadError::Load)?;
        let before = self.process.current();
        let generation = Arc::new(before.next(configuration)?);
        self.try_out(&generation)?;
        let served = self.serve(&generation, Some((&before, addresses)));
        // Workers that stop take no orders.
        *addresses =
            served.map_err(|error| if *self.process.stop.borrow() { ReloadError::Stopping } else { error.into() })?;
        let listeners = bound(&generation, addresses);
        self.opened(listeners.clone());
        Ok(Reloaded { generation: generation.number, listeners })
    }

    /// Has the first generation serve.
    ///
    /// # Errors
    ///
    /// A [`ServerError`]; then nothing serves.
    pub(crate) fn begin(&self) -> Result<(), ServerError> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.process.current();
        *addresses = self.serve(&generation, None)?;
        self.opened(bound(&generation, &addresses));
        Ok(())
    }

    /// Closes all listeners. Requests under way end as they would, connections when they are at rest. Blocks until nobody can
    /// connect any more. A configuration that is read after this opens its listeners anew.
    pub(crate) fn drain_listeners(&self) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        self.tell_and_wait(Command::Drain);
        addresses.clear();
        self.opened(Vec::new());
    }

    fn opened(&self, listeners: Vec<BoundListener>) {
        *self.process.open.write().unwrap_or_else(PoisonError::into_inner) = listeners;
    }

    /// Has a generation serve in the place of `before`, whose listeners are at those addresses. Answers with its own.
    fn serve(
        &self,
        generation: &Arc<Generation>,
        before: Option<(&Generation, &[SocketAddr])>,
    ) -> Result<Vec<SocketAddr>, ServerError> {
        let workers = self.process.concurrency;
        let mut addresses = Vec::new();
        let mut sources: Vec<Vec<Source>> = self.process.threads.iter().map(|_| Vec::new()).collect();
        let mut taken = Vec::new();
        for listener in &generation.configuration.bootstrap.listeners {
            let kept = before.and_then(|(before, addresses)| {
                let listeners = &before.configuration.bootstrap.listeners;
                let place = listeners.iter().position(|known| is_at_the_same_place(known, listener))?;
                Some((place, *addresses.get(place)?))
            });
            match kept.filter(|(place, _)| !taken.contains(place)) {
                Some((place, address)) => {
                    taken.push(place);
                    addresses.push(address);
                    sources.iter_mut().for_each(|sources| sources.push(Source::Kept(place)));
                }
                None => {
                    let (address, sockets) = bind_listener(listener, workers)?;
                    addresses.push(address);
                    sources.iter_mut().zip(sockets).for_each(|(sources, socket)| sources.push(Source::New(socket)));
                }
            }
        }
        self.prepare_clusters(generation);
        if let Err(error) = self.prepare(generation, sources) {
            self.tell(|| Command::Discard);
            return Err(error);
        }
        self.process.overload.update(&generation.configuration.bootstrap.overload);
        *self.process.current.write().unwrap_or_else(PoisonError::into_inner) = generation.clone();
        self.tell_and_wait(Command::Adopt);
        Ok(addresses)
    }

    /// Starts the generation aside on every worker, at the same time.
    fn prepare(&self, generation: &Arc<Generation>, sources: Vec<Vec<Source>>) -> Result<(), ServerError> {
        let mut starting = Vec::new();
        for (thread, sources) in self.process.threads.iter().zip(sources) {
            let (done, started) = oneshot::channel();
            let prepare = Prepare { generation: generation.clone(), sources };
            let _ = thread.send(Command::Prepare(prepare, done));
            starting.push(started);
        }
        let mut result = Ok(());
        for started in starting {
            result = result.and(started.blocking_recv().unwrap_or(Err(ServerError::WorkerGone)));
        }
        result
    }

    fn tell(&self, mut command: impl FnMut() -> Command) {
        for thread in &self.process.threads {
            let _ = thread.send(command());
        }
    }

    /// Tells every worker, then waits until each has done it.
    fn tell_and_wait(&self, command: fn(oneshot::Sender<()>) -> Command) {
        let mut doing = Vec::new();
        self.tell(|| {
            let (done, is_done) = oneshot::channel();
            doing.push(is_done);
            command(done)
        });
        for is_done in doing {
            // A worker that is being stopped does not answer.
            let _ = is_done.blocking_recv();
        }
    }

    /// Starts every plugin once, on a thread of its own.
    fn try_out(&self, generation: &Arc<Generation>) -> Result<(), ServerError> {
        let (process, generation) = (self.process.clone(), generation.clone());
        let thread = std::thread::Builder::new().name("canary".to_owned()).stack_size(WORKER_STACK);
        let canary = thread.spawn(move || worker::try_out(&process, &generation)).map_err(ServerError::Worker)?;
        canary.join().unwrap_or(Err(ServerError::WorkerGone))
    }

    /// Gets new clusters ready to be used, at the same time, and has them and access logs looked after.
    fn prepare_clusters(&self, generation: &Generation) {
        let current = self.process.current();
        let is_new = |cluster: &&Arc<Cluster>| {
            generation.number == 1 || !current.clusters.iter().any(|known| Arc::ptr_eq(known, cluster))
        };
        self.runtime.block_on(async {
            let mut preparing = JoinSet::new();
            generation.clusters.iter().filter(is_new).for_each(|cluster| {
                preparing.spawn(cluster.clone().prepare());
            });
            while preparing.join_next().await.is_some() {}
            generation.clusters.iter().filter(is_new).for_each(Cluster::look_after);
            for sink in &generation.sinks {
                tokio::spawn(access_log::keep_flushed(Arc::downgrade(sink)));
            }
        });
    }
}

fn bound(generation: &Generation, addresses: &[SocketAddr]) -> Vec<BoundListener> {
    let listeners = generation.configuration.bootstrap.listeners.iter().zip(addresses);
    let bound = |(listener, address): (&tollgate_config::Listener, &SocketAddr)| {
        let first = listener.filter_chains.first();
        BoundListener {
            name: listener.name.clone(),
            http: first.is_some_and(|chain| chain.http().is_some()),
            tls: first.is_some_and(|chain| chain.tls.is_some()),
            address: *address,
        }
    };
    listeners.map(bound).collect()
}
