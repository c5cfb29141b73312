//! A worker: one thread, its plugins, its share of every listener. The thread of the plugins that the process has one of
//! is a worker without listeners.

use crate::aside::Aside;
use crate::error::ServerError;
use crate::generation::Generation;
use crate::listener::{Listening, Slot, accept};
use crate::local::{LocalGeneration, Role, Started};
use crate::phase::Phase;
use crate::plugin_report::PluginReport;
use crate::process::Process;
use crate::stats_sinks::StatsSinks;
use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// What a worker is told.
pub(crate) enum Command {
    /// To tell its numbers.
    Numbers(oneshot::Sender<BTreeMap<String, u64>>),
    /// To tell how its plugins are.
    Plugins(oneshot::Sender<Vec<PluginReport>>),
    /// To close its listeners. Connections end when they are at rest.
    Drain(oneshot::Sender<()>),
    /// To start a generation aside, and to tell how that went.
    Prepare(Prepare, oneshot::Sender<Result<(), ServerError>>),
    /// To let new streams and connections meet what it has prepared.
    Adopt(oneshot::Sender<()>),
    /// To forget it.
    Discard,
}

/// A generation to be started.
pub(crate) struct Prepare {
    pub(crate) generation: Arc<Generation>,
    /// Where connections of its listeners come from, one per listener.
    pub(crate) sources: Vec<Source>,
}

/// Where the connections of a listener come from.
pub(crate) enum Source {
    /// The socket of the listener that is at this place in the generation that serves.
    Kept(usize),
    /// A socket of its own.
    New(std::net::TcpListener),
}

/// Runs a worker on this thread until told to stop, and drains.
pub(crate) fn run(
    process: &Arc<Process>,
    role: Role,
    mut commands: mpsc::UnboundedReceiver<Command>,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let mut worker = Worker::new(process.clone(), role);
        loop {
            // Every task of the thread wakes this one.
            let command = pin!(async {
                tokio::select! {
                    command = commands.recv() => command,
                    _ = stop.wait_for(|stop| *stop) => None,
                }
            });
            let Some(command) = Aside::new(command).await else { break };
            worker.handle(command);
        }
        worker.drain(commands).await;
    });
    Ok(())
}

/// Starts a generation on this thread and stops it again: whether it would start on the workers, while they serve.
///
/// # Errors
///
/// A [`ServerError`] if a plugin does not start.
pub(crate) fn try_out(process: &Process, generation: &Arc<Generation>) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServerError::Worker)?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        for role in [Role::Worker, Role::Main] {
            LocalGeneration::start(process, generation, role, None)?;
        }
        Ok(())
    })
}

/// A listener that accepts.
struct Place {
    slot: Rc<Slot>,
    phase: watch::Sender<Phase>,
    accepting: JoinHandle<()>,
}

/// What has been prepared.
struct Prepared {
    started: Started,
    generation: Arc<Generation>,
    sources: Vec<ReadySource>,
}

enum ReadySource {
    Kept(usize),
    New(TcpListener),
}

struct Worker {
    process: Arc<Process>,
    role: Role,
    prepared: Option<Prepared>,
    /// What serves.
    current: Option<Rc<LocalGeneration>>,
    /// In the order of its listeners.
    places: Vec<Place>,
    /// Listeners that accept no more and have connections.
    drained: Vec<watch::Sender<Phase>>,
    /// Generations that have served, as long as they have streams, and the one that serves.
    known: Vec<Weak<LocalGeneration>>,
    connections: TaskTracker,
    sinks: Rc<StatsSinks>,
}

impl Worker {
    fn new(process: Arc<Process>, role: Role) -> Self {
        let sinks = StatsSinks::new(process.clone());
        if role == Role::Main {
            tokio::task::spawn_local(sinks.clone().run());
        }
        Self {
            process,
            role,
            prepared: None,
            current: None,
            places: Vec::new(),
            drained: Vec::new(),
            known: Vec::new(),
            connections: TaskTracker::new(),
            sinks,
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            // Who asked may have gone.
            Command::Numbers(ask) => drop(ask.send(self.numbers())),
            Command::Plugins(ask) => drop(ask.send(self.plugins())),
            Command::Drain(done) => self.close_listeners(done),
            Command::Prepare(prepare, done) => drop(done.send(self.prepare(prepare))),
            Command::Adopt(done) => {
                self.adopt();
                let _ = done.send(());
            }
            Command::Discard => self.prepared = None,
        }
    }

    fn prepare(&mut self, Prepare { generation, sources }: Prepare) -> Result<(), ServerError> {
        self.prepared = None;
        let ready = |source| match source {
            Source::Kept(place) => Ok(ReadySource::Kept(place)),
            Source::New(socket) => TcpListener::from_std(socket).map(ReadySource::New),
        };
        let sources = sources.into_iter().map(ready).collect::<Result<_, _>>().map_err(ServerError::Worker)?;
        let started = LocalGeneration::start(&self.process, &generation, self.role, self.current.as_deref())?;
        self.prepared = Some(Prepared { started, generation, sources });
        Ok(())
    }

    fn adopt(&mut self) {
        let Some(Prepared { started, generation, sources }) = self.prepared.take() else { return };
        let Started { local, listeners, sinks } = started;
        let mut before: Vec<_> = std::mem::take(&mut self.places).into_iter().map(Some).collect();
        for (listening, source) in listeners.into_iter().zip(sources) {
            let place = match source {
                ReadySource::Kept(index) => {
                    before.get_mut(index).and_then(Option::take).inspect(|place| place.slot.set(listening))
                }
                ReadySource::New(socket) => Some(self.open(listening, socket)),
            };
            self.places.extend(place);
        }
        // Listeners that are no more: their connections end when they are at rest, and what they were configured to do then.
        for place in before.into_iter().flatten() {
            place.phase.send_replace(Phase::Draining);
            self.drained.push(place.phase);
        }
        self.drained.retain(|phase| !phase.is_closed());
        self.sinks.adopt(sinks, generation.configuration.bootstrap.stats_flush_interval);
        self.known.retain(|known| known.strong_count() > 0);
        self.known.push(Rc::downgrade(&local));
        // The one before goes when its last stream does.
        self.current = Some(local);
    }

    fn open(&self, listening: Rc<Listening>, socket: TcpListener) -> Place {
        let slot = Rc::new(Slot::default());
        slot.set(listening);
        let (phase, phases) = watch::channel(Phase::Serving);
        let overload = self.process.overload.clone();
        let accepting = accept(slot.clone(), socket, self.connections.clone(), phases, overload);
        Place { slot, phase, accepting: tokio::task::spawn_local(accepting) }
    }

    /// How this worker's plugins are.
    fn plugins(&self) -> Vec<PluginReport> {
        let known = self.known.iter().filter_map(Weak::upgrade);
        known.flat_map(|local| local.reports()).collect()
    }

    /// Stops accepting, and says when nobody can connect any more.
    fn close_listeners(&mut self, done: oneshot::Sender<()>) {
        let places = std::mem::take(&mut self.places);
        for place in &places {
            place.phase.send_replace(Phase::Draining);
            self.drained.push(place.phase.clone());
        }
        tokio::task::spawn_local(async move {
            for place in places {
                let _ = place.accepting.await;
            }
            let _ = done.send(());
        });
    }

    /// What this worker's plugins use.
    fn numbers(&self) -> BTreeMap<String, u64> {
        let mut numbers = BTreeMap::new();
        for handle in self.known.iter().filter_map(Weak::upgrade).flat_map(|local| local.plugins.clone()) {
            let name = &handle.plugin().spec().name;
            let name = if name.is_empty() { "unnamed" } else { name };
            let mut add = |stat: &str, n: u64| *numbers.entry(format!("wasm.{name}.{stat}")).or_default() += n;
            add("streams_active", handle.stream_count() as u64);
            add("memory_bytes", handle.memory_size());
            add("vm_failed", u64::from(handle.has_failed()));
            add("interrupted", handle.interrupted());
            add("refused", handle.refused());
            add("rebuilt", handle.rebuilt());
            add("rebuild_failed", handle.rebuild_failed());
            add("vms", handle.vm_count() as u64);
            add("traps", handle.traps());
        }
        numbers
    }

    /// Stops accepting, and lets requests under way finish for as long as the setup says. Questions are still answered.
    async fn drain(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let (places, drained) = (std::mem::take(&mut self.places), std::mem::take(&mut self.drained));
        let (connections, drain, sinks) = (self.connections.clone(), self.process.drain, self.sinks.clone());
        let is_main = self.role == Role::Main;
        let draining = async move {
            for phase in drained.iter().chain(places.iter().map(|place| &place.phase)) {
                phase.send_replace(Phase::Stopping);
            }
            for place in places {
                let _ = place.accepting.await;
            }
            if is_main {
                sinks.flush().await;
            }
            connections.close();
            if tokio::time::timeout(drain, connections.wait()).await.is_err() {
                tracing::warn!("{} connection(s) are cut off after {drain:?} of draining", connections.len());
            }
        };
        let mut draining = std::pin::pin!(draining);
        loop {
            tokio::select! {
                () = &mut draining => return,
                command = commands.recv() => match command {
                    Some(Command::Numbers(ask)) => drop(ask.send(self.numbers())),
                    Some(Command::Plugins(ask)) => drop(ask.send(self.plugins())),
                    // Nothing begins any more; whoever asks learns of it by not being answered.
                    Some(_) => {}
                    None => return draining.await,
                },
            }
        }
    }
}
