//! The work done through tollgate-host.

use crate::case::{Run, measured};
use crate::{guests, input};
use bytes::Bytes;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tollgate_abi::LogLevel;
use tollgate_host::fields::HeaderMap;
use tollgate_host::plugin::{Isolation, Plugin, PluginHandle, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::services::{LogOrigin, Services};
use tollgate_host::stream::{FilterChain, HttpStream, NoRoutes, StreamInfo};
use tollgate_host::trace::{Crossing, Observer};
use tollgate_host::vm::{Limits, Runtime};
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::log::LogRecorder;
use tollgate_testkit::native::{NativePlugin, NativeRuntime};
use tollgate_testkit::random::CountingRandom;

/// More than any body here.
const BUFFER_LIMIT: usize = 1 << 20;

/// Bytes of a piece of a body: 16 are 64 KiB.
pub const PIECE: usize = 4096;

/// Streams whose messages are made ready at once, so that making them is not measured.
const PORTION: u64 = 32;

/// The runtimes built in.
pub fn runtimes() -> impl Iterator<Item = Arc<dyn Runtime>> {
    tollgate_runtimes::names().iter().map(|name| tollgate_runtimes::open(name).expect("the runtime works here"))
}

/// The runtimes built in, and the native one, which runs what `plugin` makes in the place of a guest's code.
pub fn subjects(
    plugin: impl Fn() -> Box<dyn NativePlugin> + Send + Sync + 'static,
) -> impl Iterator<Item = Arc<dyn Runtime>> {
    runtimes().chain(std::iter::once(Arc::new(NativeRuntime::new(plugin)) as Arc<dyn Runtime>))
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
pub fn plugin(module: &Arc<PluginModule>, vm_id: &str, configuration: &'static str) -> Arc<Plugin> {
    let spec = PluginSpec {
        name: "bench".to_owned(),
        configuration: Bytes::from_static(configuration.as_bytes()),
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
        let start = |index: usize| {
            let plugin = plugin(&module, &index.to_string(), guests::SDK_CONFIGURATION);
            worker.start(&plugin).expect("the guest starts")
        };
        Self::of((0..count).map(start))
    }

    /// A chain of a plugin with a configuration of its own.
    pub fn configured(runtime: &dyn Runtime, wasm: &[u8], configuration: &'static str) -> Self {
        let plugin = plugin(&compile(runtime, wasm), "bench", configuration);
        Self::of([worker().start(&plugin).expect("the guest starts")])
    }

    /// A chain of a plugin of which each stream has an instance.
    pub fn isolated(runtime: &dyn Runtime, wasm: &[u8], configuration: &'static str) -> Self {
        let shared = plugin(&compile(runtime, wasm), "bench", configuration);
        let spec = PluginSpec { isolation: Isolation::Stream, ..shared.spec().clone() };
        let plugin = Plugin::new(shared.module().clone(), spec, shared.vm_config().clone());
        Self::of([worker().start(&plugin).expect("the guest starts")])
    }

    /// A chain of a plugin with limits of its own.
    pub fn limited(runtime: &dyn Runtime, wasm: &[u8], limits: Limits) -> Self {
        let vm = VmConfig { limits, ..VmConfig::default() };
        let plugin = Plugin::new(compile(runtime, wasm), PluginSpec::default(), vm);
        Self::of([worker().start(&plugin).expect("the guest starts")])
    }

    /// A chain of plugins that run.
    pub fn of(plugins: impl IntoIterator<Item = PluginHandle>) -> Self {
        let plugins: Vec<_> = plugins.into_iter().collect();
        let chain = FilterChain::new(plugins.clone(), BUFFER_LIMIT);
        Self { plugins, chain, info: StreamInfo::default(), router: Rc::new(NoRoutes) }
    }

    /// A new stream.
    pub fn open(&self) -> HttpStream {
        self.chain.open(self.info.clone(), self.router.clone())
    }

    /// An empty piece of a request's body, again and again on one stream: the shortest way into a guest.
    pub fn bodies(self) -> Run {
        let mut stream = self.open();
        stream.handle_request_headers(input::request(), false);
        drain(&mut stream);
        Box::new(move |times| {
            let work = || {
                stream.handle_request_body(Bytes::new(), false);
                drain(&mut stream);
            };
            let time = measured(|| std::iter::repeat_with(work).take(times as usize).for_each(drop)).1;
            self.check();
            time
        })
    }

    /// Lives of streams, in portions: how many there are in one, and one portion.
    pub fn streams(self, life: Life) -> (u64, impl FnMut() -> Duration) {
        let Life { fields, pieces } = life;
        let body = vec![Bytes::from(vec![b'x'; PIECE]); pieces];
        let mut messages = Vec::new();
        let mut done = Vec::new();
        let portion = move || {
            done.clear();
            messages.extend((0..PORTION).map(|_| (input::request_of(fields), input::response())));
            let ((), time) = measured(|| {
                while let Some((request, response)) = messages.pop() {
                    done.push(self.live(request, &body, response));
                }
            });
            self.check();
            time
        };
        (PORTION, portion)
    }

    /// One stream's life. Gives back the fields: they were the embedder's, and so is freeing them.
    pub fn live(&self, request: HeaderMap, body: &[Bytes], response: HeaderMap) -> (HeaderMap, Option<HeaderMap>) {
        let mut stream = self.open();
        stream.handle_request_headers(request, body.is_empty());
        drain(&mut stream);
        for (index, piece) in body.iter().enumerate() {
            stream.handle_request_body(piece.clone(), index + 1 == body.len());
            drain(&mut stream);
        }
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

/// What comes in the life of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Fields of the request.
    pub fields: usize,
    /// Pieces of the request's body, of [`PIECE`] bytes each.
    pub pieces: usize,
}

impl Life {
    /// A request of 20 fields, without a body.
    pub const PLAIN: Self = Self { fields: 20, pieces: 0 };
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
