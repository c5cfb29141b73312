//! Which route a request takes.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use serde_json::json;

#[test]
fn no_route_is_404_without_a_body() {
    let bootstrap = Bootstrap::new().route(direct_response(json!({"path": "/only"}), 200, "here\n"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let response = client.get("/other").unwrap();
    assert_eq!((response.head.status(), response.text()), (404, ""));
    assert_eq!(client.get("/only?query=1").unwrap().text(), "here\n");
}

#[test]
fn headers_choose() {
    let headers = |list| json!({"prefix": "/", "headers": list});
    let bootstrap = Bootstrap::new()
        .route(direct_response(headers(json!([{"name": "x-kind", "string_match": {"exact": "one"}}])), 200, "one\n"))
        .route(direct_response(headers(json!([{"name": "x-kind", "string_match": {"prefix": "tw"}}])), 200, "two\n"))
        .route(direct_response(headers(json!([{"name": "x-kind", "present_match": true}])), 200, "some\n"))
        .route(direct_response(
            headers(json!([{"name": ":method", "string_match": {"exact": "DELETE"}}])),
            200,
            "gone\n",
        ))
        .route(direct_response(json!({"prefix": "/"}), 200, "none\n"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let cases = [
        ("GET", "x-kind: one\r\n", "one\n"),
        ("GET", "X-Kind: two\r\n", "two\n"),
        ("GET", "x-kind: ONE\r\n", "some\n"),
        ("GET", "", "none\n"),
        ("DELETE", "", "gone\n"),
    ];
    for (method, header, body) in cases {
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n{header}\r\n")).unwrap();
        assert_eq!(client.response(method).unwrap().text(), body, "{method} {header}");
    }
}
