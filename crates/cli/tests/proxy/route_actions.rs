//! What routes do with requests: redirects, rewrites, changes of headers, the choice of a cluster.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, answering, mirror};
use serde_json::{Value, json};

fn add(name: &str, value: &str) -> Value {
    json!({"header": {"key": name, "value": value}})
}

#[test]
fn redirects_lead_elsewhere() {
    let redirect = |prefix: &str, redirect: Value| json!({"match": {"prefix": prefix}, "redirect": redirect});
    let bootstrap = Bootstrap::new()
        .route(redirect("/secure", json!({"https_redirect": true})))
        .route(redirect("/old", json!({"prefix_rewrite": "/new", "response_code": "FOUND", "strip_query": true})))
        .route(redirect("/x", json!({"host_redirect": "b.test", "port_redirect": 81, "path_redirect": "/y?own=1"})))
        .route(redirect("/r/", json!({"regex_rewrite": {"pattern": {"regex": "^/r/(.*)"}, "substitution": "/\\1/r"}})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, status, location) in [
        ("/secure?a=1", 301, "https://a.test:8080/secure?a=1"),
        ("/old/page?a=1", 302, "http://a.test:8080/new/page"),
        ("/x?a=1", 301, "http://b.test:81/y?own=1"),
        ("/r/one?a=1", 301, "http://a.test:8080/one/r?a=1"),
    ] {
        client.send(format!("GET {path} HTTP/1.1\r\nhost: a.test:8080\r\n\r\n")).unwrap();
        let response = client.response("GET").unwrap();
        assert_eq!((response.head.status(), response.head.field("location")), (status, Some(location)), "{path}");
    }
    assert_eq!(proxy.stats()["http.test.rq_redirect"], 4);
}

#[test]
fn headers_are_changed_at_every_level_the_most_general_last() {
    let upstream = Upstream::start(mirror);
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(json!({
            "name": "the-route",
            "match": {"prefix": "/old"},
            "route": {"cluster": "upstream", "prefix_rewrite": "/new", "host_rewrite_literal": "b.test", "append_x_forwarded_host": true},
            "request_headers_to_add": [
                add("x-order", "route"),
                {"header": {"key": "x-who", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %PROTOCOL% %REQ(x-in):3% %ROUTE_NAME% 100%%"}},
                {"header": {"key": "x-absent", "value": "%REQ(x-nothing)%"}},
                {"header": {"key": "x-in", "value": "replaced"}, "append_action": "OVERWRITE_IF_EXISTS"},
            ],
            "request_headers_to_remove": ["x-gone"],
            "response_headers_to_remove": ["content-type"],
        }))
        .route(direct_response(json!({"prefix": "/direct"}), 200, "here"))
        .host_fields(json!({"request_headers_to_add": [add("x-order", "host")]}))
        .route_config_fields(json!({
            "request_headers_to_add": [add("x-order", "all")],
            "response_headers_to_add": [add("x-answer", "%RESPONSE_CODE%")],
        }));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET /old/page?a=1 HTTP/1.1\r\nhost: a.test\r\nx-in: 12345\r\nx-gone: 1\r\n\r\n").unwrap();
    let response = client.response("GET").unwrap();
    let text = response.text();
    assert!(text.starts_with("GET /new/page?a=1 HTTP/1.1\n"), "{text}");
    for line in [
        "host: b.test",
        "x-forwarded-host: a.test",
        "x-envoy-original-host: a.test",
        "x-envoy-original-path: /old/page?a=1",
        "x-who: 127.0.0.1 HTTP/1.1 123 the-route 100%",
        "x-in: replaced",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is in\n{text}");
    }
    let order: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("x-order: ")).collect();
    assert_eq!(order, ["route", "host", "all"]);
    assert!(!text.contains("x-gone") && !text.contains("x-absent"), "{text}");
    assert_eq!((response.head.field("x-answer"), response.head.field("content-type")), (Some("200"), None));
    // An answer of the proxy's own is changed, too; one without a route is not.
    assert_eq!(client.get("/direct").unwrap().head.field("x-answer"), Some("200"));
    let nowhere = client.get("/nowhere").unwrap();
    assert_eq!((nowhere.head.status(), nowhere.head.field("x-answer")), (404, None));
}

#[test]
fn a_header_names_the_cluster() {
    let upstream = answering(200, "found");
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster_header": "x-to", "cluster_not_found_response_code": "NOT_FOUND"}});
    let proxy = Proxy::start(&Bootstrap::new().cluster(upstream.address).route(route).write(), &[]);
    let mut client = proxy.connect();
    for (header, expected) in [("x-to: upstream\r\n", (200, "found")), ("x-to: other\r\n", (404, "")), ("", (404, ""))]
    {
        client.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{header}\r\n")).unwrap();
        let response = client.response("GET").unwrap();
        assert_eq!((response.head.status(), response.text()), expected, "{header}");
    }
    assert_eq!(proxy.stats()["http.test.no_cluster"], 2);
}

#[test]
fn weighted_clusters_share_requests_and_have_headers_of_their_own() {
    let (one, two) = (answering(200, "one"), answering(200, "two"));
    let weighted = json!([
        {"name": "one", "weight": 1, "response_headers_to_add": [add("x-cluster", "1")]},
        {"name": "two", "weight": 3, "response_headers_to_add": [add("x-cluster", "%UPSTREAM_CLUSTER%")]},
        {"name": "upstream", "weight": 0},
    ]);
    let bootstrap = Bootstrap::new()
        .cluster_of(&[])
        .named_cluster("one", &[one.address], json!({}))
        .named_cluster("two", &[two.address], json!({}))
        .route(json!({"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": weighted}}}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let mut ones = 0;
    for _ in 0..400 {
        let response = client.get("/").unwrap();
        let header = response.head.field("x-cluster").unwrap().to_owned();
        assert!([("one", "1"), ("two", "two")].contains(&(response.text(), header.as_str())), "{response:?}");
        ones += usize::from(response.text() == "one");
    }
    // A quarter is 100; that it is off by 60 has a chance of one in ten thousand millions.
    assert!((40..160).contains(&ones), "{ones}");
}

#[test]
fn a_clients_wishes_are_not_the_proxys() {
    let upstream = Upstream::start(mirror);
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).write(), &[]);
    let mut client = proxy.connect();
    client
        .send("GET / HTTP/1.1\r\nhost: a\r\nx-envoy-max-retries: 9\r\nx-envoy-upstream-rq-timeout-ms: 1\r\nx-envoy-other: kept\r\n\r\n")
        .unwrap();
    let response = client.response("GET").unwrap();
    assert!(
        !response.text().contains("max-retries") && response.text().contains("rq-timeout-ms: 15000"),
        "{response:?}"
    );
    assert!(response.text().contains("x-envoy-other: kept"));
}
