//! What the host library asks of its embedder, from the system: clocks, random bytes, logs by `tracing`.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tollgate_host::services::{Clock, LogOrigin, LogSink, Random, Services};
use tracing::level_filters::LevelFilter;

/// The `tracing` target of everything that plugins log.
pub(crate) const PLUGIN_TARGET: &str = "plugin";

/// Clocks, random bytes and logs of the system, and the foreign functions that Envoy has.
pub fn system_services() -> Services {
    let mut services = Services::new(Rc::new(SystemClock(Instant::now())), Rc::new(SystemRandom), Rc::new(PluginLog));
    services.foreign_functions = tollgate_foreign::functions();
    services
}

/// A message as it may stand in a log that people read line by line. What follows a line feed is indented, so that no
/// plugin can write what looks like a line of somebody else; other control characters are escaped.
fn printable(message: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(message);
    if !text.contains(|c: char| c.is_control() && c != '\t') {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\n    "),
            '\t' => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
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
        // The most that anything logs. Plugins may be to log less.
        let most = LevelFilter::current();
        macro_rules! first_wanted {
            ($($level:ident => $is:ident),*) => {
                $(if most >= LevelFilter::$level && tracing::enabled!(target: PLUGIN_TARGET, tracing::Level::$level) {
                    return LogLevel::$is;
                })*
            };
        }
        first_wanted!(TRACE => Trace, DEBUG => Debug, INFO => Info, WARN => Warn, ERROR => Error);
        LogLevel::Critical
    }

    fn log(&self, level: tollgate_abi::LogLevel, origin: LogOrigin<'_>, message: &[u8]) {
        use tollgate_abi::LogLevel;
        let LogOrigin { plugin, root_id, vm_id, context_id } = origin;
        let message = printable(message);
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

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_plugin_cannot_write_a_line_of_somebody_else() {
        assert_eq!(printable(b"plain\ttext"), "plain\ttext");
        assert_eq!(printable(b"one\n2026-01-01 ERROR forged"), "one\n    2026-01-01 ERROR forged");
        assert_eq!(printable(b"\x1b[31mred\r"), "\\u{1b}[31mred\\r");
    }
}
