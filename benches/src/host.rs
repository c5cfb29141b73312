//! The work done through tollgate-host.

use crate::{guests, input};
use bytes::Bytes;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_abi::LogLevel;
use tollgate_host::fields::HeaderMap;
use tollgate_host::plugin::{Plugin, PluginHandle, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::services::{LogOrigin, Services};
use tollgate_host::stream::{FilterChain, HttpStream, NoRoutes, StreamInfo};
use tollgate_host::trace::{Crossing, Observer};
use tollgate_host::vm::Runtime;
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::log::LogRecorder;
use tollgate_testkit::random::CountingRandom;

/// More than any body here.
const BUFFER_LIMIT: usize = 1 << 20;

/// Streams whose messages are made ready at once, so that making them is not measured.
const PORTION: u64 = 32;

/// The runtimes built in.
pub fn runtimes() -> impl Iterator<Item = Arc<dyn Runtime>> {
    tollgate_runtimes::names().iter().map(|name| tollgate_runtimes::open(name).expect("the runtime works here"))
}

/// A thread's plugins, with a clock that costs nothing and a log that wants INFO and above.
pub fn worker() -> Worker {
    Worker::new(services())
}

/// The same, with an observer that does nothing with what it sees.
pub fn observed_worker() -> Worker {
    struct Blind;
    impl Observer for Blind {
        fn observe(&self, about: LogOrigin<'_>, crossing: &Crossing<'_>) {
            std::hint::black_box((about, crossing));
        }
    }
    Worker::observed(services(), Rc::new(Blind))
}

fn services() -> Services {
    Services::new(
        Rc::new(VirtualClock::new()),
        Rc::new(CountingRandom::default()),
        Rc::new(LogRecorder::new(LogLevel::Info)),
    )
}

/// Compiles a module.
pub fn compile(runtime: &dyn Runtime, wasm: &[u8]) -> Arc<PluginModule> {
    PluginModule::compile(runtime, wasm).expect("the guest compiles")
}

/// Gives a module a configuration; `vm_id` decides who shares a VM.
pub fn plugin(module: &Arc<PluginModule>, vm_id: &str) -> Arc<Plugin> {
    let spec = PluginSpec {
        name: "bench".to_owned(),
        configuration: Bytes::from_static(guests::SDK_CONFIGURATION.as_bytes()),
        ..PluginSpec::default()
    };
    Plugin::new(module.clone(), spec, VmConfig { vm_id: vm_id.to_owned(), ..VmConfig::default() })
}

/// A chain of plugins, each in a VM of its own, and what every stream needs besides.
pub struct Chain {
    plugins: Vec<PluginHandle>,
    chain: FilterChain,
    info: StreamInfo,
    router: Rc<NoRoutes>,
}

impl Chain {
    /// A chain of `count` plugins of one module.
    pub fn new(runtime: &dyn Runtime, wasm: &[u8], count: usize) -> Self {
        Self::on(&worker(), runtime, wasm, count)
    }

    /// The same on a given worker.
    pub fn on(worker: &Worker, runtime: &dyn Runtime, wasm: &[u8], count: usize) -> Self {
        let module = compile(runtime, wasm);
        let start = |index: usize| worker.start(&plugin(&module, &index.to_string())).expect("the guest starts");
        let plugins: Vec<_> = (0..count).map(start).collect();
        let chain = FilterChain::new(plugins.clone(), BUFFER_LIMIT);
        Self { plugins, chain, info: StreamInfo::default(), router: Rc::new(NoRoutes) }
    }

    /// A new stream.
    pub fn open(&self) -> HttpStream {
        self.chain.open(self.info.clone(), self.router.clone())
    }

    /// Lives of streams without bodies, in portions: how many there are in one, and one portion.
    pub fn streams(self) -> (u64, impl FnMut() -> Duration) {
        let mut requests = Vec::new();
        let mut responses = Vec::new();
        let mut done = Vec::new();
        let portion = move || {
            done.clear();
            requests.extend((0..PORTION).map(|_| input::request()));
            responses.extend((0..PORTION).map(|_| input::response()));
            let start = Instant::now();
            while let (Some(request), Some(response)) = (requests.pop(), responses.pop()) {
                done.push(self.live(request, response));
            }
            let time = start.elapsed();
            self.check();
            time
        };
        (PORTION, portion)
    }

    /// One stream's life. Gives back the fields: they were the embedder's, and so is freeing them.
    ///
    /// A function of its own so that a profiler can be told to look at nothing else.
    #[inline(never)]
    fn live(&self, request: HeaderMap, response: HeaderMap) -> (HeaderMap, Option<HeaderMap>) {
        let mut stream = self.open();
        stream.handle_request_headers(request, true);
        drain(&mut stream);
        stream.handle_response_headers(response, true);
        drain(&mut stream);
        stream.finish();
        let mut request = HeaderMap::new();
        stream.edit_request_headers(|headers| request = std::mem::take(headers));
        (request, stream.into_response_headers())
    }

    /// No guest has trapped.
    ///
    /// # Panics
    ///
    /// Panics if one has: what was measured means nothing then.
    pub fn check(&self) {
        assert!(!self.plugins.iter().any(PluginHandle::has_failed), "the guest trapped");
    }
}

/// Takes what a stream has to say, as a driver does.
pub fn drain(stream: &mut HttpStream) {
    while let Some(effect) = stream.poll_effect() {
        std::hint::black_box(effect);
    }
}

/// Headers with room for more, as plugins add them.
pub fn roomy(headers: HeaderMap, more: usize) -> HeaderMap {
    let mut roomy = HeaderMap::with_capacity(headers.len() + more);
    headers.iter().for_each(|field| roomy.append(field.name.clone(), field.value.clone()));
    roomy
}
