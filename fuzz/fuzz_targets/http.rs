#![no_main]
//! A client's connection of any bytes, into a proxy of this process, with one worker and a plugin that marks each request. Nobody
//! panics, the connection ends, and an upstream sees only requests that the plugin has seen, each of which is right for a strict
//! reader, and no more of them than the client's bytes could be.
//!
//! The first byte says how the others are sent: as HTTP/1.1; as frames of HTTP/2, with their lengths as they are; or as such frames
//! whose lengths are made right.

use libfuzzer_sys::fuzz_target;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tollgate_abi::{AbiVersion, MapType};
use tollgate_host::dispatch;
use tollgate_host::plugin::{Plugin, PluginModule, PluginSpec, VmConfig};
use tollgate_host::vm::VmError;
use tollgate_proxy::{Configuration, ListenerPlugins, PlacedPlugin, Plugins, Running, Server, Setup, TlsContexts};
use tollgate_testkit::native::{self, NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::strict;

const MARK: &str = "x-passed";

/// What a client of HTTP/2 sends first, with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// After that long without a byte or the end, a connection hangs. Time-outs of the proxy's are shorter.
const PATIENCE: Duration = Duration::from_secs(20);

/// Requests that an upstream has seen.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// What it had seen before each of the last inputs, and how many requests could be in that. A request can be on its way still when
/// its client has gone, and so be seen with a later input.
static LATELY: Mutex<VecDeque<(usize, usize)>> = Mutex::new(VecDeque::new());

const WINDOW: usize = 8;

/// Of those, the first ones are there for what is late.
const LATE: usize = 4;

struct Marks;

impl NativePlugin for Marks {
    fn on_request_headers(&mut self, guest: &mut NativeGuest, _: i32, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        let before = guest.mark();
        let (name, name_size) = guest.store(MARK.as_bytes());
        let (value, value_size) = guest.store(b"yes");
        let map = MapType::HttpRequestHeaders.as_i32();
        dispatch::proxy_replace_header_map_value(guest, map, name, name_size, value, value_size)?;
        guest.rewind(before);
        Ok(Some(0))
    }
}

/// The proxy, and where it listens.
static PROXY: LazyLock<(Running, SocketAddr)> = LazyLock::new(|| {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let upstream = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || serve(stream));
        }
    });
    let module = native::module(AbiVersion::V0_2_1);
    let yaml = configuration(upstream);
    let parsed = tollgate_config::parse("fuzz.yaml", &yaml).unwrap_or_else(|wrong| panic!("{:?}", wrong.0));
    let runtime = NativeRuntime::new(|| Box::new(Marks));
    let module = PluginModule::compile(&runtime, module.as_bytes()).expect("a plugin");
    let location = parsed.bootstrap.plugins().next().expect("a plugin").location.clone();
    let plugin = PlacedPlugin {
        plugin: Plugin::new(module, PluginSpec::default(), VmConfig::default()),
        location,
        source: String::new(),
    };
    let listener = ListenerPlugins { http: vec![Some(plugin)], ..ListenerPlugins::default() };
    let configuration = Configuration {
        tls: TlsContexts::load(&parsed.bootstrap).expect("none"),
        bootstrap: parsed.bootstrap,
        plugins: Plugins { listeners: vec![listener], ..Plugins::default() },
        document: parsed.document,
    };
    let setup = Setup {
        configuration,
        loader: None,
        concurrency: 1,
        drain: Duration::ZERO,
        observer: None,
        shared: Arc::default(),
        core_dumps: None,
        logging: None,
        options: Default::default(),
    };
    let running = Server::start(setup).expect("the proxy starts");
    let address = running.listeners()[0].address;
    (running, address)
});

fn configuration(upstream: SocketAddr) -> String {
    let extensions = "type.googleapis.com/envoy.extensions.filters";
    let port = upstream.port();
    format!(
        r#"
static_resources:
  listeners:
  - name: main
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {extensions}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: fuzz
          stream_idle_timeout: 2s
          request_headers_timeout: 2s
          common_http_protocol_options: {{ idle_timeout: 2s }}
          http_protocol_options: {{ enable_trailers: true }}
          http_filters:
          - name: envoy.filters.http.wasm
            typed_config:
              "@type": {extensions}.http.wasm.v3.Wasm
              config: {{ vm_config: {{ code: {{ local: {{ inline_string: "(module)" }} }} }} }}
          - name: envoy.filters.http.router
            typed_config: {{ "@type": {extensions}.http.router.v3.Router }}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{ prefix: / }}
                route: {{ cluster: upstream, timeout: 2s }}
  clusters:
  - name: upstream
    type: STATIC
    connect_timeout: 2s
    load_assignment:
      cluster_name: upstream
      endpoints:
      - lb_endpoints:
        - endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }} }}
"#
    )
}

/// A server that is strict about what it is sent.
fn serve(mut stream: TcpStream) {
    let (mut buffer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        while let Some(used) = strict::request(&buffer, MARK, "yes").unwrap_or_else(|wrong| panic!("sent on: {wrong}"))
        {
            buffer.drain(..used);
            SEEN.fetch_add(1, Ordering::SeqCst);
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
        match stream.read(&mut piece) {
            // A client that has gone away takes its half of a request with it.
            Ok(0) | Err(_) => return,
            Ok(count) => buffer.extend_from_slice(&piece[..count]),
        }
    }
}

/// What is sent, and how many requests it could be at most.
fn sent(bytes: &[u8]) -> (Vec<u8>, usize) {
    let Some((how, rest)) = bytes.split_first() else { return (Vec::new(), 0) };
    if how % 3 == 0 {
        return (rest.to_vec(), rest.windows(7).filter(|window| window == b"HTTP/1.").count());
    }
    let frames = if how % 3 == 1 { rest.to_vec() } else { with_lengths(rest) };
    let sent = [PREFACE, &frames].concat();
    // Only a frame of the type HEADERS begins a request.
    let (mut at, mut heads) = (0, 0);
    while let Some([a, b, c, kind]) = frames.get(at..at + 4) {
        heads += usize::from(*kind == 1);
        at += 9 + (usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c));
    }
    (sent, heads)
}

/// Frames that are each a type, flags, a stream, a length, and what follows.
fn with_lengths(mut rest: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    while let [kind, flags, stream, length, following @ ..] = rest {
        let (payload, after) = following.split_at(usize::from(*length).min(following.len()));
        frames.extend_from_slice(&[0, 0, payload.len() as u8, *kind, *flags, 0, 0, 0, *stream]);
        frames.extend_from_slice(payload);
        rest = after;
    }
    frames
}

fuzz_target!(|bytes: &[u8]| {
    let (_, address) = &*PROXY;
    let (sent, most) = sent(bytes);
    if let Ok(mut lately) = LATELY.lock() {
        if lately.len() == WINDOW {
            lately.pop_front();
        }
        lately.push_back((SEEN.load(Ordering::SeqCst), most));
    }
    let mut stream = TcpStream::connect(address).expect("the proxy listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    // It may have closed before it has read everything.
    let _ = stream.write_all(&sent).and_then(|()| stream.shutdown(Shutdown::Write));
    if let Err(error) = stream.read_to_end(&mut Vec::new()) {
        let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!is_late, "the connection does not end");
    }
    let Ok(lately) = LATELY.lock() else { return };
    if lately.len() < WINDOW {
        return;
    }
    let seen = SEEN.load(Ordering::SeqCst) - lately.get(LATE).map_or(0, |(before, _)| *before);
    let most: usize = lately.iter().map(|(_, most)| most).sum();
    assert!(seen <= most, "{seen} requests, of {most} at most");
});
