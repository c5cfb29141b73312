//! Envoy as reference: the same cases at a real Envoy, compared.
//!
//! ```text
//! case ──> instrument ──> drive ──> Envoy's trace, HTTP/2 peers ──> story ──┐
//!             │                                                             ├─> normal form, equal or not
//!             └─────────> run::within ──> crossings, events ──────> story ──┘
//! ```
//!
//! Both run the same module. Compared are, step by step of the dialogue: the callbacks with arguments and results, the
//! host calls with arguments and statuses, what they put out, what the guest logs, what the upstream receives and what
//! the client receives. `normal` says what is set aside; `comparable` which cases cannot be put on the wire;
//! `expected/envoy.toml` where we mean to differ.

mod comparable;
mod config;
mod drive;
mod expectation;
mod instrument;
mod log;
mod normal;
mod ours;
mod peers;
mod process;
mod report;
mod story;

pub use report::{Report, Result, Trial};

use crate::case::{Case, discover};
use crate::run::{self, Surroundings};
use anyhow::Context as _;
use drive::{Driver, Outcome};
use expectation::Expectations;
use ours::Teller;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;
use tollgate_abi::AbiVersion;
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_testkit::guest::assemble;

/// Lines shown before a difference, and most lines of one.
const SHOWN_BEFORE: usize = 4;
const SHOWN: usize = 16;

/// Why a case differs whose module imports what Envoy does not have: `docs/DIFFERENCES.md`, under "More imports".
const LACKS: &str = "Envoy lacks a function that the module imports, and refuses it";

/// What is compared, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Cases whose `heading/case[version]` contains this.
    pub filter: Option<String>,
    /// How many Envoys run at a time.
    pub jobs: usize,
    /// The runtime on this side.
    pub runtime: String,
}

/// Compares the cases under a folder.
///
/// # Errors
///
/// There is no Envoy, or a case or `expected/envoy.toml` cannot be read.
pub fn compare(root: &Path, options: &Options) -> anyhow::Result<Report> {
    let binary = process::binary()?;
    let version = process::version(&binary)?;
    let expectations = Expectations::read(root)?;
    let mut selected = Vec::new();
    for case in discover(root)? {
        for abi in case.header.versions()? {
            let name = case.trial(abi);
            if options.filter.as_ref().is_none_or(|filter| name.contains(filter)) {
                selected.push((name, case.clone(), abi));
            }
        }
    }
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, selected.len().max(1)) {
            let (next, sender, selected) = (&next, sender.clone(), &selected);
            let (binary, expectations) = (&binary, &expectations);
            scope.spawn(move || {
                let work = async {
                    let mut driver = Driver::new(binary).await?;
                    while let Some((index, (name, case, abi))) =
                        selected.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let begun = Instant::now();
                        let result = one(&mut driver, name, case, *abi, options, expectations).await;
                        let result = result.unwrap_or_else(|error| Result::Unexplained(format!("{error:#}")));
                        let trial = Trial { name: name.clone(), result, time: begun.elapsed() };
                        // The receiver outlives the threads.
                        let _ = sender.send(Ok((index, trial)));
                    }
                    anyhow::Ok(())
                };
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let done = runtime.context("no runtime").and_then(|runtime| runtime.block_on(work));
                if let Err(error) = done {
                    let _ = sender.send(Err(error));
                }
            });
        }
    });
    drop(sender);
    let mut trials = results.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    trials.sort_by_key(|(index, _)| *index);
    let trials: Vec<_> = trials.into_iter().map(|(_, trial)| trial).collect();
    let stale = if options.filter.is_none() { stale(&expectations, &trials) } else { Vec::new() };
    Ok(Report { envoy: version, trials, stale })
}

/// Patterns that match no case. One whose case is equal is told there.
fn stale(expectations: &Expectations, trials: &[Trial]) -> Vec<String> {
    let used: BTreeSet<_> = trials.iter().filter_map(|trial| Some(expectations.of(&trial.name)?.1)).collect();
    let differing = expectations.patterns().filter(|pattern| !used.contains(pattern));
    let left_out = expectations
        .left_out()
        .filter(|pattern| !trials.iter().any(|trial| expectation::matches(pattern, &trial.name)));
    differing.chain(left_out).map(str::to_owned).collect()
}

async fn one(
    driver: &mut Driver<'_>,
    name: &str,
    case: &Case,
    abi: AbiVersion,
    options: &Options,
    expectations: &Expectations,
) -> anyhow::Result<Result> {
    if let Some(obstacle) = comparable::obstacle(case, abi) {
        return Ok(Result::NotComparable(obstacle));
    }
    if let Some(reason) = expectations.not_comparable(name) {
        return Ok(Result::NotComparable(reason.to_owned()));
    }
    let expected = expectations.of(name).map(|(difference, _)| difference);
    if let Some(expected) = expected.filter(|expected| !expected.run) {
        return Ok(Result::Different { reason: expected.reason.clone(), difference: None });
    }
    let modules = match modules(case, abi)? {
        Ok(modules) => modules,
        Err(why) => return Ok(Result::NotComparable(why)),
    };
    let (theirs, facts) = match driver.run(case, &modules).await? {
        Outcome::Told(story, facts) => (Some(story), facts),
        Outcome::Died => (None, run::Facts::default()),
    };
    let teller = Rc::new(Teller::default());
    let surroundings = Surroundings {
        watch: Some(teller.clone()),
        guest: Some(instrument::instrument),
        request_headers: Some(on_the_wire),
        like_a_proxy: true,
        facts,
    };
    run::within(case, abi, &*tollgate_runtimes::open(&options.runtime)?, &surroundings)?;
    let start = teller.story().chapters.into_iter().next().unwrap_or_default();
    if let Some(obstacle) = comparable::obstacle_at_start(&start.crossings) {
        return Ok(Result::NotComparable(obstacle));
    }
    let missing = theirs.as_ref().and_then(|story| story.missing.clone());
    let unpredictable = teller.unpredictable();
    let ours = teller.story().text(&unpredictable);
    let theirs = theirs.map_or_else(|| "Envoy has ended\n".to_owned(), |story| story.text(&unpredictable));
    if let (Some(import), false) = (missing, ours == theirs) {
        return Ok(Result::Different { reason: LACKS.to_owned(), difference: Some(format!("Envoy lacks {import}\n")) });
    }
    Ok(match (ours == theirs, expected) {
        (true, None) => Result::Equal,
        (true, Some(expected)) if !expected.always => Result::Equal,
        (true, Some(expected)) => Result::Unexplained(format!(
            "it was predicted to differ ({}) and does not: remove it from expected/envoy.toml",
            expected.reason
        )),
        (false, Some(expected)) => {
            Result::Different { reason: expected.reason.clone(), difference: Some(difference(&theirs, &ours)) }
        }
        (false, None) => Result::Unexplained(difference(&theirs, &ours)),
    })
}

/// What differs: lines of Envoy's run and of ours, between what both begin and end with.
fn difference(theirs: &str, ours: &str) -> String {
    let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.lines().collect(), ours.lines().collect());
    let before = theirs.iter().zip(&ours).take_while(|(a, b)| a == b).count();
    let rest = theirs.len().min(ours.len()) - before;
    let after = theirs.iter().rev().zip(ours.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut text = String::from("- Envoy, + here\n");
    for line in &theirs[before.saturating_sub(SHOWN_BEFORE)..before] {
        let _ = writeln!(text, "  {line}");
    }
    for (mark, lines) in [('-', &theirs), ('+', &ours)] {
        let lines = &lines[before..lines.len() - after];
        for line in lines.iter().take(SHOWN) {
            let _ = writeln!(text, "{mark} {line}");
        }
        if lines.len() > SHOWN {
            let _ = writeln!(text, "{mark} ... and {} lines more", lines.len() - SHOWN);
        }
    }
    text
}

/// The modules of a case's plugins, in binary form; why there is none, if there is none.
fn modules(case: &Case, abi: AbiVersion) -> anyhow::Result<std::result::Result<Vec<Vec<u8>>, String>> {
    let mut modules = Vec::new();
    for plugin in &case.header.plugin {
        let text = instrument::instrument(&assemble(&case.guest(plugin)?, abi)?);
        match wat::parse_str(&text) {
            Ok(module) => modules.push(marked(module, &case.trial(abi))),
            Err(_) => return Ok(Err("the module has no binary form".to_owned())),
        }
    }
    Ok(Ok(modules))
}

/// A module that no other case has, so that nothing which Envoy remembers of one is taken for the other: with a section of
/// its own at the end, which nobody reads.
fn marked(mut module: Vec<u8>, trial: &str) -> Vec<u8> {
    let name = trial.as_bytes();
    if let Ok(length) = u8::try_from(name.len())
        && length < 127
        && module.starts_with(b"\0asm\x01\0\0\0")
    {
        module.extend([0, length + 1, length]);
        module.extend(name);
    }
    module
}

/// A request as it comes to Envoy's plugins over HTTP/2: with a scheme, and the field by which Envoy says it.
fn on_the_wire(headers: HeaderMap, stream: Option<&str>) -> HeaderMap {
    let mut pairs: Vec<(&[u8], &[u8])> = headers.pairs().collect();
    let fields = pairs.iter().position(|(name, _)| !name.starts_with(b":")).unwrap_or(pairs.len());
    // In the order in which the client's library sends them.
    pairs.insert(fields.min(1), (b":scheme", b"http"));
    let place = |name: &[u8]| pairs.iter().position(|(known, _)| *known == name);
    if let (Some(path), Some(authority)) = (place(b":path"), place(b":authority")) {
        pairs.swap(path, authority);
    }
    let mut map: HeaderMap = pairs.into_iter().collect();
    if let Some(stream) = stream {
        map.append(FieldName::from_bytes(peers::STREAM.as_bytes()), stream.to_owned().into());
    }
    map.append(FieldName::from_bytes(b"x-forwarded-proto"), "http".into());
    map
}
