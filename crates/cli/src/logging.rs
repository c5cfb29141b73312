//! Logs: to standard error, as text or JSON.

use crate::trace::TRACE_TARGET;
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
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
    /// Whether output is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.log_format == Format::Json
    }
}

/// Sets the log up for the process.
pub(crate) fn init(args: &LoggingArgs) {
    let level = match args.log_level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
        Level::Off => LevelFilter::OFF,
    };
    // Libraries speak up only when something is wrong.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("tollgate", level)
        .with_target("tollgate_proxy", level)
        .with_target("plugin", level)
        // Only what `--trace` asks for is ever sent there.
        .with_target(TRACE_TARGET, LevelFilter::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(targets);
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match args.log_format {
        Format::Text => registry.with(layer.with_ansi(colours)).init(),
        Format::Json => registry.with(layer.json().flatten_event(true)).init(),
    }
}
