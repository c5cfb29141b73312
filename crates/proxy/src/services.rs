//! What the host library asks of its embedder, from the system: clocks, random bytes, logs by `tracing`.

use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tollgate_host::services::{Clock, LogOrigin, LogSink, Random, Services};
use tracing::level_filters::LevelFilter;

/// The `tracing` target of everything that plugins log.
pub(crate) const PLUGIN_TARGET: &str = "plugin";

/// Clocks, random bytes and logs of the system.
pub fn system_services() -> Services {
    Services { clock: Rc::new(SystemClock(Instant::now())), random: Rc::new(SystemRandom), log: Rc::new(PluginLog) }
}

struct SystemClock(Instant);

impl Clock for SystemClock {
    fn wall_nanos(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
    }

    fn monotonic_nanos(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // The system's source fails only before it is seeded at boot; then zeros are as good as what it has.
        if getrandom::fill(buffer).is_err() {
            buffer.fill(0);
        }
    }
}

/// Writes what plugins log to `tracing`, with the plugin's name, root id, VM id and context id as fields.
#[derive(Clone, Copy, Debug)]
pub struct PluginLog;

impl LogSink for PluginLog {
    fn level(&self) -> tollgate_abi::LogLevel {
        use tollgate_abi::LogLevel;
        match LevelFilter::current() {
            LevelFilter::TRACE => LogLevel::Trace,
            LevelFilter::DEBUG => LogLevel::Debug,
            LevelFilter::INFO => LogLevel::Info,
            LevelFilter::WARN => LogLevel::Warn,
            LevelFilter::ERROR => LogLevel::Error,
            _ => LogLevel::Critical,
        }
    }

    fn log(&self, level: tollgate_abi::LogLevel, origin: LogOrigin<'_>, message: &[u8]) {
        use tollgate_abi::LogLevel;
        let LogOrigin { plugin, root_id, vm_id, context_id } = origin;
        let message = String::from_utf8_lossy(message);
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: PLUGIN_TARGET, tracing::Level::$level, plugin, root_id, vm_id, context_id, "{message}"
                )
            };
        }
        match level {
            LogLevel::Trace => event!(TRACE),
            LogLevel::Debug => event!(DEBUG),
            LogLevel::Info => event!(INFO),
            LogLevel::Warn => event!(WARN),
            LogLevel::Error | LogLevel::Critical => event!(ERROR),
        }
    }
}
