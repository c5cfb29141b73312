//! `tollgate run`.

use crate::artifacts::CacheArgs;
use crate::bounded::BoundArgs;
use crate::compile::PluginReport;
use crate::limits::LimitArg;
use crate::load::{Loaded, load};
use crate::logging::LoggingArgs;
use crate::output::{self, Failure};
use crate::trace::{self, TraceFilter};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use tollgate_proxy::{Running, Server, Setup};

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
    /// Show every crossing between the proxy and its plugins, one line each. FILTER is a list of names of callbacks
    /// and host functions, separated by commas, with * for any part; -NAME leaves one out; plugin=NAME keeps those of
    /// one plugin.
    #[arg(long, value_name = "FILTER", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    trace: Option<TraceFilter>,
}

/// Which configuration, and what overrides it.
#[derive(Debug, Args)]
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
    /// How much plugins may take, all or the one of this name, whatever the configuration says in node.metadata.tollgate:
    /// callback_deadline (100ms) and start_deadline (5s), times or "none"; fuel ("none") for each callback, where the
    /// runtime counts it; memory_bytes (128MiB); table_elements (100000) of each table; strikes (5): deadlines met in a row after
    /// which a plugin with FAIL_RELOAD is not started again, 0 for never; what it may pile up in the host:
    /// shared_data_bytes (64MiB), queues (64), queue_bytes (16MiB), metrics (100000), metric_name_bytes (4KiB),
    /// header_bytes (2MiB), body_bytes (32MiB), call_bytes (64MiB), calls (16384), response_bytes (32MiB) of each answer to a
    /// call and answer_bytes (128MiB) of all, property_bytes (4MiB), contexts (100000) of streams in a VM, instances (1000):
    /// VMs of a plugin on a worker, log_messages (1000) in a call, log_messages_per_second (10000), timer_period (1ms) at
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
pub(crate) fn run(args: &RunArgs, logging: &LoggingArgs) -> Result<(), Failure> {
    let Loaded { bootstrap, plugins, reports, document } = load(&args.config)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let setup = Setup {
        bootstrap,
        plugins,
        concurrency: args.concurrency.map_or(cores, usize::from),
        drain: Duration::from_secs(u64::from(args.drain_time_s)),
        config_dump: document,
        observer: args.trace.clone().map(trace::observer),
    };
    let running = Server::start(setup)?;
    // Who reads the announcement may send a signal at once.
    let mut signals = running.wait_for(async { Signals::new() })?;
    announce(&running, &reports, logging.is_json());

    running.wait_for(signals.next());
    tracing::info!("stopping: requests under way have {} s to finish", args.drain_time_s);
    // A second signal does not wait for them. It is the same listener, so that no signal falls between two.
    std::thread::scope(|scope| {
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        scope.spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                tokio::select! {
                    () = signals.next() => std::process::exit(1),
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

/// One line per listener, plugin and admin address.
fn announce(running: &Running, reports: &[PluginReport], json: bool) {
    let mut lines = Vec::new();
    for report in reports {
        let PluginReport { name, runtime, abi, source, origin, took } = report;
        let millis = took.as_secs_f64() * 1000.0;
        lines.push(format!("plugin    {name}: {runtime}, ABI {abi}, {source}, {} in {millis:.1} ms", origin.said()));
    }
    for listener in running.listeners() {
        let scheme = if listener.http { "http" } else { "tcp" };
        lines.push(format!("listener  {}: {scheme}://{}", listener.name, listener.address));
    }
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

/// SIGTERM and SIGINT.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
