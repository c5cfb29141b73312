//! A log that remembers.

use std::cell::{Cell, RefCell};
use tollgate_abi::LogLevel;
use tollgate_host::services::{LogOrigin, LogSink};

/// A message and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Severity.
    pub level: LogLevel,
    /// Name of the plugin.
    pub plugin: String,
    /// Root id of the plugin.
    pub root_id: String,
    /// Id of the VM.
    pub vm_id: String,
    /// The context that the message is about.
    pub context_id: u32,
    /// The message.
    pub message: Vec<u8>,
}

/// A log that remembers every message at or above its level.
#[derive(Debug)]
pub struct LogRecorder {
    level: Cell<LogLevel>,
    lines: RefCell<Vec<LogLine>>,
}

impl LogRecorder {
    /// A log that wants messages from `level` up.
    pub const fn new(level: LogLevel) -> Self {
        Self { level: Cell::new(level), lines: RefCell::new(Vec::new()) }
    }

    /// Takes out what was logged so far.
    pub fn take(&self) -> Vec<LogLine> {
        self.lines.take()
    }

    /// Takes out the messages alone, as text.
    pub fn take_messages(&self) -> Vec<String> {
        self.take().iter().map(|line| String::from_utf8_lossy(&line.message).into_owned()).collect()
    }

    /// Changes the level.
    pub fn set_level(&self, level: LogLevel) {
        self.level.set(level);
    }
}

impl Default for LogRecorder {
    fn default() -> Self {
        Self::new(LogLevel::Trace)
    }
}

impl LogSink for LogRecorder {
    fn level(&self) -> LogLevel {
        self.level.get()
    }

    fn log(&self, level: LogLevel, origin: LogOrigin<'_>, message: &[u8]) {
        self.lines.borrow_mut().push(LogLine {
            level,
            plugin: origin.plugin.to_owned(),
            root_id: origin.root_id.to_owned(),
            vm_id: origin.vm_id.to_owned(),
            context_id: origin.context_id,
            message: message.to_vec(),
        });
    }
}
