//! Shared data in Redis: what plugins and requests see of it. The store's own tests are in `crates/redis`.

use crate::redis_peer::{Manner, Peer};
use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::proxy::Proxy;
use crate::support::tls::Authority;
use crate::support::wire::Wire;
use serde_json::json;
use std::time::{Duration, Instant};

const SHARED: &str = include_str!("plugins/shared.wat");
const LEDGER: &str = include_str!("plugins/ledger.wat");

fn hello(wat: &str) -> Bootstrap {
    Bootstrap::new().plugin("shared", wat).route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

/// What the plugin has been answered.
fn told(client: &mut Wire) -> String {
    let answer = client.get("/").unwrap();
    assert_eq!((answer.head.status(), answer.text()), (200, "hello\n"));
    answer.head.field("x-shared").expect("the plugin adds it").to_owned()
}

#[test]
fn two_proxies_share_values_and_a_third_with_another_prefix_does_not() {
    let peer = Peer::start();
    let [one, two, three] = ["fleet", "fleet", "other"].map(|prefix| {
        let bootstrap = hello(SHARED).redis(peer.address, json!({"key_prefix": prefix, "op_timeout": "10s"}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        (proxy, bootstrap)
    });
    let mut clients = [one.0.connect(), two.0.connect(), three.0.connect()];
    let all: Vec<_> = clients.iter_mut().map(|client| [told(client), told(client)]).collect();
    assert_eq!(all, [["BA", "AAx"], ["AAxx", "AAxxx"], ["BA", "AAx"]]);
    let stats = one.0.stats();
    assert_eq!((stats["shared_data.redis.upstream_rq_success"], stats["shared_data.redis.membership_healthy"]), (4, 1));
    // A proxy that ends takes nothing with it.
    one.0.stop();
    assert_eq!(told(&mut clients[1]), "AAxxxx");
}

#[test]
fn workers_count_exactly() {
    const REQUESTS: u64 = 100;
    let peer = Peer::start();
    let bootstrap = hello(LEDGER).redis(peer.address, json!({"op_timeout": "10s"}));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = proxy.connect();
                (0..REQUESTS / 4).for_each(|_| assert_eq!(client.get("/").unwrap().head.status(), 200));
            });
        }
    });
    proxy.wait_for_stats(|stats| stats["wasmcustom.sum_seen"] == REQUESTS);
}

/// The time that a plugin has waited is not the time that it has used: with a deadline of 20 ms, it is not stopped.
#[test]
fn a_request_waits_for_a_redis_that_stalls_once_and_its_plugin_is_not_stopped_for_that() {
    const TIMEOUT: Duration = Duration::from_millis(500);
    let peer = Peer::start();
    let bootstrap = hello(SHARED)
        .redis(peer.address, json!({"op_timeout": "0.5s"}))
        .policy("shared", json!({"limits": {"callback_deadline": "20ms"}}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    assert_eq!(told(&mut client), "BA");
    peer.answer(Manner::Stalled);
    let begun = Instant::now();
    // INTERNAL_FAILURE for both, and the second call of the callback does not wait again.
    assert_eq!(told(&mut client), "KK");
    assert!(begun.elapsed() >= TIMEOUT, "{:?}", begun.elapsed());
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(told(&mut client), "KK");
    }
    assert!(begun.elapsed() < TIMEOUT * 100, "{:?}", begun.elapsed());
    let stats = proxy.stats();
    assert_eq!((stats["shared_data.redis.upstream_rq_timeout"], stats["shared_data.redis.membership_healthy"]), (1, 0));
    assert_eq!(stats["wasm.shared.interrupted"], 0);
    peer.answer(Manner::Well);
    proxy.wait_for_stats(|stats| stats["shared_data.redis.membership_healthy"] == 1);
    assert_eq!(told(&mut client), "AAx");
    let log = proxy.stop().stderr.join("\n");
    assert_eq!(
        log.matches("is away: no answer in time; until it is back, calls of plugins fail at once").count(),
        1,
        "{log}"
    );
    assert_eq!(log.lines().filter(|line| line.ends_with(" is back")).count(), 1, "{log}");
}

#[test]
fn a_proxy_starts_without_its_redis() {
    let peer = Peer::start();
    peer.answer(Manner::Closing);
    let bootstrap = hello(SHARED).redis(peer.address, json!({"op_timeout": "10s"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(told(&mut proxy.connect()), "KK");
    peer.answer(Manner::Well);
    proxy.wait_for_stats(|stats| stats["shared_data.redis.membership_healthy"] == 1);
    assert_eq!(told(&mut proxy.connect()), "BA");
}

/// Values of all proxies together count.
#[test]
fn quotas_hold() {
    let peer = Peer::start();
    let [one, two] = [(); 2].map(|()| {
        let bootstrap = hello(SHARED)
            .redis(peer.address, json!({"op_timeout": "10s"}))
            .policy("shared", json!({"limits": {"shared_data_bytes": "67"}}));
        (Proxy::start(&bootstrap.write(), &[]), bootstrap)
    });
    let (mut first, mut second) = (one.0.connect(), two.0.connect());
    // The key and the entry itself are 65.
    assert_eq!([told(&mut first), told(&mut second), told(&mut second)], ["BA", "AAx", "AKxx"]);
    assert_eq!(two.0.stats()["wasm.shared.refused"], 1);
}

#[test]
fn the_password_is_read_from_a_file_and_shown_nowhere() {
    let peer = Peer::start();
    peer.want_login("tollgate", "XYZZY");
    let fields = json!({
        "op_timeout": "10s",
        "auth_username": {"inline_string": "tollgate"},
        "auth_password": {"filename": "password"},
    });
    let bootstrap = hello(SHARED).redis(peer.address, fields).file("password", "XYZZY\n");
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(told(&mut proxy.connect()), "BA");
    let inline = json!({
        "op_timeout": "10s",
        "auth_username": {"inline_string": "tollgate"},
        "auth_password": {"inline_string": "XYZZY"},
    });
    bootstrap.replace_with(&hello(SHARED).redis(peer.address, inline));
    assert_eq!(proxy.reload().0, 200);
    let dump = proxy.admin("/config_dump").text().to_owned();
    assert!(dump.contains("auth_password") && !dump.contains("XYZZY"), "{dump}");
    assert_eq!(told(&mut proxy.connect()), "AAx");
    proxy.stop();
}

#[test]
fn where_it_is_kept_does_not_change_with_a_reload_which_is_said() {
    let (peer, other) = (Peer::start(), Peer::start());
    let bootstrap = hello(SHARED).redis(peer.address, json!({"op_timeout": "10s"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(told(&mut proxy.connect()), "BA");
    bootstrap.replace_with(&hello(SHARED).redis(other.address, json!({"op_timeout": "10s"})));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(told(&mut proxy.connect()), "AAx");
    assert_eq!(other.commands(), [""; 0]);
    let log = proxy.stop().stderr.join("\n");
    assert_eq!(log.matches("where shared data is kept is decided once").count(), 1, "{log}");
}

/// The server's end of TLS is what upstreams have; behind it is the same Redis.
#[test]
fn tls_is_spoken_as_with_clusters() {
    let peer = Peer::start();
    let authority = Authority::new("authority");
    let server = crate::support::tls::relay(&authority.issue("redis", &["redis.internal"]), peer.address);
    let fields = |name: &str| {
        json!({
            "op_timeout": "10s",
            "transport_socket": {
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": type_url("transport_sockets.tls.v3.UpstreamTlsContext"),
                    "sni": "redis.internal",
                    "common_tls_context": {"validation_context": {
                        "trusted_ca": {"inline_string": authority.pem()},
                        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": name}}],
                    }},
                },
            },
        })
    };
    for (name, outcome) in [("redis.internal", "BA"), ("another.internal", "KK")] {
        let bootstrap = hello(SHARED).redis(server, fields(name));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        assert_eq!(told(&mut proxy.connect()), outcome, "{name}");
    }
}
