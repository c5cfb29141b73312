//! What becomes of a client's request before plugins, routes and upstreams see it.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::http2::Http2;
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, mirror};
use crate::support::wire::Message;
use serde_json::{Value, json};

/// What an upstream is sent of a request for `/p` with these fields, and what the client is answered.
fn sent(manager: Value, fields: &str) -> (String, Message) {
    let upstream = Upstream::start(mirror);
    let told = json!({"response_headers_to_add": [
        {"header": {"key": "x-client", "value": "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"}},
    ]});
    let bootstrap = Bootstrap::to(upstream.address).manager(manager).host_fields(told);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send(format!("GET /p HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).unwrap();
    let answer = client.response("GET").unwrap();
    (answer.text().to_owned(), answer)
}

#[test]
fn a_client_does_not_speak_for_the_proxy() {
    let said = "x-forwarded-client-cert: By=x;Hash=y\r\nx-envoy-internal: true\r\nx-envoy-force-trace: 1\r\n\
                x-envoy-ip-tags: vip\r\nx-envoy-original-url: /admin\r\nx-envoy-retry-on: 5xx\r\nx-other: stays\r\n";
    let (sent, _) = sent(json!({}), said);
    for name in
        ["x-forwarded-client-cert", "x-envoy-internal", "x-envoy-force-trace", "x-envoy-ip-tags", "original-url"]
    {
        assert!(!sent.contains(name), "{name} in {sent}");
    }
    assert!(sent.contains("x-other: stays"), "{sent}");
}

#[test]
fn a_certificate_that_a_proxy_in_front_has_seen_goes_on_where_that_is_configured() {
    let said = "x-forwarded-client-cert: By=x\r\n";
    let (always, _) = sent(json!({"forward_client_cert_details": "ALWAYS_FORWARD_ONLY"}), said);
    assert!(always.contains("x-forwarded-client-cert: By=x"), "{always}");
    let (without, _) = sent(json!({"forward_client_cert_details": "FORWARD_ONLY"}), said);
    assert!(!without.contains("x-forwarded-client-cert"), "{without}");
}

#[test]
fn the_scheme_is_the_one_of_the_configuration_whatever_the_client_says() {
    for said in ["", "x-forwarded-proto: http\r\n", "x-forwarded-proto: ftp\r\n"] {
        let (sent, _) = sent(json!({"scheme_header_transformation": {"scheme_to_overwrite": "https"}}), said);
        assert!(sent.contains("x-forwarded-proto: https\n"), "{sent}");
    }
}

#[test]
fn the_field_server_is_whose_the_configuration_says() {
    let own = |transformation: &str, name: Option<&str>| {
        let head = name.map(|name| format!("server: {name}\r\n")).unwrap_or_default();
        let upstream = Upstream::start(move |wire| {
            wire.request()?;
            wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{head}\r\n"))
        });
        let manager = json!({"server_name": "mine", "server_header_transformation": transformation});
        let proxy = Proxy::start(&Bootstrap::to(upstream.address).manager(manager).write(), &[]);
        let answer = proxy.connect().get("/").unwrap();
        answer.head.field("server").map(str::to_owned)
    };
    for (transformation, theirs, expected) in [
        ("OVERWRITE", Some("theirs"), Some("mine")),
        ("APPEND_IF_ABSENT", Some("theirs"), Some("theirs")),
        ("APPEND_IF_ABSENT", None, Some("mine")),
        ("PASS_THROUGH", Some("theirs"), Some("theirs")),
        ("PASS_THROUGH", None, None),
    ] {
        assert_eq!(own(transformation, theirs).as_deref(), expected, "{transformation} {theirs:?}");
    }
}

#[test]
fn a_proxy_in_front_says_who_the_client_is() {
    let (sent, answer) = sent(json!({}), "x-forwarded-for: 1.2.3.4, 5.6.7.8\r\n");
    assert!(sent.contains("x-forwarded-for: 1.2.3.4, 5.6.7.8\n"), "{sent}");
    assert_eq!(answer.head.field("x-client"), Some("5.6.7.8:0 127.0.0.1"));
}

#[test]
fn at_the_edge_nothing_that_a_client_says_of_itself_is_believed() {
    let said = "x-forwarded-for: 6.6.6.6\r\nx-forwarded-proto: https\r\nx-request-id: mine\r\nx-envoy-decorator-operation: o\r\n\
                x-envoy-external-address: 6.6.6.6\r\n";
    let (edge, answer) = sent(json!({"use_remote_address": true}), said);
    assert!(edge.contains("x-envoy-external-address: 127.0.0.1\n"), "{edge}");
    assert!(edge.contains("x-forwarded-proto: http\n") && edge.contains("x-forwarded-for: 6.6.6.6,"), "{edge}");
    assert!(!edge.contains("decorator") && !edge.contains("x-request-id: mine"), "{edge}");
    assert!(answer.head.field("x-client").unwrap().starts_with("127.0.0.1:"));
    let (kept, _) = sent(json!({"use_remote_address": true, "preserve_external_request_id": true}), said);
    assert!(kept.contains("x-request-id: mine\n"), "{kept}");
    let trusting = json!({"use_remote_address": true, "xff_num_trusted_hops": 1, "skip_xff_append": true});
    let (trusting, answer) = sent(trusting, said);
    assert!(
        trusting.contains("x-forwarded-for: 6.6.6.6\n") && trusting.contains("x-forwarded-proto: https\n"),
        "{trusting}"
    );
    assert_eq!(answer.head.field("x-client"), Some("6.6.6.6:0 127.0.0.1"));
}

#[test]
fn an_internal_client_may_say_what_only_internal_ones_may() {
    let inside = json!({"use_remote_address": true, "internal_address_config": {"cidr_ranges": [
        {"address_prefix": "127.0.0.0", "prefix_len": 8},
    ]}});
    let (sent, answer) = sent(inside, "x-envoy-force-trace: 1\r\nx-request-id: mine\r\n");
    assert!(sent.contains("x-envoy-internal: true\n") && sent.contains("x-envoy-force-trace: 1\n"), "{sent}");
    assert!(!sent.contains("x-envoy-external-address"), "{sent}");
    assert_eq!(answer.head.field("x-request-id"), Some("mine"));
}

#[test]
fn answers_name_the_request_and_the_way_that_they_have_come() {
    let manager = json!({"always_set_request_id_in_response": true, "via": "1.1 edge"});
    let (sent, answer) = sent(manager, "x-request-id: mine\r\nvia: 1.0 before\r\n");
    assert!(sent.contains("via: 1.0 before, 1.1 edge\n"), "{sent}");
    assert_eq!(answer.head.field("x-request-id"), Some("mine"));
    assert_eq!(answer.head.field("via"), Some("1.1 edge"));
}

#[test]
fn underscores_in_names() {
    let action = |action: &str| json!({"common_http_protocol_options": {"headers_with_underscores_action": action}});
    let said = "a_b: 1\r\na_c: 2\r\na-d: 3\r\n";
    assert!(sent(action("ALLOW"), said).0.contains("a_b: 1\n"));
    let (dropped, _) = sent(action("DROP_HEADER"), said);
    assert!(!dropped.contains("a_") && dropped.contains("a-d: 3\n"), "{dropped}");
    assert_eq!(sent(action("REJECT_REQUEST"), said).1.head.status(), 400);
}

/// Values of one list reach plugins and upstreams as one field, as from Envoy.
#[test]
fn fields_that_make_one_list_are_joined() {
    let (sent, _) = sent(json!({}), "accept: a/b\r\naccept: c/d\r\nx-two: 1\r\nx-two: 2\r\n");
    assert!(sent.contains("accept: a/b,c/d\n"), "{sent}");
    assert!(sent.contains("x-two: 1\n") && sent.contains("x-two: 2\n"), "{sent}");
}

#[test]
fn paths_have_one_form_where_that_is_configured() {
    let all = json!({
        "normalize_path": true, "merge_slashes": true, "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
    });
    let bootstrap = Bootstrap::new()
        .manager(all)
        .route(direct_response(json!({"path": "/secret"}), 403, "no\n"))
        .route(direct_response(json!({"prefix": "/"}), 200, "open\n"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for path in ["/secret", "//secret", "/a/../secret", "/a/%2e%2E/secret", "/%73ecret?x", "/a\\..\\secret"] {
        assert_eq!(client.get(path).unwrap().head.status(), 403, "{path}");
    }
    assert_eq!(client.get("/open").unwrap().text(), "open\n");
    let redirected = client.get("/a%2fsecret?x=%2f").unwrap();
    assert_eq!((redirected.head.status(), redirected.head.field("location")), (307, Some("/a/secret?x=%2f")));
    // Two slashes at the beginning would lead to another host.
    assert_eq!(client.get("/%2fevil.test").unwrap().head.field("location"), Some("/evil.test"));
    assert_eq!(client.get("/a%00").unwrap().head.status(), 400);
}

/// `GET a` names a host where a path belongs: it was read as a request for `/` of the host `a`.
#[test]
fn a_target_that_is_no_path_is_refused() {
    let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "here\n"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for target in ["a", "a:80", "*", "ftp://b/"] {
        let mut client = proxy.connect();
        client.send(format!("GET {target} HTTP/1.1\r\nhost: b\r\n\r\n")).unwrap();
        assert_eq!(client.response("GET").unwrap().head.status(), 400, "{target}");
    }
    // A scheme is one in any case (RFC 9110, 4.2.3).
    let mut client = proxy.connect();
    client.send("GET HTTP://b/ HTTP/1.1\r\nhost: b\r\n\r\n").unwrap();
    assert_eq!(client.response("GET").unwrap().head.status(), 200);
}

#[test]
fn a_password_before_the_host_is_refused_over_http2() {
    let bootstrap = Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "here\n"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let request = http::Request::builder().uri("http://user:word@a.test/").body(()).unwrap();
    assert_eq!(Http2::connect(proxy.address()).send(request, b"", None).unwrap().status(), 400);
}
