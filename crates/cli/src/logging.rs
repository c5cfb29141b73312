//! Logs: to standard error, as text or JSON.

use crate::trace::TRACE_TARGET;
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use tollgate_proxy::{LogLevels, Logging};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

/// How much is logged, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoggingArgs {
    /// Least severe level that is logged, by the proxy and by plugins.
    #[arg(short = 'l', long, global = true, value_enum, default_value_t = Level::Info)]
    log_level: Level,
    /// Form of the log.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    log_format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Trace,
    Debug,
    Info,
    #[value(alias = "warning")]
    Warn,
    #[value(alias = "critical")]
    Error,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl LoggingArgs {
    /// The level's name on the command line.
    pub(crate) fn level_name(&self) -> String {
        self.log_level.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether output is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.log_format == Format::Json
    }
}

/// Sets the log up for the process. What it returns changes the levels. `traces`: crossings are shown, whatever the levels.
pub(crate) fn init(args: &LoggingArgs, traces: bool) -> Logging {
    let level = match args.log_level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
        Level::Off => LevelFilter::OFF,
    };
    let levels = LogLevels { main: level, wasm: level };
    let (filter, handle) = reload::Layer::new(targets(levels, traces));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match args.log_format {
        Format::Text => registry.with(layer.with_ansi(colours)).init(),
        Format::Json => registry.with(layer.json().flatten_event(true)).init(),
    }
    Logging::new(levels, move |levels| handle.reload(targets(levels, traces)).map_err(|error| error.to_string()))
}

/// Who logs what.
fn targets(levels: LogLevels, traces: bool) -> Targets {
    // Libraries speak up only when something is wrong.
    let targets = Targets::new()
        .with_default(levels.main.min(LevelFilter::WARN))
        .with_target("tollgate", levels.main)
        .with_target("tollgate_proxy", levels.main)
        .with_target("plugin", levels.wasm);
    // Without it nothing is sent there, and the most that anybody logs stays what the levels say.
    if traces { targets.with_target(TRACE_TARGET, LevelFilter::TRACE) } else { targets }
}
