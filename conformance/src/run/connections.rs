//! The TCP connections of a dialogue: what the peers send, and what they see.

use super::facts::{self, Facts};
use super::transcript::{Transcript, data};
use crate::case::{BodyStep, Step};
use anyhow::{Context as _, ensure};
use tollgate_host::stream::FilterChain;
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::rig::{Connection, Side, TcpEvent};

/// The TCP connections of a dialogue.
pub(super) struct Connections {
    transcript: Transcript,
    clock: VirtualClock,
    facts: Facts,
    all: Vec<Entry>,
}

struct Entry {
    name: Option<String>,
    connection: Connection,
    finished: bool,
}

impl Connections {
    pub(super) fn new(clock: VirtualClock, transcript: Transcript, facts: Facts) -> Self {
        Self { transcript, clock, facts, all: Vec::new() }
    }

    /// Whether a step is about a connection rather than an HTTP stream.
    pub(super) fn concerns(&self, step: &Step) -> bool {
        step.connect.is_some()
            || step.downstream_data.is_some()
            || step.upstream_data.is_some()
            || step.downstream_reset.is_some()
            || step.upstream_reset.is_some()
            || self.latest(step.stream.as_deref()).is_some()
    }

    /// Takes a step.
    pub(super) fn step(&mut self, step: &Step, chain: &FilterChain) -> anyhow::Result<()> {
        if let Some(upstream_listens) = step.connect {
            return self.connect(step.stream.as_deref(), upstream_listens, chain);
        }
        let index = self.latest(step.stream.as_deref()).context("nobody has connected: the first step is `connect`")?;
        if self.all[index].finished {
            self.say(index, "connection is over already");
        } else if let Some(bytes) = &step.downstream_data {
            self.send(index, Side::Client, bytes);
        } else if let Some(bytes) = &step.upstream_data {
            self.send(index, Side::Upstream, bytes);
        } else if step.downstream_reset.is_some() {
            self.reset(index, Side::Client);
        } else if step.upstream_reset.is_some() {
            self.reset(index, Side::Upstream);
        } else if step.wake.is_some() {
            self.say(index, "connection wakes");
            self.all[index].connection.wake();
            self.show(index);
        } else {
            ensure!(step.finish.is_some(), "a TCP connection has no such step: {step:?}");
            self.finish(index);
        }
        Ok(())
    }

    /// Wakes every connection that has been asked for something.
    pub(super) fn wake(&mut self) {
        for index in 0..self.all.len() {
            if self.all[index].connection.stream().has_mail() && !self.all[index].finished {
                self.say(index, "connection wakes");
                self.all[index].connection.wake();
                self.show(index);
            }
        }
    }

    /// Ends the connections that are left.
    pub(super) fn finish_all(&mut self) {
        for index in 0..self.all.len() {
            self.finish(index);
        }
        self.all.clear();
    }

    /// The last connection of a name.
    fn latest(&self, name: Option<&str>) -> Option<usize> {
        self.all.iter().rposition(|entry| entry.name.as_deref() == name)
    }

    fn connect(&mut self, name: Option<&str>, upstream_listens: bool, chain: &FilterChain) -> anyhow::Result<()> {
        let is_there = self.latest(name).is_some_and(|index| !self.all[index].finished);
        ensure!(!is_there, "the connection {name:?} is there already");
        let mut connection = Connection::new(chain.open_tcp(facts::of_connection(&self.clock, &self.facts)));
        connection.upstream_listens = upstream_listens;
        self.all.push(Entry { name: name.map(str::to_owned), connection, finished: false });
        let index = self.all.len() - 1;
        self.say(index, "client connects");
        self.all[index].connection.accept();
        self.show(index);
        Ok(())
    }

    fn send(&mut self, index: usize, side: Side, step: &BodyStep) {
        let bytes = step.data.bytes();
        self.say(index, &format!("{} sends {}{}", who(side), data(&bytes), ending(step.end)));
        self.all[index].connection.send(side, bytes, step.end);
        self.show(index);
    }

    fn reset(&mut self, index: usize, side: Side) {
        self.say(index, &format!("{} breaks the connection off", who(side)));
        self.all[index].connection.reset(side);
        self.show(index);
    }

    /// Writes down what the peers see; a connection that is closed is finished.
    fn show(&mut self, index: usize) {
        for event in self.all[index].connection.events() {
            if event == TcpEvent::Connected {
                self.all[index].connection.info_mut().upstream = facts::of_upstream(&self.facts);
            }
            let line = match event {
                TcpEvent::Connected => "upstream is connected to".to_owned(),
                TcpEvent::Refused => "upstream refuses the connection".to_owned(),
                TcpEvent::Received { side, data: bytes, end_of_stream } => {
                    format!("{} receives {}{}", who(side), data(&bytes), ending(end_of_stream))
                }
                TcpEvent::Closed(peer) => format!("connection is closed, {}", peer.name()),
            };
            self.say(index, &line);
        }
        for side in [Side::Client, Side::Upstream] {
            if self.all[index].connection.waits(side) {
                self.say(index, &format!("{} is made to wait", who(side)));
            }
        }
        if self.all[index].connection.is_closed() {
            self.finish(index);
        }
    }

    fn finish(&mut self, index: usize) {
        let entry = &mut self.all[index];
        if std::mem::replace(&mut entry.finished, true) {
            return;
        }
        if !entry.connection.is_closed() {
            self.say(index, "proxy closes the connection");
        }
        self.all[index].connection.finish();
    }

    fn say(&self, index: usize, what: &str) {
        match &self.all[index].name {
            Some(name) => self.transcript.line(&format!("[{name}] {what}")),
            None => self.transcript.line(what),
        }
    }
}

fn who(side: Side) -> &'static str {
    if side == Side::Client { "client" } else { "upstream" }
}

fn ending(end: bool) -> &'static str {
    if end { ", end of stream" } else { "" }
}
