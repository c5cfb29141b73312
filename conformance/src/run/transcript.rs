//! What crosses between guest, host and peers, as text.

use super::surroundings::Watch;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;
use tollgate_abi::LogLevel;
use tollgate_host::fields::HeaderMap;
use tollgate_host::services::{LogOrigin, LogSink};
use tollgate_host::trace::{Crossing, Observer, Printer};

/// Most bytes of a body that are shown.
const MAX_SHOWN: usize = 64;

/// Indentation of what happens inside the VM; what the peers see stands at the margin.
const INSIDE: &str = "  ";

type Lines = Rc<RefCell<String>>;
type Write = Box<dyn Fn(usize, &str)>;

/// What crosses between guest, host and peers, as text. Clones share it.
#[derive(Clone)]
pub struct Transcript {
    lines: Lines,
    crossings: Rc<Printer<Write>>,
    level: LogLevel,
    watch: Option<Rc<dyn Watch>>,
}

impl Transcript {
    /// An empty transcript whose log wants messages from `level` up.
    pub fn new(level: LogLevel) -> Self {
        Self::watched(level, None)
    }

    /// One that somebody watches.
    pub(super) fn watched(level: LogLevel, watch: Option<Rc<dyn Watch>>) -> Self {
        let lines = Lines::default();
        let to = lines.clone();
        let write: Write = Box::new(move |depth, line| append(&to, depth, line));
        Self { lines, crossings: Rc::new(Printer::new(write)), level, watch }
    }

    /// Adds a line at the margin.
    pub fn line(&self, line: &str) {
        let mut lines = self.lines.borrow_mut();
        lines.push_str(line);
        lines.push('\n');
    }

    /// The text so far.
    pub fn text(&self) -> String {
        self.lines.borrow().clone()
    }
}

fn append(lines: &Lines, depth: usize, line: &str) {
    let mut lines = lines.borrow_mut();
    lines.push_str(&INSIDE.repeat(depth + 1));
    lines.push_str(line);
    lines.push('\n');
}

impl Observer for Transcript {
    fn observe(&self, about: LogOrigin<'_>, crossing: &Crossing<'_>) {
        self.crossings.observe(about, crossing);
        if let Some(watch) = &self.watch {
            watch.crossed(about.context_id, crossing);
        }
    }
}

impl LogSink for Transcript {
    fn level(&self) -> LogLevel {
        self.level
    }

    fn log(&self, level: LogLevel, origin: LogOrigin<'_>, message: &[u8]) {
        if let Some(watch) = &self.watch {
            watch.logged(level, message);
        }
        let mut who = origin.plugin.to_owned();
        for (mark, part) in [('/', origin.root_id), ('@', origin.vm_id)] {
            if !part.is_empty() {
                who.push(mark);
                who.push_str(part);
            }
        }
        let message = without_stack(&message.escape_ascii().to_string()).replace("\\'", "'").replace("\\\"", "\"");
        append(&self.lines, self.crossings.depth(), &format!("log {level} {who}#{}: {message}", origin.context_id));
    }
}

/// A message of the host without the guest's stack, which not every engine knows.
pub(super) fn without_stack(message: &str) -> String {
    let marks = ["\n  at ", "\\n  at ", "\n  request: ", "\\n  request: ", "\n  memory: ", "\\n  memory: "];
    let end = marks.iter().filter_map(|mark| message.find(mark)).min().unwrap_or(message.len());
    message[..end].to_owned()
}

/// Fields in order.
pub(super) fn fields(map: &HeaderMap) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in map.pairs().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{}: {}", name.escape_ascii(), value.escape_ascii());
    }
    text.push('}');
    text
}

/// Bytes in quotation marks, bounded.
pub(super) fn data(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(MAX_SHOWN)];
    let more = bytes.len() - shown.len();
    let rest = if more > 0 { format!(" and {more} bytes more") } else { String::new() };
    format!("\"{}\"{rest}", shown.escape_ascii())
}
