//! What happened in a run, in a form that both hosts' runs can be brought to.

use super::normal;
use std::collections::{BTreeMap, BTreeSet};

/// Something that crossed between host and guest, or was logged by the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Crossing {
    /// The host calls the guest.
    Called { name: String, args: Vec<String> },
    /// The guest returns; `None`: it trapped.
    Returned { name: String, result: Option<String> },
    /// The guest calls the host.
    Asked { name: String, args: Vec<String> },
    /// The host answers; `None`: it ended the guest's call.
    Answered { name: String, result: Option<String> },
    /// The guest logs.
    Logged { level: String, message: Vec<u8> },
}

/// Who sees a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    Upstream,
    Client,
}

/// What a peer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Headers(Vec<(String, String)>),
    Body(Vec<u8>),
    Trailers(Vec<(String, String)>),
    /// Nothing follows.
    End,
    /// The stream is broken off.
    Reset,
}

/// A stretch of a run: the start, a step of the dialogue, the end of the streams, the end of the plugins.
#[derive(Clone, Debug, Default)]
pub(super) struct Chapter {
    pub(super) title: String,
    pub(super) crossings: Vec<Crossing>,
    pub(super) parts: BTreeMap<(String, Peer), Vec<Part>>,
    /// Counters and gauges that plugins have made, with their values.
    pub(super) metrics: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// The module did not load or a plugin did not start.
    pub(super) refused: bool,
    /// An import that the host does not have, if that is why.
    pub(super) missing: Option<String>,
    pub(super) chapters: Vec<Chapter>,
}

impl Story {
    /// Begins a chapter.
    pub(super) fn begin(&mut self, title: impl Into<String>) {
        self.chapters.push(Chapter { title: title.into(), ..Chapter::default() });
    }

    /// The chapter that is being written.
    pub(super) fn chapter(&mut self) -> &mut Chapter {
        if self.chapters.is_empty() {
            self.begin("start");
        }
        let last = self.chapters.len() - 1;
        &mut self.chapters[last]
    }

    /// As text, in the normal form: two runs are equal if their texts are.
    ///
    /// `unpredictable`: numbers of the calls that ask for a property that differs from run to run.
    pub(super) fn text(&self, unpredictable: &BTreeSet<usize>) -> String {
        let mut text = String::new();
        let mut asked = 0;
        let mut wire = normal::Wire::default();
        for chapter in &self.chapters {
            text.push_str(&format!("{}\n", chapter.title));
            for line in normal::crossings(&chapter.crossings, unpredictable, &mut asked) {
                text.push_str(&format!("  {line}\n"));
            }
            // Envoy does not show what nobody has changed.
            let mut metrics: Vec<_> = chapter.metrics.iter().filter(|line| !line.ends_with(": 0")).collect();
            metrics.sort();
            for line in metrics {
                text.push_str(&format!("{line}\n"));
            }
            for ((stream, peer), parts) in &chapter.parts {
                let client = chapter.parts.get(&(stream.clone(), Peer::Client));
                let client_ends = client.is_some_and(|parts| parts.contains(&Part::End));
                for line in wire.lines(stream, *peer, parts, client_ends) {
                    text.push_str(&format!("{line}\n"));
                }
            }
        }
        if self.refused {
            text.push_str("refused\n");
        }
        text
    }
}
