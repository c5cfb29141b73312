//! TCP proxies with network plugins: bytes, ends, and what plugins are told. On every runtime.

use crate::support::bootstrap::Bootstrap;
use crate::support::program::runtimes;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, refusing};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

const CONNECTION: &str = include_str!("plugins/connection.wat");

/// What the plugin logs at the end of every connection, after who has closed it.
const END: [&str; 3] = ["done", "log", "delete"];

#[test]
fn the_client_closes_first() {
    let upstream = Upstream::start(|wire| {
        assert_eq!(wire.bytes(4)?, b"ping");
        wire.send("pong")?;
        assert!(wire.rest()?.is_empty());
        Ok(())
    });
    on_each_runtime(upstream.address, |proxy| {
        let mut client = proxy.connect();
        client.send("ping").unwrap();
        assert_eq!(client.bytes(4).unwrap(), b"pong");
        drop(client);
        vec![
            "downstream_data 0",
            "upstream_data 0",
            "downstream_data 1",
            "upstream_data 1",
            "upstream_close 0",
            "downstream_close 1",
        ]
    });
}

#[test]
fn the_server_closes_first() {
    let upstream = Upstream::start(|wire| {
        wire.bytes(4)?;
        wire.send("bye")?;
        // Not before the client has it: bytes and end may come together or not.
        wire.bytes(2).map(drop)
    });
    on_each_runtime(upstream.address, |proxy| {
        let mut client = proxy.connect();
        client.send("ping").unwrap();
        assert_eq!(client.bytes(3).unwrap(), b"bye");
        client.send("ok").unwrap();
        assert!(client.rest().unwrap().is_empty());
        drop(client);
        vec![
            "downstream_data 0",
            "upstream_data 0",
            "downstream_data 0",
            "upstream_data 1",
            "upstream_close 0",
            "downstream_data 1",
            "downstream_close 2",
        ]
    });
}

#[test]
fn a_client_that_has_sent_everything_is_answered() {
    let upstream = Upstream::start(|wire| {
        let question = wire.rest()?;
        wire.send([&question[..], b"?"].concat())
    });
    on_each_runtime(upstream.address, |proxy| {
        let mut client = proxy.connect();
        client.send("held").unwrap();
        proxy.wait_for_stats(|stats| stats["tcp.test.downstream_cx_rx_bytes_total"] >= 4);
        client.send(", then let go").unwrap();
        client.finish_sending();
        assert_eq!(client.rest().unwrap(), b"held, then let go?");
        Vec::new()
    });
}

#[test]
fn a_server_that_refuses() {
    let (_socket, address) = refusing();
    on_each_runtime(address, |proxy| {
        assert!(proxy.connect().is_closed());
        vec!["downstream_close 1"]
    });
}

#[test]
fn a_client_that_breaks_off() {
    let (told, ended) = channel();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |wire| {
        wire.bytes(4)?;
        wire.send("pong")?;
        let end = wire.rest().map(drop).map_err(|error| error.kind());
        told.lock().unwrap().send(end).unwrap();
        Ok(())
    });
    on_each_runtime(upstream.address, |proxy| {
        let mut client = proxy.connect();
        client.send("ping").unwrap();
        assert_eq!(client.bytes(4).unwrap(), b"pong");
        client.will_break_off();
        drop(client);
        assert_eq!(
            ended.recv().unwrap(),
            Err(io::ErrorKind::ConnectionReset),
            "the server can tell it from a good end"
        );
        vec!["downstream_data 0", "upstream_data 0", "downstream_close 2"]
    });
}

#[test]
fn a_server_that_breaks_off() {
    let upstream = Upstream::start(|wire| {
        wire.bytes(4)?;
        wire.will_break_off();
        Ok(())
    });
    on_each_runtime(upstream.address, |proxy| {
        let mut client = proxy.connect();
        client.send("ping").unwrap();
        assert_eq!(client.rest().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        vec!["downstream_data 0", "downstream_close 1"]
    });
}

#[test]
fn a_plugin_that_closes() {
    let upstream = Upstream::start(|wire| {
        assert!(wire.rest()?.is_empty(), "what the plugin has seen while closing is not sent");
        Ok(())
    });
    on_each_runtime(upstream.address, |proxy| {
        let mut client = proxy.connect();
        client.send("x").unwrap();
        assert!(client.rest().unwrap().is_empty());
        vec!["downstream_data 0", "downstream_close 1"]
    });
}

#[test]
fn a_plugin_that_fails_closes_its_connections_or_is_left_out() {
    let upstream = Upstream::start(|wire| {
        let bytes = wire.rest()?;
        wire.send(bytes)
    });
    for (policy, answer) in [("FAIL_CLOSED", ""), ("FAIL_OPEN", "trap")] {
        let config = bootstrap(upstream.address, json!({}), json!({"failure_policy": policy}));
        for runtime in runtimes() {
            let proxy = Proxy::start(&config.write(), &["--runtime", runtime]);
            let mut client = proxy.connect();
            client.send("trap").unwrap();
            if policy == "FAIL_OPEN" {
                client.finish_sending();
            }
            assert_eq!(client.rest().unwrap(), answer.as_bytes(), "{runtime}");
            let finished = proxy.stop();
            assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
        }
    }
}

#[test]
fn connections_are_spread_over_clusters_by_weight() {
    let upstreams = ["one", "two"].map(|name| Upstream::start(move |wire| wire.send(name)));
    let spread = |weights: [u32; 2]| {
        let clusters = json!([{"name": "one", "weight": weights[0]}, {"name": "two", "weight": weights[1]}]);
        let fields = json!({"cluster": null, "weighted_clusters": {"clusters": clusters}});
        let bootstrap = Bootstrap::tcp(upstreams[0].address, fields)
            .named_cluster("one", &[upstreams[0].address], json!({}))
            .named_cluster("two", &[upstreams[1].address], json!({}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let ones = (0..200).filter(|_| proxy.connect().rest().unwrap() == b"one").count();
        let stats = proxy.stats();
        let counted = ["one", "two"].map(|name| stats[&format!("cluster.{name}.upstream_cx_total")] as usize);
        assert_eq!(counted, [ones, 200 - ones]);
        ones
    };
    // That it is none, or all, happens once in 10 to the power of 43.
    assert!((1..200).contains(&spread([61, 39])));
    assert!(spread([u32::MAX, 1]) > 190);
}

#[test]
fn many_bytes_both_ways() {
    const COUNT: usize = 6 << 20;
    let upstream = Upstream::start(|wire| {
        // Nothing is read before everything has been written: both ways fill up.
        wire.send(pattern(COUNT))?;
        assert_eq!(wire.rest()?, pattern(COUNT));
        wire.send("end")
    });
    let config = bootstrap(upstream.address, json!({}), json!({}));
    for runtime in runtimes() {
        let proxy = Proxy::start(&config.write(), &["--runtime", runtime]);
        let mut client = proxy.connect();
        let mut reader = client.another();
        let reading = std::thread::spawn(move || reader.rest().unwrap());
        client.send(pattern(COUNT)).unwrap();
        client.finish_sending();
        let read = reading.join().unwrap();
        assert!(read == [&pattern(COUNT)[..], b"end"].concat(), "{runtime}: {} bytes came", read.len());
        proxy.wait_for_stats(|stats| stats["tcp.test.downstream_cx_tx_bytes_total"] == COUNT as u64 + 3);
        let stats = proxy.stats();
        assert_eq!(stats["tcp.test.downstream_cx_rx_bytes_total"], COUNT as u64);
        assert_eq!(stats["tcp.test.downstream_cx_total"], 1);
        assert_eq!(stats["cluster.upstream.upstream_cx_tx_bytes_total"], COUNT as u64);
        assert_eq!(stats["cluster.upstream.upstream_cx_active"], 0);
    }
}

#[test]
fn a_slow_server_makes_the_client_wait() {
    let (go_on, wait) = channel::<()>();
    let wait: Mutex<Receiver<()>> = Mutex::new(wait);
    let upstream = Upstream::start(move |wire| {
        wait.lock().unwrap().recv().unwrap();
        let count = wire.rest()?.len();
        wire.send(count.to_string())
    });
    let config = bootstrap(upstream.address, json!({}), json!({}));
    let proxy = Proxy::start(&config.write(), &[]);
    let mut client = proxy.connect();
    let mut writer = client.another();
    // More than the sockets and the proxy hold together.
    let writing = std::thread::spawn(move || {
        writer.send(vec![b'.'; 64 << 20]).unwrap();
        writer.finish_sending();
    });
    proxy.wait_for_stats(|stats| stats["tcp.test.downstream_flow_control_paused_reading_total"] > 0);
    let held = proxy.stats();
    let taken = held["tcp.test.downstream_cx_rx_bytes_total"] - held["cluster.upstream.upstream_cx_tx_bytes_total"];
    assert!(taken < 4 << 20, "the proxy holds {taken} bytes");
    go_on.send(()).unwrap();
    assert_eq!(client.rest().unwrap(), (64 << 20).to_string().as_bytes());
    writing.join().unwrap();
}

#[test]
fn a_silent_connection_is_closed_after_its_idle_time() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let config = bootstrap(upstream.address, json!({"idle_timeout": "0.05s"}), json!({}));
    let proxy = Proxy::start(&config.write(), &[]);
    assert!(proxy.connect().is_closed());
    proxy.wait_until_idle();
    assert_eq!(proxy.stats()["tcp.test.idle_timeout"], 1);
    assert!(proxy.stop().stderr.join("\n").contains("downstream_close 1"));
}

#[test]
fn a_stopping_proxy_gives_connections_the_time_to_drain() {
    let upstream = Upstream::start(|wire| {
        let bytes = wire.rest()?;
        wire.send(bytes)
    });
    let config = bootstrap(upstream.address, json!({}), json!({}));
    let proxy = Proxy::start(&config.write(), &["--drain-time-s", "60"]);
    let mut client = proxy.connect();
    client.send("before").unwrap();
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_cx_active"] == 1);
    proxy.program().terminate();
    proxy.program().stderr.wait_for(|line| line.contains("stopping")).unwrap();
    client.send(" and after").unwrap();
    client.finish_sending();
    assert_eq!(client.rest().unwrap(), b"before and after");
    assert_eq!(proxy.wait().status.code(), Some(0));

    let proxy = Proxy::start(&config.write(), &["--drain-time-s", "0"]);
    let mut client = proxy.connect();
    client.send("before").unwrap();
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_cx_active"] == 1);
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0));
    assert!(client.is_closed());
    // Then the plugin itself is done.
    let logged = texts(&finished.stderr);
    assert!(
        logged.ends_with(&["downstream_close 1", "done", "log", "delete", "done", "delete"].map(str::to_owned)),
        "{logged:?}"
    );
}

/// A proxy with the plugin, and fields of the TCP proxy and of the plugin beside the needed ones.
fn bootstrap(upstream: SocketAddr, proxy: Value, plugin: Value) -> Bootstrap {
    let mut config = json!({"name": "connection", "vm_config": {"code": {"local": {"filename": "connection.wat"}}}});
    for (name, value) in plugin.as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
    Bootstrap::tcp(upstream, proxy).file("connection.wat", CONNECTION).plugin_config(config)
}

/// Has one connection on each runtime. `talk` returns what the plugin must have logged after the connection was accepted and
/// before its end; nothing if that depends on how the bytes arrive.
fn on_each_runtime(upstream: SocketAddr, talk: impl Fn(&Proxy) -> Vec<&'static str>) {
    let config = bootstrap(upstream, json!({}), json!({}));
    let config: &Path = &config.write();
    for runtime in runtimes() {
        let proxy = Proxy::start(config, &["--runtime", runtime]);
        let wanted = talk(&proxy);
        proxy.wait_for_stats(|stats| stats["tcp.test.downstream_cx_total"] == 1);
        proxy.wait_until_idle();
        let finished = proxy.stop();
        assert_eq!(finished.status.code(), Some(0), "{runtime}: {}", finished.printed());
        // Whether the end of the bytes comes with the last of them or alone is up to the network.
        let is_piece = |line: &str| line.ends_with("_data 0");
        let logged: Vec<_> = texts(&finished.stderr).into_iter().filter(|line| !is_piece(line)).collect();
        let wanted: Vec<_> = if wanted.is_empty() {
            assert!(logged.contains(&"new_connection".to_owned()), "{runtime}: {logged:?}");
            END.iter().map(|line| (*line).to_owned()).collect()
        } else {
            let wanted = wanted.iter().filter(|line| !is_piece(line));
            ["new_connection"].iter().chain(wanted).chain(&END).map(|line| (*line).to_owned()).collect()
        };
        // The plugin's own context is done last of all.
        let own: Vec<_> = logged.iter().take(logged.len().saturating_sub(2)).cloned().collect();
        assert!(own.ends_with(&wanted), "{runtime}: {own:?}");
    }
}

/// What the plugin has logged.
fn texts(log: &[String]) -> Vec<String> {
    plugin_lines(log).into_iter().map(|line| line.text).collect()
}

fn pattern(count: usize) -> Vec<u8> {
    // No letters: a piece that begins with some of them makes the plugin hold, trap or close, and pieces may begin anywhere.
    (0..count).map(|at| (at % 61) as u8).collect()
}
