//! Plugins of a cluster: each attempt to send a request passes them, and each call of a plugin.

use crate::support::bootstrap::{Bootstrap, direct_response, of_plugins, switch};
use crate::support::grpc::{GrpcServer, Seen};
use crate::support::guest;
use crate::support::program::runtimes;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::{Upstream, answering, mirror};
use crate::support::wire::Wire;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Logs what it is called for, and adds `x-NAME` to headers in both directions.
fn marks(name: &str) -> String {
    let text = r#"(module {{prelude}}
      (func {{export proxy_on_context_create}}
        (if (local.get $parent_context_id) (then {{proxy_log INFO "create"}})))
      (func {{export proxy_on_request_headers}}
        {{proxy_log INFO "request headers"}}
        {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-NAME" "request"}}
        {{CONTINUE}})
      (func {{export proxy_on_response_headers}}
        {{proxy_log INFO "response headers"}}
        {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-NAME" "response"}}
        {{CONTINUE}})
      (func {{export proxy_on_log}} {{proxy_log INFO "log"}})
      (func {{export proxy_on_done}} {{proxy_log INFO "done"}} (i32.const 1))
      (func {{export proxy_on_delete}} {{proxy_log INFO "delete"}}))"#;
    guest(&text.replace("NAME", name))
}

/// Answers with 503 in this callback.
fn answers(callback: &str) -> String {
    let text = r#"(module {{prelude}}
      (func {{export CALLBACK}}
        {{proxy_send_local_response 503 "by_plugin" "the plugin" {"x-by" "plugin"} -1}}
        {{PAUSE}}))"#;
    guest(&text.replace("CALLBACK", callback))
}

/// Puts "XY" in the place of what the client sends, and "abcd" of what the upstream does, and adds trailers.
const CHANGES: &str = r#"(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS "content-length"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/changed"}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    (if (local.get $body_size) (then
      {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 1000 "XY"}}))
    {{CONTINUE}})
  (func {{export proxy_on_request_trailers}}
    {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "x-more" "1"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_HEADERS "content-length"}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS ":status" "201"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    (if (local.get $body_size) (then
      {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 1000 "abcd"}}))
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    {{proxy_add_header_map_value HTTP_RESPONSE_TRAILERS "x-more" "2"}}
    {{CONTINUE}}))"#;

fn to(upstream: SocketAddr, plugins: &[(&str, &str)]) -> Bootstrap {
    let bootstrap = Bootstrap::to(upstream);
    let plugins: Vec<_> = plugins.iter().map(|(name, wat)| bootstrap.plugin_value(name, wat)).collect();
    bootstrap.cluster_plugins(&plugins)
}

fn with_retries(upstream: SocketAddr, policy: &Value) -> Bootstrap {
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": policy}});
    Bootstrap::new().cluster(upstream).route(route)
}

/// What the plugin of a name has logged about streams, by context.
fn said(log: &[String], plugin: &str) -> Vec<(u32, String)> {
    let lines = plugin_lines(log);
    let own = lines.into_iter().filter(|line| line.plugin == plugin);
    let first = own.clone().find(|line| line.text == "create").map_or(0, |line| line.context);
    own.filter(|line| line.context >= first).map(|line| (line.context, line.text)).collect()
}

#[test]
fn each_attempt_passes_the_plugins_anew_and_none_of_them_logs() {
    let seen = AtomicUsize::new(0);
    let upstream = Upstream::start(move |wire| {
        loop {
            let request = wire.request()?;
            let number = seen.fetch_add(1, Ordering::SeqCst) + 1;
            let marks = request.head.fields.iter().filter(|(name, _)| name == "x-up").count();
            let status = if number < 3 { 503 } else { 200 };
            let text = format!("{marks} marks");
            wire.send(format!("HTTP/1.1 {status} S\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
        }
    });
    let bootstrap = with_retries(upstream.address, &json!({"retry_on": "5xx", "num_retries": 5}));
    let plugin = bootstrap.plugin_value("up", &marks("up"));
    let bootstrap = bootstrap.cluster_plugins(&[plugin]).plugin("own", &marks("own"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    // What it has made of the request for one attempt, it finds in the next.
    assert_eq!(response.text(), "3 marks");
    assert_eq!((response.head.field("x-up"), response.head.field("x-own")), (Some("response"), Some("response")));
    proxy.wait_until_idle();
    // What it has logged is all there when it has ended.
    let log = proxy.stop().stderr;
    let said_up = said(&log, "up");
    let texts: Vec<_> = said_up.iter().map(|(_, text)| text.as_str()).collect();
    let attempt = ["create", "request headers", "response headers", "done", "delete"];
    assert_eq!(texts, [attempt; 3].concat());
    let mut contexts: Vec<_> = said_up.iter().map(|(context, _)| *context).collect();
    contexts.dedup();
    assert_eq!(contexts.len(), 3, "each attempt has a context of its own");
    let own: Vec<_> = said(&log, "own").into_iter().map(|(_, text)| text).collect();
    assert_eq!(own, ["create", "request headers", "response headers", "log", "done", "delete"]);
}

/// Headers that wait for their body at the listener's end do not wait at the cluster's.
#[test]
fn a_response_that_is_asked_for_again_need_not_have_come_to_its_end() {
    let seen = AtomicUsize::new(0);
    let upstream = Upstream::start(move |wire| {
        wire.request()?;
        if seen.fetch_add(1, Ordering::SeqCst) == 0 {
            wire.send("HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nthe beginning")?;
            return wire.rest().map(drop);
        }
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
    });
    let bootstrap = with_retries(upstream.address, &json!({"retry_on": "5xx"}));
    let plugin = bootstrap.plugin_value("longer", &guest(LONGER));
    let proxy = Proxy::start(&bootstrap.cluster_plugins(&[plugin]).write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!((response.head.status(), response.text()), (200, "more, and hello"));
}

/// Changes the length of responses, and says nothing of it.
const LONGER: &str = r#"(module {{prelude}}
  (func {{export proxy_on_response_body}}
    (if (local.get $body_size) (then {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "more, and "}}))
    {{CONTINUE}}))"#;

#[test]
fn the_length_of_a_response_is_kept_true_whoever_changes_its_body() {
    let upstream = Upstream::start(|wire| {
        loop {
            let head = wire.head()?;
            let length = if head.first_line.contains("/long") { 100_000 } else { 5 };
            wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"))?;
            if !head.first_line.starts_with("HEAD") {
                wire.send("x".repeat(length))?;
            }
        }
    });
    let longer = guest(LONGER);
    for bootstrap in [
        to(upstream.address, &[("longer", &longer)]),
        to(upstream.address, &[("longer", &longer)]).plugin("own", &longer),
        to(upstream.address, &[("longer", &longer)]).plugin("own", &marks("own")),
    ] {
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        let response = client.get("/").unwrap();
        assert!(response.text().starts_with("more, and ") && response.text().ends_with("xxxxx"));
        assert_eq!(response.head.field("content-length"), Some(&*response.body.len().to_string()));
        let response = client.get("/long").unwrap();
        assert!(response.body.len() > 100_000 && response.text().starts_with("more, and "));
        assert_eq!(response.head.field("content-length"), None);
        client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert_eq!(client.response("HEAD").unwrap().head.field("content-length"), Some("5"));
    }
}

#[test]
fn requests_pass_the_plugins_in_order_and_responses_in_reverse() {
    let upstream = Upstream::start(mirror);
    let bootstrap = to(upstream.address, &[("one", &marks("one")), ("two", &marks("two"))]);
    let bootstrap = bootstrap.plugin("own", &marks("own"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    let names = |fields: Vec<&str>| -> Vec<String> {
        let is_mark = |name: &&str| ["x-own", "x-one", "x-two"].contains(name);
        fields.into_iter().filter(is_mark).map(str::to_owned).collect()
    };
    let sent = response.text().lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert_eq!(names(sent), ["x-own", "x-one", "x-two"]);
    let got = response.head.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names(got), ["x-two", "x-one", "x-own"]);
}

/// The answer goes to the client through the plugins of the listener, and not through those of the cluster.
#[test]
fn a_plugin_of_the_cluster_answers_the_client_and_nothing_is_sent_again() {
    for (callback, requests) in [("proxy_on_request_headers", 0), ("proxy_on_response_headers", 1)] {
        let upstream = answering(200, "the upstream");
        let bootstrap = with_retries(upstream.address, &json!({"retry_on": "5xx", "num_retries": 3}));
        let plugins = [("up", marks("up")), ("answers", answers(callback))];
        let plugins: Vec<_> = plugins.iter().map(|(name, wat)| bootstrap.plugin_value(name, wat)).collect();
        let bootstrap = bootstrap.cluster_plugins(&plugins).plugin("own", &marks("own"));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let response = proxy.connect().get("/").unwrap();
        assert_eq!((response.head.status(), response.text()), (503, "the plugin"), "{callback}");
        let fields = ["x-by", "x-own", "x-up"].map(|name| response.head.field(name));
        assert_eq!(fields, [Some("plugin"), Some("response"), None], "{callback}");
        assert_eq!(upstream.connections(), requests, "{callback}");
        let stats = proxy.stats();
        let number = |name: &str| stats[&format!("cluster.upstream.upstream_rq_{name}")];
        assert_eq!((number("retry"), number("completed")), (0, 0), "{callback}: no answer of the cluster's");
        proxy.wait_until_idle();
    }
}

#[test]
fn an_answer_after_the_response_has_begun_ends_the_stream() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n")?;
        wire.rest().map(drop)
    });
    let bootstrap = to(upstream.address, &[("answers", &answers("proxy_on_response_body"))]);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert_eq!(client.head().unwrap().status(), 200);
    assert!(client.is_closed());
    proxy.wait_until_idle();
}

#[test]
fn headers_bodies_and_trailers_change_over_http1_and_http2() {
    let changes = guest(CHANGES);
    for runtime in runtimes() {
        let upstream = Upstream::start(mirror);
        let proxy = Proxy::start(&to(upstream.address, &[("up", &changes)]).write(), &["--runtime", runtime]);
        let mut client = proxy.connect();
        client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello").unwrap();
        let response = client.response("POST").unwrap();
        assert_eq!((response.head.status(), response.text()), (201, "abcd"), "{runtime}");
    }
    // The proxy in front speaks HTTP/2 to one with the same plugins, and shows what has come of the trailers.
    let upstream = Upstream::start(|wire| {
        let request = wire.request()?;
        assert_eq!((request.head.first_line.as_str(), request.text()), ("POST /changed HTTP/1.1", "XY"));
        wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-own: 1\r\n\r\n")
    });
    let behind = Bootstrap::to(upstream.address).with_trailers();
    let behind = Proxy::start(&behind.write(), &[]);
    let bootstrap = Bootstrap::to(behind.address()).with_trailers().with_http2();
    let plugin = bootstrap.plugin_value("up", &changes);
    let proxy = Proxy::start(&bootstrap.cluster_plugins(&[plugin]).write(), &[]);
    let mut client = proxy.connect();
    client.send("POST / HTTP/1.1\r\nhost: a\r\nte: trailers\r\ncontent-length: 5\r\n\r\nhello").unwrap();
    let response = client.response("POST").unwrap();
    assert_eq!((response.head.status(), response.text()), (201, "abcd"));
}

#[test]
fn who_pauses_has_the_time_of_an_attempt() {
    let upstream = Upstream::start(mirror);
    for callback in ["proxy_on_request_headers", "proxy_on_response_headers"] {
        let policy = json!({"retry_on": "5xx", "num_retries": 1, "per_try_timeout": "0.05s"});
        let bootstrap = with_retries(upstream.address, &policy);
        let text = r#"(module {{prelude}} (func {{export CALLBACK}} {{PAUSE}}))"#;
        let plugin = bootstrap.plugin_value("waits", &guest(&text.replace("CALLBACK", callback)));
        let proxy = Proxy::start(&bootstrap.cluster_plugins(&[plugin]).write(), &[]);
        let response = proxy.connect().get("/").unwrap();
        assert_eq!((response.head.status(), response.text()), (504, "upstream request timeout"), "{callback}");
        assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_per_try_timeout"], 2, "{callback}");
        proxy.wait_until_idle();
    }
}

#[test]
fn a_plugin_of_the_cluster_waits_for_a_call() {
    let service = answering(200, "Go on");
    let upstream = Upstream::start(mirror);
    for phase in ["request", "response"] {
        let text = include_str!("plugins/call.wat").replace("PHASE", phase).replace("TIMEOUT", "60000");
        let bootstrap = to(upstream.address, &[("call", &guest(&text))]);
        let bootstrap = bootstrap.named_cluster("service", &[service.address], json!({}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        client.send("POST / HTTP/1.1\r\nhost: a\r\nx-cluster: service\r\ncontent-length: 5\r\n\r\nhello").unwrap();
        let response = client.response("POST").unwrap();
        assert_eq!(response.head.status(), 200, "{phase}");
        assert!(response.text().ends_with("body: hello\n"), "{phase}: {}", response.text());
        assert_eq!(response.head.field("x-called"), (phase == "response").then_some("yes"));
        proxy.wait_until_idle();
    }
}

#[test]
fn a_call_of_a_plugin_passes_the_plugins_of_the_cluster() {
    let call = include_str!("plugins/call.wat").replace("PHASE", "request").replace("TIMEOUT", "60000");
    let call = guest(&call);
    for (plugin, status, text) in
        [(marks("up"), 403, "request"), (answers("proxy_on_request_headers"), 503, "the plugin")]
    {
        let upstream = Upstream::start(|wire| {
            loop {
                let request = wire.request()?;
                let mark = request.head.field("x-up").unwrap_or("none").to_owned();
                wire.send(format!("HTTP/1.1 403 No\r\ncontent-length: {}\r\n\r\n{mark}", mark.len()))?;
            }
        });
        let bootstrap = to(upstream.address, &[("up", &plugin)]).plugin("call", &call);
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        client.send("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n").unwrap();
        let response = client.response("GET").unwrap();
        assert_eq!((response.head.status(), response.text()), (status, text));
        proxy.wait_until_idle();
    }
}

/// A service of the process runs on a thread of its own, where the cluster has its plugins, too.
#[test]
fn calls_of_services_pass_the_plugins_of_the_cluster() {
    for singleton in [true, false] {
        let upstream = Upstream::start(|wire| {
            loop {
                let request = wire.request()?;
                let text = format!("{} {}", request.text(), request.head.field("x-up").unwrap_or("unmarked"));
                wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
            }
        });
        let service = guest(include_str!("plugins/call_at_start.wat"));
        let bootstrap = to(upstream.address, &[("up", &marks("up"))]).service("calls", &service, singleton);
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        for event in ["vm start", "configure"] {
            let text = format!("{event} request ");
            proxy.program().stderr.wait_for(|line| line.contains(&text)).unwrap();
        }
    }
}

#[test]
fn grpc_calls_and_streams_pass_the_plugins_of_the_cluster() {
    let (call, stream) = (include_str!("plugins/grpc_call.wat"), include_str!("plugins/grpc_stream.wat"));
    let answers = answers("proxy_on_request_headers");
    for (plugin, path, filter, expected) in [
        (call, "/Echo", marks("up"), (200, "re:ping")),
        (stream, "/Chat", marks("up"), (400, "i;re:one;re:two;t;")),
        (call, "/Echo", answers, (414, "the plugin")),
    ] {
        let server = GrpcServer::start();
        let bootstrap = Bootstrap::new().cluster(server.address).with_http2();
        let filter_config = bootstrap.plugin_value("up", &filter);
        let route = direct_response(json!({"prefix": "/"}), 200, "by the route\n");
        let bootstrap = bootstrap.cluster_plugins(&[filter_config]).plugin("calls", &guest(plugin)).route(route);
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let response = proxy.connect().get(path).unwrap();
        assert_eq!((response.head.status(), response.text()), expected, "{path}");
        if expected.1 != "the plugin" {
            let Seen::Request(_, _, fields) = server.seen.recv().unwrap() else { panic!("a request comes first") };
            assert_eq!(fields["x-up"], "request");
        }
        proxy.wait_until_idle();
    }
}

#[test]
fn a_plugin_that_fails_is_passed_by_where_it_may_be() {
    let traps = guest("(module {{prelude}} (func {{export proxy_on_request_headers}} unreachable))");
    let upstream = answering(200, "the upstream");
    for (policy, status, text) in [("FAIL_CLOSED", 503, ""), ("FAIL_OPEN", 200, "the upstream")] {
        let bootstrap = with_retries(upstream.address, &json!({"retry_on": "5xx", "num_retries": 3}));
        let mut plugin = bootstrap.plugin_value("traps", &traps);
        plugin["failure_policy"] = json!(policy);
        let proxy = Proxy::start(&bootstrap.cluster_plugins(&[plugin]).write(), &[]);
        let mut client = proxy.connect();
        for _ in 0..2 {
            let response = client.get("/").unwrap();
            assert_eq!((response.head.status(), response.text()), (status, text), "{policy}");
        }
        assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_retry"], 0, "{policy}");
        proxy.wait_until_idle();
    }
}

/// As in Envoy, where both have the name that the documentation gives them.
#[test]
fn a_route_switches_off_the_filter_of_a_name_in_listener_and_cluster() {
    let upstream = Upstream::start(mirror);
    let bootstrap = Bootstrap::new().cluster(upstream.address);
    let plugin = bootstrap.plugin_value("up", &marks("up"));
    let route = |prefix: &str| json!({"match": {"prefix": prefix}, "route": {"cluster": "upstream"}});
    let mut off = route("/off");
    off["typed_per_filter_config"] = of_plugins(switch(true));
    let bootstrap = bootstrap.cluster_plugins(&[plugin]).plugin("own", &marks("own")).route(off).route(route("/"));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, mark) in [("/off", None), ("/", Some("response"))] {
        let response = client.get(path).unwrap();
        let fields = ["x-own", "x-up"].map(|name| response.head.field(name));
        assert_eq!(fields, [mark; 2], "{path}");
    }
}

/// Keeps a property of the stream, or answers with it.
const KEEPS: &str = r#"(module {{prelude}}
  (func {{export proxy_on_request_headers}} {{proxy_set_property "kept" "by the listener"}} {{CONTINUE}}))"#;
const TELLS: &str = r#"(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "kept" 0x10 0x18}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-kept" (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{proxy_get_property "xds\00cluster_name" 0x10 0x18}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-to" (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{CONTINUE}}))"#;

#[test]
fn what_is_known_of_a_stream_is_known_to_the_plugins_of_the_cluster() {
    let upstream = Upstream::start(mirror);
    let bootstrap = to(upstream.address, &[("tells", &guest(TELLS))]).plugin("keeps", &guest(KEEPS));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    let text = response.text();
    assert!(text.contains("x-kept: by the listener\n") && text.contains("x-to: upstream\n"), "{text}");
}

#[test]
fn another_configuration_has_other_plugins_and_the_last_ones_go() {
    let upstream = Upstream::start(mirror);
    let generation = |value: &str| super::plugin_output::header("x-generation", value);
    let bootstrap = to(upstream.address, &[("up", &generation("one"))]);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    assert_eq!(client.get("/").unwrap().head.field("x-generation"), Some("one"));
    bootstrap.replace_with(&to(upstream.address, &[("up", &generation("two"))]));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(client.get("/").unwrap().head.field("x-generation"), Some("two"));
    proxy.wait_for_stats(|stats| stats["reload.generations_active"] == 1 && stats["wasm.wasm_vm_count"] == 1);
    // Without any, and the connections of such a cluster stay.
    bootstrap.replace_with(&Bootstrap::to(upstream.address));
    assert_eq!(proxy.reload().0, 200);
    assert_eq!(client.get("/").unwrap().head.field("x-generation"), None);
    proxy.wait_for_stats(|stats| stats["reload.generations_active"] == 1 && stats["wasm.wasm_vm_count"] == 0);
}

/// Agrees to an upgrade, and sends back what comes in brackets.
fn switching(wire: &mut Wire) -> io::Result<()> {
    let request = wire.request()?;
    assert_eq!(request.head.field("upgrade"), Some("websocket"));
    wire.send("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n")?;
    loop {
        let piece = wire.bytes(2)?;
        wire.send([b"[", &piece[..], b"]"].concat())?;
    }
}

#[test]
fn bytes_of_an_upgrade_pass_the_plugins_of_the_cluster() {
    let upstream = Upstream::start(switching);
    let changes = guest(&CHANGES.replace("\"/changed\"", "\"/\"").replace("\"201\"", "\"101\""));
    let upgrades = json!({"upgrade_configs": [{"upgrade_type": "websocket"}]});
    let bootstrap = to(upstream.address, &[("up", &changes)]).manager(upgrades);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n").unwrap();
    let head = wire.head().unwrap();
    assert_eq!((head.status(), head.field("upgrade")), (101, Some("websocket")));
    for _ in 0..3 {
        wire.send("hello").unwrap();
        assert_eq!(wire.bytes(4).unwrap(), b"abcd");
    }
    wire.finish_sending();
    proxy.wait_until_idle();
}

#[test]
fn a_client_that_goes_away_ends_the_attempt() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let bootstrap = to(upstream.address, &[("up", &marks("up"))]);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    proxy.wait_for_stats(|stats| stats["wasm.up.streams_active"] == 1);
    drop(client);
    proxy.wait_until_idle();
    let texts: Vec<_> = said(&proxy.stop().stderr, "up").into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["create", "request headers", "done", "delete"]);
}
