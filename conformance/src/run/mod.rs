//! Running a case: its guest on an engine, its dialogue with scripted peers, everything that crosses written down.

mod calls;
mod connections;
mod dialogue;
mod facts;
mod metrics;
mod surroundings;
mod transcript;

pub use facts::Facts;
pub use surroundings::{Surroundings, Watch};
pub use transcript::Transcript;

use crate::case::Case;
use anyhow::Context as _;
use calls::Calls;
use dialogue::Dialogue;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::AbiVersion;
use tollgate_host::plugin::{Plugin, PluginHandle, PluginModule, StartError, StartErrorKind, Worker};
use tollgate_host::services::Services;
use tollgate_host::vm::{Runtime, VmErrorKind};
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::guest::assemble;
use tollgate_testkit::random::CountingRandom;
use tollgate_testkit::rig::{ScriptedResolver, ScriptedUpstreams};

/// Runs a case on a runtime and returns the transcript.
///
/// # Errors
///
/// The case itself is wrong. What the guest or the host does wrong stands in the transcript.
pub fn transcript(case: &Case, abi: AbiVersion, runtime: &dyn Runtime) -> anyhow::Result<String> {
    within(case, abi, runtime, &Surroundings::default())
}

/// Runs a case in other surroundings than the suite's own.
///
/// # Errors
///
/// As for [`transcript`].
pub fn within(
    case: &Case,
    abi: AbiVersion,
    runtime: &dyn Runtime,
    surroundings: &Surroundings,
) -> anyhow::Result<String> {
    let transcript = Transcript::watched(case.header.level()?, surroundings.watch.clone());
    let clock = VirtualClock::new();
    let mut services =
        Services::new(Rc::new(clock.clone()), Rc::new(CountingRandom::default()), Rc::new(transcript.clone()));
    services.foreign_functions = tollgate_foreign::functions();
    let upstreams = ScriptedUpstreams::new(&case.header.upstreams);
    services.upstreams = Rc::new(upstreams.clone());
    let resolver = ScriptedResolver::default();
    services.resolver = Rc::new(resolver.clone());
    // All of them share what a process shares.
    let count = case.header.plugin.iter().map(|plugin| plugin.worker + 1).max().unwrap_or(1);
    let worker = || Worker::observed(services.clone(), Rc::new(transcript.clone())).with_node(facts::node());
    let workers: Vec<_> = (0..count).map(|_| worker()).collect();
    let calls = Calls::new(upstreams, resolver, workers.clone(), transcript.clone(), surroundings.clone());
    let started = start(case, abi, runtime, &workers, &transcript, surroundings)?;
    calls.show();
    if let Some(handles) = started {
        Dialogue::new(case, handles, workers, clock, transcript.clone(), calls, surroundings.clone()).run()?;
    } else if let Some(watch) = &surroundings.watch {
        watch.refused();
    }
    Ok(transcript.text())
}

/// Loads and starts the plugins. `None` if one does not load or start.
fn start(
    case: &Case,
    abi: AbiVersion,
    runtime: &dyn Runtime,
    workers: &[Worker],
    transcript: &Transcript,
    surroundings: &Surroundings,
) -> anyhow::Result<Option<Vec<PluginHandle>>> {
    // Plugins with the same text share a module, and so may share a VM.
    let mut modules: HashMap<String, Arc<PluginModule>> = HashMap::new();
    let mut handles = Vec::new();
    let mut order: Vec<usize> = (0..case.header.plugin.len()).collect();
    if surroundings.like_a_proxy {
        order.sort_by_key(|place| !case.header.plugin[*place].access_log);
    }
    for place in order {
        let header = &case.header.plugin[place];
        let text = case.guest(header)?;
        let module = match modules.get(&text) {
            Some(module) => module.clone(),
            None => {
                let wat = assemble(&text, abi).with_context(|| case.path.display().to_string())?;
                let wat = surroundings.guest.map_or_else(|| wat.clone(), |change| change(&wat));
                match PluginModule::compile(runtime, wat.as_bytes()) {
                    Ok(module) => modules.entry(text).or_insert(module).clone(),
                    Err(error) => {
                        transcript.line(&format!("module does not load: {error}"));
                        return Ok(None);
                    }
                }
            }
        };
        let vm = header.vm.as_ref().unwrap_or(&case.header.vm).config(header);
        let name = &header.name;
        transcript.line(&format!("plugin {name:?} starts"));
        match workers[header.worker].start(&Plugin::new(module, header.spec(), vm)) {
            Ok(handle) => handles.push((place, handle)),
            Err(error) => {
                transcript.line(&format!("plugin {name:?} does not start: {}", why(&error)));
                return Ok(None);
            }
        }
    }
    handles.sort_by_key(|(place, _)| *place);
    Ok(Some(handles.into_iter().map(|(_, handle)| handle).collect()))
}

/// Why a plugin did not start, in words that all engines agree on.
fn why(error: &StartError) -> String {
    match error.kind() {
        StartErrorKind::Failed { function, error }
            if !matches!(error.kind(), VmErrorKind::Trap(_) | VmErrorKind::Host(_)) =>
        {
            format!("{function} fails ({:?})", error.kind())
        }
        _ => transcript::without_stack(&error.to_string()),
    }
}
