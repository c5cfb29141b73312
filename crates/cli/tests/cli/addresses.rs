//! The addresses that the proxy listens on: announced, free, or taken.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use serde_json::json;
use std::net::TcpListener;

#[test]
fn a_port_in_use_is_named_with_its_place() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let bootstrap = hello();
    let config = bootstrap.write();
    let text = std::fs::read_to_string(&config).unwrap();
    // Of the two addresses, the first is the admin's.
    std::fs::write(&config, text.replacen("\"port_value\": 0", &format!("\"port_value\": {port}"), 1)).unwrap();
    let finished = Program::start(config.parent().unwrap(), ["run", "envoy.yaml"]).wait();
    assert_eq!(finished.status.code(), Some(1));
    assert_eq!(
        finished.stderr,
        [format!(
            "error: envoy.yaml:4:25: admin.address.socket_address: cannot listen on 127.0.0.1:{port}: another process \
             does; choose another port or stop it"
        )]
    );
    assert_eq!(finished.stdout, [""; 0]);
}

#[test]
fn two_proxies_do_not_share_a_port() {
    let bootstrap = hello();
    let config = bootstrap.write();
    let proxy = Proxy::start(&config, &[]);
    let text = std::fs::read_to_string(&config).unwrap();
    let (head, tail) = text.rsplit_once("\"port_value\": 0").unwrap();
    let port = proxy.address().port();
    std::fs::write(&config, format!("{head}\"port_value\": {port}{tail}")).unwrap();
    let finished = Program::start(config.parent().unwrap(), ["run", "envoy.yaml"]).wait();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.printed());
    assert!(finished.printed().contains("another process does"), "{}", finished.printed());
}

#[test]
fn everything_is_announced_once_it_is_ready() {
    let plugin = include_str!("../cases/validate/plugins/good.wat");
    let bootstrap = hello().plugin("my_plugin", plugin);
    let proxy = Proxy::start(&bootstrap.write(), &["--cache-dir", "none"]);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n");
    assert_eq!(proxy.admin("/ready").text(), "LIVE\n");
    let dump: serde_json::Value = serde_json::from_slice(&proxy.admin("/config_dump").body).unwrap();
    assert_eq!(dump["configs"][0]["bootstrap"]["static_resources"]["listeners"][0]["name"], "main");
    let finished = proxy.stop();
    let first_words: Vec<_> = finished.stdout.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(first_words, ["plugin", "listener", "admin"]);
    let plugin = &finished.stdout[0];
    for part in ["my_plugin", "ABI 0.2.1", "my_plugin.wasm", "compiled in ", " ms"] {
        assert!(plugin.contains(part), "{part:?} is in {plugin:?}");
    }
}

#[test]
fn the_configuration_may_be_named_as_for_envoy() {
    let bootstrap = hello();
    let config = bootstrap.write();
    for name in ["-c", "--config-path"] {
        let finished = Program::start(config.parent().unwrap(), ["validate", name, "envoy.yaml"]).wait();
        assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
    }
}

fn hello() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}
