//! Access logs: plugins that are told of every request once, when it is over, and lines that are written of it.

use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::grpc::GrpcServer;
use crate::support::http2::{Http2, request};
use crate::support::program::Program;
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::upstream::Upstream;
use serde_json::json;

const ACCESS_LOG: &str = include_str!("plugins/access_log.wat");
const TRAP: &str = r#"(module (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_log") (param i32) unreachable))"#;

fn routes() -> Bootstrap {
    Bootstrap::new()
        .route(direct_response(json!({"path": "/teapot"}), 418, "short and stout\n"))
        .route(direct_response(json!({"path": "/"}), 200, "hello\n"))
}

/// What the plugin of this name has said.
fn said(log: &[String], plugin: &str) -> Vec<(u32, String)> {
    let lines = plugin_lines(log).into_iter().filter(|line| line.plugin == plugin);
    lines.map(|line| (line.context, line.text)).collect()
}

#[test]
fn every_request_is_logged_once_on_the_plugins_context() {
    let bootstrap = routes().access_log("log", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, status) in [("/", 200), ("/teapot", 418), ("/nowhere", 404)] {
        assert_eq!(client.get(path).unwrap().head.status(), status);
    }
    proxy.wait_until_idle();
    let finished = proxy.stop();
    let said = said(&finished.stderr, "log");
    assert!(said.iter().all(|(context, _)| *context == 1), "{said:?}");
    let texts: Vec<_> = said.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["/", "200", "/teapot", "418", "/nowhere", "404", "done"]);
}

#[test]
fn loggers_come_after_the_filters_have_logged_and_before_they_are_done() {
    let bootstrap = routes().plugin("filter", ACCESS_LOG).access_log("log", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(proxy.connect().get("/teapot").unwrap().head.status(), 418);
    proxy.wait_until_idle();
    let finished = proxy.stop();
    let lines = plugin_lines(&finished.stderr);
    let order: Vec<_> = lines.iter().take(5).map(|line| (line.plugin.as_str(), line.text.as_str())).collect();
    let expected = [("filter", "/teapot"), ("filter", "418"), ("log", "/teapot"), ("log", "418"), ("filter", "done")];
    assert_eq!(order, expected);
}

#[test]
fn a_logger_is_told_of_what_its_filter_lets_through() {
    let failed = json!({"status_code_filter": {"comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "k"}}}});
    let asked = json!({"header_filter": {"header": {"name": ":path", "string_match": {"exact": "/"}}}});
    let bootstrap = routes().access_log("failed", ACCESS_LOG).filtered(failed);
    let bootstrap = bootstrap.access_log("asked", ACCESS_LOG).filtered(asked).access_log("all", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, status) in [("/", 200), ("/teapot", 418), ("/nowhere", 404)] {
        assert_eq!(client.get(path).unwrap().head.status(), status);
    }
    proxy.wait_until_idle();
    let stderr = proxy.stop().stderr;
    for (logger, expected) in [
        ("failed", &["/teapot", "418", "/nowhere", "404", "done"][..]),
        ("asked", &["/", "200", "done"]),
        ("all", &["/", "200", "/teapot", "418", "/nowhere", "404", "done"]),
    ] {
        let texts: Vec<_> = said(&stderr, logger).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, expected, "{logger}");
    }
}

#[test]
fn a_logger_of_a_tcp_proxy_is_told_of_what_its_filter_lets_through() {
    const COUNT: &str = r#"(module
      (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "logged")
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "malloc") (param i32) (result i32) (i32.const 64))
      (func (export "proxy_on_log") (param i32) (drop (call $log (i32.const 2) (i32.const 0) (i32.const 6)))))"#;
    let upstream = Upstream::start(|wire| wire.send("hello"));
    let of = |kind: &str| json!({"log_type_filter": {"types": [kind]}});
    let bootstrap =
        Bootstrap::tcp(upstream.address, json!({})).access_log("tcp", COUNT).filtered(of("TcpConnectionEnd"));
    let proxy = Proxy::start(&bootstrap.access_log("http", COUNT).filtered(of("DownstreamEnd")).write(), &[]);
    assert_eq!(proxy.connect().rest().unwrap(), b"hello");
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_cx_active"] == 0);
    let stderr = proxy.stop().stderr;
    assert_eq!(said(&stderr, "tcp").len(), 1, "{stderr:?}");
    assert_eq!(said(&stderr, "http").len(), 0, "{stderr:?}");
}

#[test]
fn a_logger_that_traps_is_not_the_clients_business() {
    let bootstrap = routes().access_log("bad", TRAP).access_log("log", ACCESS_LOG);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..2 {
        assert_eq!(client.get("/").unwrap().text(), "hello\n");
    }
    proxy.wait_until_idle();
    assert_eq!(proxy.stats()["wasm.bad.vm_failed"], 1);
    let finished = proxy.stop();
    let traps = finished.stderr.iter().filter(|line| line.contains("proxy_on_log failed")).count();
    assert_eq!(traps, 1, "the trap is told once, and the plugin is not called again");
    assert_eq!(said(&finished.stderr, "log").len(), 5);
}

/// An access log of a type, with further fields.
fn written(name: &str, fields: &serde_json::Value) -> serde_json::Value {
    let mut config = json!({"@type": type_url(&format!("access_loggers.{name}"))});
    fields.as_object().into_iter().flatten().for_each(|(field, value)| config[field] = value.clone());
    json!({"name": name, "typed_config": config})
}

#[test]
fn lines_go_to_files_and_standard_output_and_a_reload_opens_files_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let line = |text: &str| json!({"log_format": {"text_format_source": {"inline_string": text}}});
    let object =
        json!({"path": path, "log_format": {"json_format": {"path": "%REQ(:PATH)%", "code": "%RESPONSE_CODE%"}}});
    let bootstrap = routes().manager(json!({"access_log": [
        written("file.v3.FileAccessLog", &object),
        written("stream.v3.StdoutAccessLog", &line("%PROTOCOL% %RESPONSE_CODE% %BYTES_SENT% %RESPONSE_FLAGS% %REQ(x-a)%\n")),
    ]}));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for path in ["/", "/nowhere"] {
        client.get(path).unwrap();
    }
    proxy.program().stdout.wait_for(|line| line == "HTTP/1.1 404 0 NR -").unwrap();
    std::fs::rename(&path, &moved).unwrap();
    assert_eq!(proxy.reload().0, 200);
    client.get("/teapot").unwrap();
    let finished = proxy.stop();
    let lines: Vec<_> = finished.stdout.iter().filter(|line| line.starts_with("HTTP/1.1")).collect();
    assert_eq!(lines, ["HTTP/1.1 200 6 - -", "HTTP/1.1 404 0 NR -", "HTTP/1.1 418 16 - -"]);
    let read = |path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&moved), "{\"path\":\"/\",\"code\":200}\n{\"path\":\"/nowhere\",\"code\":404}\n");
    assert_eq!(read(&path), "{\"path\":\"/teapot\",\"code\":418}\n");
}

/// A log to standard output, of a text.
fn printed(text: &str, filter: Option<serde_json::Value>) -> serde_json::Value {
    let line = json!({"log_format": {"text_format_source": {"inline_string": format!("{text}\n")}}});
    let mut log = written("stream.v3.StdoutAccessLog", &line);
    if let Some(filter) = filter {
        log["filter"] = filter;
    }
    log
}

/// The lines that begin so.
fn lines<'a>(stdout: &'a [String], begin: &str) -> Vec<&'a str> {
    stdout.iter().filter_map(|line| line.strip_prefix(begin)).collect()
}

#[test]
fn a_filter_decides_which_requests_have_a_line() {
    let status = |op: &str, value: u16| json!({"status_code_filter": {"comparison": {"op": op, "value": {"default_value": value}}}});
    let header = json!({"header_filter": {"header": {"name": "x-a", "present_match": true}}});
    let fraction =
        |numerator: u32| json!({"runtime_filter": {"runtime_key": "k", "percent_sampled": {"numerator": numerator}}});
    let logs = [
        ("errors", status("GE", 400)),
        ("teapots", json!({"and_filter": {"filters": [status("GE", 400), status("NE", 404)]}})),
        ("either", json!({"or_filter": {"filters": [header, status("EQ", 418)]}})),
        ("flagged", json!({"response_flag_filter": {"flags": ["NR", "UO"]}})),
        ("all", fraction(100)),
        ("none", fraction(0)),
        ("slow", json!({"duration_filter": {"comparison": {"op": "GE", "value": {"default_value": 3_600_000}}}})),
        ("checks", json!({"not_health_check_filter": {}})),
        ("ends", json!({"log_type_filter": {"types": ["DownstreamEnd"]}})),
        ("grpc", json!({"grpc_status_filter": {"statuses": ["UNIMPLEMENTED"]}})),
    ];
    let logs: Vec<_> =
        logs.into_iter().map(|(name, filter)| printed(&format!("{name} %REQ(:PATH)%"), Some(filter))).collect();
    let proxy = Proxy::start(&routes().manager(json!({"access_log": logs})).write(), &[]);
    let mut client = proxy.connect();
    for path in ["/", "/teapot", "/nowhere"] {
        client.get(path).unwrap();
    }
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx-a: 1\r\n\r\n").unwrap();
    client.response("GET").unwrap();
    let stdout = proxy.stop().stdout;
    let all = ["/", "/teapot", "/nowhere", "/"];
    for (name, expected) in [
        ("errors ", &["/teapot", "/nowhere"][..]),
        ("teapots ", &["/teapot"]),
        ("either ", &["/teapot", "/"]),
        ("flagged ", &["/nowhere"]),
        ("all ", &all),
        ("none ", &[]),
        ("slow ", &[]),
        ("checks ", &all),
        ("ends ", &all),
        ("grpc ", &["/nowhere"]),
    ] {
        assert_eq!(lines(&stdout, name), expected, "{name}");
    }
}

/// What is told of a connection.
const CONNECTION: &str = "%ACCESS_LOG_TYPE% %BYTES_RECEIVED% %BYTES_SENT% %RESPONSE_CODE% %RESPONSE_FLAGS% %PROTOCOL% \
                          %UPSTREAM_CLUSTER% %FILTER_CHAIN_NAME% %REQUESTED_SERVER_NAME% %RESPONSE_CODE_DETAILS%";

#[test]
fn a_connection_of_a_tcp_proxy_has_a_line_of_its_listener_and_one_of_the_proxy() {
    let upstream = Upstream::start(|wire| {
        let got = wire.bytes(5)?;
        wire.send([&got[..], b"!"].concat())
    });
    let logs = || json!([printed(CONNECTION, None)]);
    let bootstrap = Bootstrap::tcp(upstream.address, json!({"access_log": logs()}));
    let bootstrap = bootstrap.listener(json!({"access_log": logs()})).chain(json!({"name": "bytes"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.send("hello").unwrap();
    assert_eq!(wire.rest().unwrap(), b"hello!");
    drop(wire);
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_cx_active"] == 0);
    let cut = proxy.connect();
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_cx_active"] == 1);
    let stdout = proxy.stop().stdout;
    drop(cut);
    let of = |kind: &str, bytes: &str| format!("{kind} {bytes} 0 - - upstream bytes - -");
    let expected: Vec<_> =
        ["5 6", "0 0"].iter().flat_map(|bytes| [of("NotSet", bytes), of("TcpConnectionEnd", bytes)]).collect();
    let lines: Vec<_> = stdout.iter().filter(|line| line.contains(" upstream ")).collect();
    assert_eq!(lines, expected.iter().collect::<Vec<_>>(), "{stdout:?}");
}

#[test]
fn a_proxy_that_cannot_connect_tells_why() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = "end %RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG% %UPSTREAM_HOST% %UPSTREAM_REQUEST_ATTEMPT_COUNT% \
                %UPSTREAM_TRANSPORT_FAILURE_REASON%";
    let bootstrap = Bootstrap::tcp(nobody, json!({"access_log": [printed(text, None)], "max_connect_attempts": 2}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert!(proxy.connect().is_closed());
    let stdout = proxy.stop().stdout;
    let flags = "UF,URX UpstreamConnectionFailure,UpstreamRetryLimitExceeded";
    assert_eq!(lines(&stdout, "end "), [format!("{flags} {nobody} 2 delayed_connect_error:_Connection_refused")]);
}

#[test]
fn an_upstream_that_resets_a_connection_is_told_apart_from_one_that_ends_it() {
    for (resets, flag) in [(false, "-"), (true, "UR")] {
        let upstream = Upstream::start(move |wire| {
            if resets {
                wire.will_break_off();
            }
            wire.bytes(5).map(drop)
        });
        let bootstrap =
            Bootstrap::tcp(upstream.address, json!({"access_log": [printed("end %RESPONSE_FLAGS%", None)]}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut wire = proxy.connect();
        wire.send("hello").unwrap();
        assert!(wire.is_closed());
        let stdout = proxy.stop().stdout;
        assert_eq!(lines(&stdout, "end "), [flag]);
    }
}

#[test]
fn a_connection_of_http_has_a_line_of_its_listener() {
    let bootstrap = routes().listener(json!({"access_log": [printed(CONNECTION, None)]})).chain(json!({"name": "web"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let request = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut wire = proxy.connect();
    wire.send(request).unwrap();
    let sent = wire.rest().unwrap().len();
    let mut wire = proxy.connect();
    wire.send("nonsense\r\n\r\n").unwrap();
    let told = wire.rest().unwrap().len();
    drop(wire);
    drop(proxy.connect());
    let line = "NotSet 0 0 0 - - - web - -";
    proxy.program().stdout.wait_for(|own| own == line).unwrap();
    let stdout = proxy.stop().stdout;
    let expected = [
        format!("{} {sent} 0 - HTTP/1.1 - web - -", request.len()),
        format!("12 {told} 0 DPE HTTP/1.1 - web - -"),
        line[7..].to_owned(),
    ];
    assert_eq!(lines(&stdout, "NotSet "), expected);
}

#[test]
fn a_status_of_grpc_and_trailers_are_told() {
    let server = GrpcServer::start();
    let text = "said %GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER% %TRAILER(x-trail)%";
    let bootstrap = Bootstrap::to(server.address).with_http2().manager(json!({"access_log": [printed(text, None)]}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Http2::connect(proxy.address());
    for path in ["/s/Echo", "/s/TrailersOnly"] {
        let mut call = request("POST", path);
        call.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        client.send(call, b"\0\0\0\0\x02hi", None).unwrap();
    }
    // One that is none of gRPC.
    client.send(request("POST", "/s/TrailersOnly"), b"", None).unwrap();
    proxy.wait_until_idle();
    let stdout = proxy.stop().stdout;
    assert_eq!(lines(&stdout, "said "), ["OK OK 0 t", "PermissionDenied PERMISSION_DENIED 7 -", "- - - -"]);
}

#[test]
fn files_are_opened_anew_when_somebody_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let fields = json!({"path": path, "log_format": {"text_format_source": {"inline_string": "%REQ(:PATH)%\n"}}});
    let bootstrap = routes().manager(json!({"access_log": [written("file.v3.FileAccessLog", &fields)]}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let moved = |name: &str| {
        let to = folder.path().join(name);
        std::fs::rename(&path, &to).unwrap();
        to
    };
    client.get("/one").unwrap();
    proxy.wait_until_idle();
    let first = moved("first");
    assert_eq!(proxy.post("/reopen_logs", "").head.status(), 200);
    client.get("/two").unwrap();
    proxy.wait_until_idle();
    let second = moved("second");
    proxy.program().signal("USR1");
    while !path.exists() {
        std::thread::yield_now();
    }
    client.get("/three").unwrap();
    assert_eq!(proxy.stop().status.code(), Some(0));
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    assert_eq!([&first, &second, &path].map(|path| read(path)), ["/one\n", "/two\n", "/three\n"]);
}

#[test]
fn a_file_that_cannot_be_opened_keeps_the_proxy_from_starting() {
    let fields = json!({"path": "/nowhere/access.log"});
    let bootstrap = routes().manager(json!({"access_log": [written("file.v3.FileAccessLog", &fields)]}));
    let config = bootstrap.write();
    let finished = Program::start(config.parent().unwrap(), ["run", config.to_str().unwrap()]).wait();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.iter().any(|line| line.contains("the access log /nowhere/access.log cannot be opened")));
}

/// A request that the configuration refuses was logged without saying which it was, and an answer of the upstream's that is not sent
/// as if it had been.
#[test]
fn what_is_refused_and_what_is_not_sent_are_logged_as_the_client_knows_them() {
    let upstream = Upstream::start(|wire| {
        wire.request()?;
        wire.send("HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n")
    });
    let log = printed("log %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%", None);
    let manager = json!({"access_log": [log], "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"}});
    let proxy = Proxy::start(&Bootstrap::to(upstream.address).manager(manager).write(), &[]);
    for (path, field, status) in [("/a%2Fb", "", 400), ("/c", "x_y: 1\r\n", 400), ("/d", "", 502)] {
        let mut client = proxy.connect();
        client.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n{field}\r\n")).unwrap();
        assert_eq!(client.response("GET").unwrap().head.status(), status, "{path}");
    }
    proxy.wait_until_idle();
    assert_eq!(
        lines(&proxy.stop().stdout, "log "),
        [
            "GET /a%2Fb 400 - path_normalization_failed",
            "GET /c 400 DPE http1.unexpected_underscore",
            "GET /d 502 - filter_removed_required_response_headers",
        ]
    );
}

/// It was known once the upstream had answered, so that logs of time-outs had none.
#[test]
fn where_a_connection_to_an_upstream_came_from_is_known_before_it_answers() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let why = json!({"body_format": {"text_format": "%RESPONSE_FLAGS% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"}});
    let bootstrap = || {
        Bootstrap::new()
            .cluster(upstream.address)
            .route(json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0.2s"}}))
            .manager(json!({"local_reply_config": why}))
    };
    for bootstrap in [bootstrap(), bootstrap().with_http2()] {
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let answer = proxy.connect().get("/").unwrap();
        assert_eq!((answer.head.status(), answer.text()), (504, "UT 127.0.0.1"));
    }
}
