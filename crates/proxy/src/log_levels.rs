//! The levels of logs, which the admin interface shows and changes.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use tracing::level_filters::LevelFilter;

/// The least severe level that each logger lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLevels {
    /// The proxy itself.
    pub main: LevelFilter,
    /// What plugins log; they see it as their log level.
    pub wasm: LevelFilter,
}

/// Has other levels take effect. The error says why they do not.
type Apply = Box<dyn Fn(LogLevels) -> Result<(), String> + Send + Sync>;

/// How the logs of the process are, and how they become otherwise.
pub struct Logging {
    levels: Mutex<LogLevels>,
    apply: Apply,
}

impl Logging {
    /// Logs that have these levels now; `apply` has others take effect, and says why it cannot.
    pub fn new(levels: LogLevels, apply: impl Fn(LogLevels) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self { levels: Mutex::new(levels), apply: Box::new(apply) }
    }

    /// The levels now.
    pub fn levels(&self) -> LogLevels {
        *self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, levels: LogLevels) -> Result<(), String> {
        let mut current = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        (self.apply)(levels)?;
        *current = levels;
        Ok(())
    }
}

impl fmt::Debug for Logging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logging").field("levels", &self.levels()).finish_non_exhaustive()
    }
}

impl LogLevels {
    /// The level of a logger, by its name.
    pub(crate) fn of(&mut self, logger: &str) -> Result<&mut LevelFilter, String> {
        match logger {
            "main" => Ok(&mut self.main),
            "wasm" => Ok(&mut self.wasm),
            _ => Err(format!("unknown logger name {logger:?}; the loggers are main and wasm")),
        }
    }
}

/// A level by Envoy's name. What Envoy calls critical is an error here.
pub(crate) fn parse_level(name: &str) -> Result<LevelFilter, String> {
    Ok(match name {
        "trace" => LevelFilter::TRACE,
        "debug" => LevelFilter::DEBUG,
        "info" => LevelFilter::INFO,
        "warning" | "warn" => LevelFilter::WARN,
        "error" | "critical" => LevelFilter::ERROR,
        "off" => LevelFilter::OFF,
        _ => return Err(format!("unknown logger level {name:?}")),
    })
}

/// Envoy's name of a level.
pub(crate) fn level_name(level: LevelFilter) -> &'static str {
    match level {
        LevelFilter::TRACE => "trace",
        LevelFilter::DEBUG => "debug",
        LevelFilter::INFO => "info",
        LevelFilter::WARN => "warning",
        LevelFilter::ERROR => "error",
        _ => "off",
    }
}
