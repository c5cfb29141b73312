//! How a plugin is, over all threads: what the admin interface shows.

use std::sync::Arc;
use std::time::Duration;
use tollgate_host::plugin::{CallbackRecord, FailurePolicy, Isolation, Obituary, Plugin, PluginHandle, PluginState};

/// A plugin of a generation, on one thread or on all of them.
#[derive(Clone, Debug)]
pub(crate) struct PluginReport {
    /// Number of the generation.
    pub(crate) generation: u64,
    pub(crate) plugin: Arc<Plugin>,
    /// Where its code was read from.
    pub(crate) source: Option<String>,
    /// Its states, one for each thread that has it, the best first.
    pub(crate) states: Vec<PluginState>,
    /// Bytes of memory of each VM.
    pub(crate) memory: Vec<u64>,
    pub(crate) streams: u64,
    pub(crate) callbacks: Vec<CallbackRecord>,
    pub(crate) traps: u64,
    pub(crate) interrupted: u64,
    pub(crate) refused: u64,
    pub(crate) rebuilt: u64,
    pub(crate) rebuild_failed: u64,
    pub(crate) last_trap: Option<Obituary>,
}

impl PluginReport {
    /// How a plugin is on this thread.
    pub(crate) fn of(handle: &PluginHandle, generation: u64, source: Option<String>) -> Self {
        Self {
            generation,
            plugin: handle.plugin().clone(),
            source,
            states: vec![handle.state()],
            memory: handle.memory_sizes(),
            streams: handle.stream_count() as u64,
            callbacks: handle.callbacks(),
            traps: handle.traps(),
            interrupted: handle.interrupted(),
            refused: handle.refused(),
            rebuilt: handle.rebuilt(),
            rebuild_failed: handle.rebuild_failed(),
            last_trap: handle.last_trap(),
        }
    }

    /// Puts what threads say of the same plugin together, in the order in which they name it first.
    pub(crate) fn merged(reports: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for report in reports {
            let is_same =
                |known: &&mut Self| known.generation == report.generation && Arc::ptr_eq(&known.plugin, &report.plugin);
            match merged.iter_mut().find(is_same) {
                Some(known) => known.add(report),
                None => merged.push(report),
            }
        }
        merged
    }

    fn add(&mut self, other: Self) {
        self.states.extend(other.states);
        self.states.sort_unstable();
        self.memory.extend(other.memory);
        self.streams += other.streams;
        for record in other.callbacks {
            match self.callbacks.iter_mut().find(|known| known.name == record.name) {
                Some(known) => {
                    known.calls += record.calls;
                    known.nanos.merge(&record.nanos);
                }
                None => self.callbacks.push(record),
            }
        }
        self.traps += other.traps;
        self.interrupted += other.interrupted;
        self.refused += other.refused;
        self.rebuilt += other.rebuilt;
        self.rebuild_failed += other.rebuild_failed;
        if other.last_trap.as_ref().map(|trap| trap.wall_nanos) > self.last_trap.as_ref().map(|trap| trap.wall_nanos) {
            self.last_trap = other.last_trap;
        }
    }

    /// Its name; those without are told apart by nothing.
    pub(crate) fn name(&self) -> &str {
        let name = &*self.plugin.spec().name;
        if name.is_empty() { "unnamed" } else { name }
    }

    /// How it is where it is worst.
    pub(crate) fn state(&self) -> &'static str {
        self.states.last().map_or("running", |state| match state {
            PluginState::Running => "running",
            PluginState::Waiting => "waiting",
            PluginState::Failed => "failed",
            PluginState::Quarantined => "quarantined",
        })
    }

    /// How many threads say so.
    pub(crate) fn threads_running(&self) -> usize {
        self.states.iter().filter(|state| **state == PluginState::Running).count()
    }

    /// Its failure policy, by Envoy's name, and the least time between two starts.
    pub(crate) fn failure_policy(&self) -> (&'static str, Option<Duration>) {
        match self.plugin.spec().failure_policy {
            FailurePolicy::Closed => ("FAIL_CLOSED", None),
            FailurePolicy::Open => ("FAIL_OPEN", None),
            FailurePolicy::Reload { base_interval } => ("FAIL_RELOAD", Some(base_interval)),
        }
    }

    pub(crate) fn isolation(&self) -> &'static str {
        match self.plugin.spec().isolation {
            Isolation::Shared => "shared",
            Isolation::Plugin => "plugin",
            Isolation::Stream => "stream",
        }
    }
}
