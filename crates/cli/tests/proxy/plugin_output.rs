//! What plugins make of a response must be HTTP, or does not reach the wire.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use crate::support::wire::Message;
use serde_json::json;

const HEADER: &str = include_str!("plugins/header.wat");
const REPLY: &str = include_str!("plugins/reply.wat");

#[test]
fn a_header_that_is_one_passes() {
    let response = with_header("x-plugin", "a value; with \"quotes\"");
    assert_eq!(response.head.field("x-plugin"), Some("a value; with \"quotes\""));
    assert_eq!((response.head.status(), response.text()), (200, "hello\n"));
}

#[test]
fn a_value_cannot_smuggle_a_header() {
    let response = with_header("x-plugin", "a\r\nx-injected: yes");
    assert_eq!(response.head.all("x-injected"), [""; 0]);
    assert_eq!(response.head.all("x-plugin"), [""; 0]);
    assert_eq!(response.head.status(), 502);
    assert_eq!(response.text(), "");
}

#[test]
fn a_value_cannot_smuggle_a_response() {
    let response = with_header("x-plugin", "a\r\n\r\nHTTP/1.1 200 OK");
    assert_eq!(response.head.status(), 502);
    assert_eq!(response.text(), "");
}

#[test]
fn a_name_that_is_none_does_not_pass() {
    for name in ["x plugin", "x:plugin", "x\r\ny", "x\u{e9}"] {
        let response = with_header(name, "1");
        assert!(response.head.fields.iter().all(|(own, _)| !own.starts_with('x')), "{response:?}");
        assert_eq!((response.head.status(), response.text()), (502, ""), "{name:?}");
    }
}

#[test]
fn framing_is_not_the_plugins_to_say() {
    let response = with_header("transfer-encoding", "gzip");
    assert_eq!((response.head.status(), response.text()), (200, "hello\n"));
}

#[test]
fn a_status_that_is_none_becomes_500() {
    for status in ["0", "99", "100", "101", "199", "600", "1000", "-1"] {
        let response = answer(&REPLY.replace("STATUS", status));
        assert_eq!(response.head.status(), 500, "{status}");
        assert_eq!(response.text(), "by the plugin\n", "{status}");
    }
}

#[test]
fn any_other_status_is_sent() {
    for status in [200, 299, 302, 418, 503, 599] {
        let response = answer(&REPLY.replace("STATUS", &status.to_string()));
        assert_eq!((response.head.status(), response.text()), (status, "by the plugin\n"));
    }
}

#[test]
fn a_status_without_a_body_has_none() {
    for status in [204, 304] {
        let bootstrap = with(&REPLY.replace("STATUS", &status.to_string()));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        for _ in 0..2 {
            assert_eq!(client.get("/").unwrap().head.status(), status, "nothing is left of the answer before");
        }
    }
}

/// The answer when a plugin adds a header.
fn with_header(name: &str, value: &str) -> Message {
    answer(&header(name, value))
}

/// A plugin that adds a header to every response.
pub(super) fn header(name: &str, value: &str) -> String {
    let data = |text: &str| text.bytes().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    HEADER
        .replace("NAME_SIZE", &name.len().to_string())
        .replace("VALUE_SIZE", &value.len().to_string())
        .replace("NAME", &data(name))
        .replace("VALUE", &data(value))
}

/// The answer, on a connection that must still be good for another.
fn answer(wat: &str) -> Message {
    let bootstrap = with(wat);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let first = client.get("/").unwrap();
    let second = client.get("/").unwrap();
    assert_eq!((first.head.status(), &first.body), (second.head.status(), &second.body));
    first
}

fn with(wat: &str) -> Bootstrap {
    Bootstrap::new().plugin("plugin", wat).route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}
