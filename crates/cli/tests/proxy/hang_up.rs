//! A client that goes away in the middle: plugins are told, and nothing is left behind. On every runtime.

use crate::support::bootstrap::Bootstrap;
use crate::support::program::runtimes;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, send_bytes};
use crate::support::wire::Wire;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

const LIFECYCLE: &str = include_str!("plugins/lifecycle.wat");

/// What the plugin logs at the end of every stream.
const END: [&str; 3] = ["log", "done", "delete"];

#[test]
fn in_the_middle_of_an_upload() {
    let upstream = Upstream::start(read_all);
    let bootstrap = Bootstrap::to(upstream.address).plugin("lifecycle", LIFECYCLE);
    on_each_runtime(&bootstrap.write(), |proxy, client| {
        client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nthe beginning").unwrap();
        saw(proxy, "request_body");
    });
}

#[test]
fn in_the_middle_of_a_chunked_upload() {
    let upstream = Upstream::start(read_all);
    let bootstrap = Bootstrap::to(upstream.address).plugin("lifecycle", LIFECYCLE);
    on_each_runtime(&bootstrap.write(), |proxy, client| {
        client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").unwrap();
        saw(proxy, "request_body");
    });
}

#[test]
fn in_the_middle_of_a_download() {
    // More than the buffers of all sockets on the way hold, so that the proxy is still writing when the client leaves.
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")?;
        send_bytes(wire, 1_000_000_000)
    });
    let bootstrap = Bootstrap::to(upstream.address).plugin("lifecycle", LIFECYCLE);
    on_each_runtime(&bootstrap.write(), |_, client| {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert_eq!(client.head().unwrap().status(), 200);
    });
}

#[test]
fn in_the_middle_of_a_download_that_stalls() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nbeginning\r\n")?;
        read_all(wire)
    });
    let bootstrap = Bootstrap::to(upstream.address).plugin("lifecycle", LIFECYCLE);
    on_each_runtime(&bootstrap.write(), |_, client| {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert_eq!(client.head().unwrap().status(), 200);
    });
}

#[test]
fn while_the_upstream_thinks() {
    let (told, requests) = channel();
    let upstream = Upstream::start(move |wire| thinks(wire, &told));
    let bootstrap = Bootstrap::to(upstream.address).plugin("lifecycle", LIFECYCLE);
    on_each_runtime(&bootstrap.write(), |_, client| {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        next(&requests);
    });
}

#[test]
fn and_the_upstream_request_is_given_up_as_well() {
    let (told, ends) = channel();
    let upstream = Upstream::start(move |wire| {
        wire.request()?;
        told.send(false).map_err(io::Error::other)?;
        let is_closed = wire.is_closed();
        told.send(is_closed).map_err(io::Error::other)
    });
    let bootstrap = Bootstrap::to(upstream.address);
    let config = bootstrap.write();
    let proxy = Proxy::start(&config, &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    // A request that has not been sent yet leaves a connection for the next one.
    assert!(!next(&ends), "the request has come");
    drop(client);
    assert!(next(&ends), "the upstream's connection is closed");
}

/// On every runtime: lets a client begin, hangs up, and sees that all is cleaned up and told to the plugin.
fn on_each_runtime(config: &Path, begin: impl Fn(&Proxy, &mut Wire)) {
    for runtime in runtimes() {
        let proxy = Proxy::start(config, &["--runtime", runtime]);
        let mut client = proxy.connect();
        begin(&proxy, &mut client);
        drop(client);
        proxy.wait_until_idle();
        let stats = proxy.stats();
        assert_eq!(stats["wasm.lifecycle.streams_active"], 0, "{runtime}");
        assert_eq!(stats["wasm.lifecycle.vm_failed"], 0, "{runtime}");
        assert_eq!(stats["http.test.downstream_rq_rx_reset"], 1, "{runtime}");
        proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_active"] == 0);
        let finished = proxy.stop();
        let lines = plugin_lines(&finished.stderr);
        // The plugin's own context ends with the proxy.
        let stream = lines[0].context;
        let lines: Vec<_> = lines.into_iter().filter(|line| line.context == stream).map(|line| line.text).collect();
        assert!(lines.ends_with(&END.map(str::to_owned)), "{runtime}: {lines:?}");
        for end in END {
            assert_eq!(lines.iter().filter(|line| *line == end).count(), 1, "{runtime}: {end} once in {lines:?}");
        }
    }
}

/// Waits until the plugin has been called.
fn saw(proxy: &Proxy, callback: &str) {
    proxy.program().stderr.wait_for(|line| line.contains(&format!(" plugin: {callback} "))).unwrap();
}

fn read_all(wire: &mut Wire) -> io::Result<()> {
    wire.rest().map(drop)
}

/// Takes a request and never answers.
fn thinks(wire: &mut Wire, told: &Sender<()>) -> io::Result<()> {
    wire.request()?;
    told.send(()).map_err(io::Error::other)?;
    read_all(wire)
}

fn next<T>(from: &Receiver<T>) -> T {
    from.recv_timeout(crate::support::PATIENCE).expect("the upstream tells in time")
}
