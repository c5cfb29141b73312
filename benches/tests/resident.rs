//! What one more VM of a small plugin costs: resident memory, and time where there are a thousand already.
//!
//! One test, so that nothing else in the process takes memory meanwhile.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_benches::{guests, host, input};
use tollgate_host::plugin::{PluginHandle, PluginModule, Worker};
use tollgate_host::stream::{FilterChain, NoRoutes, StreamInfo};

/// VMs that are there before anything is measured, so that what the first ones need once is not counted.
const BEFORE: usize = 100;

/// VMs that are measured.
const MORE: usize = 1000;

/// Most that one more VM may hold of the machine's memory, in KB.
const MOST_KB: u64 = 200;

/// How much longer something may take among a thousand VMs than among a hundred, at its quickest, which is what a machine that
/// others use too can tell. It takes as long; what takes a step for each VM that is there takes ten times as long.
const MOST_RATIO: f64 = 5.0;

#[test]
fn one_more_vm_is_small_and_takes_no_longer_than_the_first() {
    let mut kept = Vec::new();
    for runtime in host::runtimes() {
        let name = runtime.name();
        let module = host::compile(&*runtime, guests::SMALL);
        let worker = host::worker();
        let mut plugins = Vec::new();
        let start_before = start(&worker, &module, BEFORE, &mut plugins);
        let request_before = request(&plugins[0]);
        let before = resident_kb();
        let start_after = start(&worker, &module, MORE, &mut plugins);
        let each = resident_kb().saturating_sub(before) / MORE as u64;
        let request_after = request(&plugins[0]);
        let starting = start_after.as_secs_f64() / start_before.as_secs_f64();
        let serving = request_after.as_secs_f64() / request_before.as_secs_f64();
        println!(
            "{name}: {each} KB for one more VM; with {} of them, starting one takes {starting:.2} and a request {serving:.2} \
             of the time that it takes with {BEFORE}",
            BEFORE + MORE
        );
        assert!(each <= MOST_KB, "{name}: one more VM takes {each} KB");
        assert!(starting < MOST_RATIO, "{name}: starting the last VMs took {starting:.1} times as long");
        assert!(serving < MOST_RATIO, "{name}: a request took {serving:.1} times as long");
        // What one runtime gives back, the next would take, and so take less.
        kept.push((plugins, worker));
    }
}

/// Starts plugins in a VM each, and has each serve one request; the least time to start one of the last of them.
fn start(worker: &Worker, module: &Arc<PluginModule>, count: usize, plugins: &mut Vec<PluginHandle>) -> Duration {
    let mut times = Vec::new();
    for _ in 0..count {
        let plugin = host::plugin(module, &plugins.len().to_string(), "");
        let begun = Instant::now();
        let handle = worker.start(&plugin).expect("the guest starts");
        times.push(begun.elapsed());
        serve(&handle);
        plugins.push(handle);
    }
    let last = times.len().saturating_sub(BEFORE);
    quickest(times.split_off(last))
}

/// The least time of a request through one plugin.
fn request(plugin: &PluginHandle) -> Duration {
    quickest((0..BEFORE).map(|_| serve(plugin)))
}

/// A request through one plugin.
fn serve(plugin: &PluginHandle) -> Duration {
    let chain = FilterChain::new(vec![plugin.clone()], 1 << 20);
    let (request, response) = (input::request(), input::response());
    let begun = Instant::now();
    let mut stream = chain.open(StreamInfo::default(), Rc::new(NoRoutes));
    stream.handle_request_headers(request, true);
    host::drain(&mut stream);
    stream.handle_response_headers(response, true);
    host::drain(&mut stream);
    stream.finish();
    let time = begun.elapsed();
    assert!(!plugin.has_failed(), "the guest trapped");
    time
}

fn quickest(times: impl IntoIterator<Item = Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

/// Memory of the machine that this process has, as the kernel counts it.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the size of the resident set");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KB")
}
