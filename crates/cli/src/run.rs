//! `tollgate run`.

use crate::artifacts::CacheArgs;
use crate::bounded::{BoundArgs, Memory};
use crate::compile::PluginReport;
use crate::fetch::FetchArgs;
use crate::limits::LimitArg;
use crate::load::{Loaded, load};
use crate::logging::LoggingArgs;
use crate::output::{self, Failure};
use crate::shared_data;
use crate::trace::{self, TraceFilter};
use crate::watch::{Sources, Watching};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tollgate_proxy::{Configuration, CoreDumpFolder, Loader, Logging, ReloadHandle, Running, Server, Setup};

/// How to run the proxy.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Worker threads; one per core by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: Option<u16>,
    /// Seconds that requests under way may take to finish after SIGTERM.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    drain_time_s: u32,
    /// Read the configuration anew whenever its file, or a plugin's, changes. SIGHUP and POST /reload on the admin address
    /// do so in any case.
    #[arg(long)]
    watch: bool,
    /// Show every crossing between the proxy and its plugins, one line each. FILTER is a list of names of callbacks
    /// and host functions, separated by commas, with * for any part; -NAME leaves one out; plugin=NAME keeps those of
    /// one plugin.
    #[arg(long, value_name = "FILTER", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    trace: Option<TraceFilter>,
    #[command(flatten)]
    core_dumps: CoreDumpArgs,
}

/// What is kept of VMs that have failed.
#[derive(Debug, Args)]
struct CoreDumpArgs {
    /// Write a core dump, in the format of the WebAssembly tool conventions, to this folder whenever a VM of a plugin fails:
    /// stack, memory and exported globals. The memory may have parts of requests and secrets in it; only this user can read it.
    #[arg(long, value_name = "FOLDER")]
    core_dumps: Option<PathBuf>,
    /// Most core dumps in the folder, those of other processes included.
    #[arg(long, value_name = "N", default_value_t = 16, requires = "core_dumps")]
    core_dump_files: usize,
    /// Most memory in a core dump, such as 4MiB, or "none" for all of it.
    #[arg(long, value_name = "SIZE", default_value = "64MiB", requires = "core_dumps")]
    core_dump_memory: Memory,
}

impl CoreDumpArgs {
    fn folder(&self) -> Option<CoreDumpFolder> {
        let bytes = self.core_dump_memory.0.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Some(CoreDumpFolder { folder: self.core_dumps.clone()?, files: self.core_dump_files, bytes })
    }
}

impl RunArgs {
    /// Whether crossings are shown.
    pub(crate) fn is_traced(&self) -> bool {
        self.trace.is_some()
    }
}

/// Which configuration, and what overrides it.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Envoy's bootstrap configuration, as YAML or JSON.
    #[arg(value_name = "CONFIG", required_unless_present = "config_path")]
    config: Option<PathBuf>,
    /// The same, as Envoy's command line has it.
    #[arg(short = 'c', long, value_name = "CONFIG", conflicts_with = "config")]
    config_path: Option<PathBuf>,
    /// Wasm runtime for every plugin, whatever the configuration says; see `tollgate runtimes`.
    #[arg(long, value_name = "NAME")]
    pub(crate) runtime: Option<String>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    #[command(flatten)]
    pub(crate) bound: BoundArgs,
    #[command(flatten)]
    pub(crate) fetch: FetchArgs,
    /// How much plugins may take, all or the one of this name, whatever the configuration says in node.metadata.tollgate:
    /// callback_deadline (100ms) and start_deadline (5s), times or "none"; fuel ("none") for each callback, where the
    /// runtime counts it; memory_bytes (128MiB); table_elements (100000) of each table; strikes (5): deadlines met in a row after
    /// which a plugin with FAIL_RELOAD is not started again, 0 for never; what it may pile up in the host:
    /// shared_data_bytes (64MiB), queues (64), queue_bytes (16MiB), metrics (100000), metric_name_bytes (4KiB),
    /// header_bytes (2MiB), body_bytes (32MiB), call_bytes (64MiB), calls (16384), response_bytes (32MiB) of each answer to a
    /// call and answer_bytes (128MiB) of all, property_bytes (4MiB), contexts (100000) of streams in a VM, instances (1000):
    /// VMs of a plugin on a worker, log_messages (1000) in a call, log_messages_per_second (100000), timer_period (1ms) at
    /// least. Can be given more than once.
    #[arg(long = "limit", value_name = "[PLUGIN:]NAME=VALUE")]
    pub(crate) limits: Vec<LimitArg>,
}

impl ConfigArgs {
    /// The configuration's path.
    pub(crate) fn path(&self) -> PathBuf {
        self.config.clone().or_else(|| self.config_path.clone()).unwrap_or_default()
    }
}

/// Runs the proxy until it is told to stop.
pub(crate) fn run(args: &RunArgs, logging: &LoggingArgs, logs: Logging) -> Result<(), Failure> {
    let loaded = load(&args.config)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let reports = loaded.reports.clone();
    let kept = shared_data::Kept::of(&loaded.bootstrap);
    let sources = Arc::new(Sources::new(&loaded.files));
    let shared = shared_data::shared(&loaded.bootstrap, &loaded.tls)?;
    let setup = Setup {
        shared,
        configuration: configuration(loaded),
        loader: Some(loader(args.config.clone(), sources.clone(), kept)),
        concurrency: args.concurrency.map_or(cores, usize::from),
        drain: Duration::from_secs(u64::from(args.drain_time_s)),
        observer: args.trace.clone().map(trace::observer),
        core_dumps: args.core_dumps.folder(),
        logging: Some(logs),
        options: options(args, logging, cores),
    };
    let running = Server::start(setup)?;
    let watching = if args.watch { Some(Watching::start(sources)?) } else { None };
    // Who reads the announcement may send a signal at once.
    let mut signals = running.wait_for(async { Signals::new(watching) })?;
    let mut quit = Box::pin(running.quit_requested());
    let reloads = reload_apart(running.reloads())?;
    announce(&running, &reports, logging.is_json());

    loop {
        let next = async {
            tokio::select! {
                event = signals.next() => event,
                () = &mut quit => Event::Stop,
            }
        };
        match running.wait_for(next) {
            Event::Stop => break,
            // One that waits has not read anything yet, and so does for this word, too.
            Event::Reload(why) => drop(reloads.try_send(why)),
            Event::Reopen => running.reopen_logs(),
        }
    }
    tracing::info!("stopping: requests under way have {} s to finish", args.drain_time_s);
    // A second signal does not wait for them. It is the same listener, so that no signal falls between two.
    std::thread::scope(|scope| {
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        scope.spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                tokio::select! {
                    () = signals.stop() => std::process::exit(1),
                    _ = finished => {}
                }
            });
        });
        running.stop();
        let _ = done.send(());
    });
    tracing::info!("stopped");
    Ok(())
}

fn configuration(loaded: Loaded) -> Configuration {
    let Loaded { bootstrap, plugins, tls, document, .. } = loaded;
    Configuration { bootstrap, plugins, tls, document }
}

/// What the program was started with, under the names that Envoy has for it.
fn options(args: &RunArgs, logging: &LoggingArgs, cores: usize) -> serde_json::Map<String, serde_json::Value> {
    let pairs = [
        ("config_path", args.config.path().display().to_string().into()),
        ("concurrency", args.concurrency.map_or(cores, usize::from).into()),
        ("log_level", logging.level_name().into()),
        ("drain_time", format!("{}s", args.drain_time_s).into()),
        ("mode", "Serve".into()),
        ("runtime", args.config.runtime.clone().into()),
        ("watch", args.watch.into()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Reads the configuration again, for as often as it changes.
fn loader(args: ConfigArgs, sources: Arc<Sources>, kept: Option<shared_data::Kept>) -> Loader {
    Box::new(move || {
        let loaded = load(&args).map_err(|failure| failure.messages().join("\n"))?;
        sources.follow(&loaded.files);
        if shared_data::Kept::of(&loaded.bootstrap) != kept {
            tracing::warn!("{}", shared_data::KEPT_AS_IT_WAS);
        }
        Ok(configuration(loaded))
    })
}

/// Reloads on a thread of its own: fetching and compiling take their time, and a signal to stop must not wait for them.
fn reload_apart(proxy: ReloadHandle) -> std::io::Result<SyncSender<&'static str>> {
    let (reloads, asked) = sync_channel(1);
    let work = move || {
        while let Ok(why) = asked.recv() {
            reload(&proxy, why);
        }
    };
    std::thread::Builder::new().name("reload".to_owned()).spawn(work)?;
    Ok(reloads)
}

fn reload(proxy: &ReloadHandle, why: &str) {
    tracing::info!("{why}: reading the configuration anew");
    match proxy.reload() {
        Ok(reloaded) => tracing::info!("generation {} serves", reloaded.generation),
        Err(error) => tracing::error!("the configuration is not taken, the one before goes on: {error}"),
    }
}

/// One line per listener, plugin and admin address.
fn announce(running: &Running, reports: &[PluginReport], json: bool) {
    let mut lines = Vec::new();
    for report in reports {
        let PluginReport { name, runtime, abi, source, origin, took } = report;
        let millis = took.as_secs_f64() * 1000.0;
        lines.push(format!("plugin    {name}: {runtime}, ABI {abi}, {source}, {} in {millis:.1} ms", origin.said()));
    }
    lines.extend(running.listeners().iter().map(ToString::to_string));
    if let Some(address) = running.admin() {
        lines.push(format!("admin     http://{address}"));
    }
    for line in lines {
        if json {
            tracing::info!("{line}");
        } else {
            output::line(line);
        }
    }
}

/// What happens to a running proxy.
enum Event {
    Stop,
    /// The configuration is to be read anew; why.
    Reload(&'static str),
    /// Access logs are to be opened anew.
    Reopen,
}

/// SIGTERM, SIGINT, SIGHUP, SIGUSR1, and changes of files.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    user1: Signal,
    watching: Option<Watching>,
}

impl Signals {
    fn new(watching: Option<Watching>) -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            user1: signal(SignalKind::user_defined1())?,
            watching,
        })
    }

    async fn next(&mut self) -> Event {
        let Self { terminate, interrupt, hangup, user1, watching } = self;
        let changed = async {
            match watching {
                Some(watching) => watching.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => Event::Stop,
            _ = interrupt.recv() => Event::Stop,
            _ = hangup.recv() => Event::Reload("SIGHUP"),
            _ = user1.recv() => Event::Reopen,
            () = changed => Event::Reload("a file has changed"),
        }
    }

    /// The word to stop; what else happens does not matter any more.
    async fn stop(&mut self) {
        while !matches!(self.next().await, Event::Stop) {}
    }
}
