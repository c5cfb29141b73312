//! The lines a process prints, as they come.

use super::PATIENCE;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// Collects lines in a thread of its own, so that the process never waits for its reader.
#[derive(Clone, Debug)]
pub(crate) struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Collects what comes from `source`.
    pub(crate) fn of(source: impl Read + Send + 'static) -> Self {
        let lines = Self(Arc::default());
        let shared = lines.0.clone();
        std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while matches!(source.read_until(b'\n', &mut line), Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
                line.clear();
                shared.state.lock().expect("no panic under the lock").lines.push(text);
                shared.changed.notify_all();
            }
            shared.state.lock().expect("no panic under the lock").ended = true;
            shared.changed.notify_all();
        });
        lines
    }

    /// What has come so far.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.0.state.lock().expect("no panic under the lock").lines.clone()
    }

    /// Waits for a line; an error if the lines end without it, or it does not come in time.
    pub(crate) fn wait_for(&self, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
        let found = |state: &State| state.lines.iter().find(|line| wanted(line)).cloned();
        self.wait(found).ok_or_else(|| format!("the line did not come; these did:\n{}", self.so_far().join("\n")))
    }

    /// Waits for the end. False if it does not come in time.
    pub(crate) fn wait_for_end(&self) -> bool {
        self.wait(|state| state.ended.then_some(())).is_some()
    }

    fn wait<T>(&self, found: impl Fn(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.0.state.lock().expect("no panic under the lock");
        loop {
            if let Some(found) = found(&state) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return None;
            }
            state = self.0.changed.wait_timeout(state, left).expect("no panic under the lock").0;
        }
    }
}
