//! What routes do with requests: redirects, rewrites, changes of headers, the choice of a cluster.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, answering, mirror};
use crate::support::wire::Message;
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

/// Additions were made one after the other, so that they saw each other and the last of several won.
#[test]
fn additions_of_one_level_do_not_see_each_other() {
    let upstream = Upstream::start(mirror);
    let with = |name: &str, value: &str, action: &str| json!({"header": {"key": name, "value": value}, "append_action": action});
    let route = json!({
        "match": {"prefix": "/"},
        "route": {"cluster": "upstream"},
        "request_headers_to_remove": ["x-gone"],
        "request_headers_to_add": [
            with("x-a", "added", "APPEND_IF_EXISTS_OR_ADD"),
            with("x-a", "over", "OVERWRITE_IF_EXISTS_OR_ADD"),
            with("x-b", "1", "ADD_IF_ABSENT"),
            with("x-b", "2", "ADD_IF_ABSENT"),
            with("x-c", "1", "OVERWRITE_IF_EXISTS_OR_ADD"),
            with("x-c", "2", "OVERWRITE_IF_EXISTS"),
            with("x-gone", "new", "APPEND_IF_EXISTS_OR_ADD"),
            add("x-seen", "%REQ(x-a)%/%REQ(x-gone)%/%REQ(host)%/%UPSTREAM_REQUEST_ATTEMPT_COUNT%/%RESPONSE_FLAGS%"),
        ],
    });
    let host = json!({"request_headers_to_add": [add("x-later", "%REQ(x-c)%")]});
    let proxy = Proxy::start(&Bootstrap::new().cluster(upstream.address).route(route).host_fields(host).write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a.test\r\nx-a: in\r\nx-gone: old\r\n\r\n").unwrap();
    let response = client.response("GET").unwrap();
    let found = |name: &str| -> Vec<String> {
        let lines = response.text().lines().filter_map(|line| line.strip_prefix(&format!("{name}: ")));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(found("x-a"), ["over", "added"]);
    assert_eq!(found("x-b"), ["1", "2"]);
    assert_eq!((found("x-c"), found("x-later")), (vec!["1".to_owned()], vec!["1".to_owned()]));
    assert_eq!((found("x-gone"), found("x-seen")), (vec!["new".to_owned()], vec!["in//a.test/1/-".to_owned()]));
}

#[test]
fn a_weighted_clusters_changes_come_first_and_its_host_gives_way_to_the_routes() {
    let upstream = Upstream::start(mirror);
    let weighted = |route: Value| {
        let cluster = json!({"name": "upstream", "weight": 1, "host_rewrite_literal": "weighted.test", "request_headers_to_add": [add("x-order", "weighted")]});
        let mut action = json!({"weighted_clusters": {"clusters": [cluster]}});
        action.as_object_mut().unwrap().extend(route.as_object().unwrap().clone());
        action
    };
    let order = |level: &str| json!({"request_headers_to_add": [add("x-order", level)], "most_specific_header_mutations_wins": true});
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(json!({"match": {"prefix": "/both"}, "route": weighted(json!({"host_rewrite_literal": "route.test"}))}))
        .route(json!({"match": {"prefix": "/"}, "route": weighted(json!({"append_x_forwarded_host": true, "auto_host_rewrite": true}))}))
        .route_config_fields(order("all"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let both = client.get("/both").unwrap();
    let lines = |message: &Message, name: &str| -> Vec<String> {
        message.text().lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
    };
    assert_eq!(lines(&both, "host"), ["host: route.test"]);
    assert_eq!(lines(&both, "x-envoy-original-host"), ["x-envoy-original-host: weighted.test"]);
    assert_eq!(lines(&both, "x-order"), ["x-order: weighted", "x-order: all"]);
    let one = client.get("/one").unwrap();
    assert_eq!(lines(&one, "host"), ["host: weighted.test"]);
    assert!(lines(&one, "x-envoy-original-host").is_empty() && lines(&one, "x-forwarded-host").is_empty(), "{one:?}");
}

/// `timeout` counted beside `max_stream_duration`, and requests of gRPC told the upstream what the client had said.
#[test]
fn beside_max_stream_duration_the_timeout_does_not_count() {
    let upstream = Upstream::start(mirror);
    let longest = |duration: &str| {
        json!({"match": {"prefix": format!("/{duration}")}, "route": {
            "cluster": "upstream", "timeout": "7s", "max_stream_duration": {"max_stream_duration": duration},
        }})
    };
    let bootstrap = Bootstrap::new().cluster(upstream.address).route(longest("60s")).route(longest("0s"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, fields, expected) in [
        ("/60s", "", None),
        ("/60s", "content-type: application/grpc\r\n", Some("grpc-timeout: 60000m")),
        ("/60s", "content-type: application/grpc\r\ngrpc-timeout: 1S\r\n", Some("grpc-timeout: 60000m")),
        ("/0s", "content-type: application/grpc\r\ngrpc-timeout: 1S\r\n", Some("grpc-timeout: 1S")),
    ] {
        client.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).unwrap();
        let response = client.response("GET").unwrap();
        let told: Vec<_> = response.text().lines().filter(|line| line.contains("timeout")).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{path} {fields}");
    }
}

#[test]
fn a_route_can_lift_the_listeners_limit_of_a_streams_duration() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let route = |name: &str, duration: &str| {
        json!({"match": {"prefix": format!("/{name}")}, "route": {
            "cluster": "upstream", "idle_timeout": "0.3s", "max_stream_duration": {"max_stream_duration": duration},
        }})
    };
    let manager = json!({"common_http_protocol_options": {"max_stream_duration": "0.05s"}});
    let bootstrap = Bootstrap::new().cluster(upstream.address).route(route("none", "0s")).route(route("some", "0.1s"));
    let proxy = Proxy::start(&bootstrap.manager(manager).write(), &[]);
    let mut client = proxy.connect();
    for (path, text) in [("/none", "stream timeout"), ("/some", "downstream duration timeout")] {
        let response = client.get(path).unwrap();
        assert_eq!((response.head.status(), response.text()), (504, text), "{path}");
    }
    client.send("GET /some HTTP/1.1\r\nhost: a\r\ncontent-type: application/grpc\r\n\r\n").unwrap();
    assert_eq!(client.response("GET").unwrap().head.field("grpc-status"), Some("4"));
}

#[test]
fn a_host_that_is_empty_leaves_no_trace_when_it_is_replaced() {
    let upstream = Upstream::start(mirror);
    let route = json!({"match": {"prefix": "/"}, "route": {
        "cluster": "upstream", "host_rewrite_literal": "b.test", "append_x_forwarded_host": true,
    }});
    let proxy = Proxy::start(&Bootstrap::new().cluster(upstream.address).route(route).write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost:\r\n\r\n").unwrap();
    let response = client.response("GET").unwrap();
    assert!(response.text().contains("host: b.test") && !response.text().contains("-host"), "{response:?}");
}

#[test]
fn an_expression_rewrites_a_path_unless_nothing_is_left_of_it() {
    let upstream = Upstream::start(mirror);
    let route = |prefix: &str, regex: &str| {
        let rewrite = json!({"pattern": {"regex": regex}, "substitution": ""});
        json!({"match": {"prefix": prefix}, "route": {"cluster": "upstream", "regex_rewrite": rewrite}})
    };
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(route("/some", "me"))
        .route(route("/none", "no match"))
        .route(route("/all", ".*"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    // What does not match counts as rewritten all the same.
    for (path, sent, told) in
        [("/some?me", "/so?me", Some("/some?me")), ("/none?a", "/none?a", Some("/none?a")), ("/all?a", "/all?a", None)]
    {
        let response = client.get(path).unwrap();
        assert!(response.text().starts_with(&format!("GET {sent} HTTP/1.1\n")), "{response:?}");
        let original = response.text().lines().find_map(|line| line.strip_prefix("x-envoy-original-path: "));
        assert_eq!(original, told, "{path}");
    }
}
