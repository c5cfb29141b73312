//! The admin interface: Envoy's pages, what plugins are doing, and who may change what.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::proxy::{Proxy, plugin_lines};
use crate::support::wire::Message;
use serde_json::{Value, json};

/// Traps in requests to paths that begin with `/t`; says its log level at debug, and in all others at info.
const TRAPPING: &str = r#"(module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_log_level" (func $level (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) ":path") (data (i32.const 32) "level 0")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $level (i32.const 64)))
    (i32.store8 (i32.const 38) (i32.add (i32.const 48) (i32.load (i32.const 64))))
    (drop (call $log (i32.const 1) (i32.const 32) (i32.const 7)))
    (drop (call $get (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 20)))
    (if (i32.eq (i32.load8_u (i32.add (i32.load (i32.const 16)) (i32.const 1))) (i32.const 116)) (then unreachable))
    (i32.const 0))
  (func (export "proxy_on_log") (param i32)))"#;

fn served() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello\n"))
}

fn document(answer: &Message) -> Value {
    assert_eq!(answer.head.status(), 200, "{answer:?}");
    assert_eq!(answer.head.field("content-type"), Some("application/json"));
    serde_json::from_slice(&answer.body).unwrap()
}

/// Status and text of an answer.
fn said(answer: &Message) -> (u16, &str) {
    (answer.head.status(), answer.text())
}

#[test]
fn every_page_that_help_names_is_there_and_changes_nothing_by_get() {
    let bootstrap = served();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let help = proxy.admin("/help");
    let pages: Vec<_> = help.text().lines().filter_map(|line| line.strip_prefix("  /")).collect();
    assert!(pages.len() > 12, "{help:?}");
    for page in pages {
        let (path, _) = page.split_once(':').unwrap();
        let (path, changes) = path.strip_suffix(" (POST)").map_or((path, false), |path| (path, true));
        let answer = proxy.admin(&format!("/{path}"));
        if changes {
            assert_eq!(said(&answer), (405, "Method GET not allowed, POST required."), "{path}");
        } else {
            assert_eq!(answer.head.status(), 200, "{path}");
        }
        assert_eq!(answer.head.field("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.head.field("cache-control"), Some("no-cache, max-age=0"));
    }
    assert_eq!(proxy.admin("/").text(), help.text());
    let unknown = proxy.admin("/nope");
    assert!(unknown.head.status() == 404 && unknown.text().starts_with("invalid path. admin commands are:\n"));
    assert_eq!(
        said(&proxy.admin("/runtime_modify")),
        (501, "/runtime_modify of Envoy is not supported by Tollgate: there are no runtime flags\n")
    );
}

#[test]
fn pages_of_other_sites_change_nothing() {
    let bootstrap = served();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for foreign in ["origin: https://evil.example\r\n", "sec-fetch-site: cross-site\r\n", "origin: null\r\n"] {
        for page in ["/healthcheck/fail", "/quitquitquit", "/reload", "/plugins?timing=off", "/logging?level=off"] {
            let answer = proxy.post(page, foreign);
            assert!(answer.head.status() == 403 && answer.text().contains("page of another site"), "{answer:?}");
        }
    }
    assert_eq!(said(&proxy.admin("/ready")), (200, "LIVE\n"));
    let own = format!("origin: http://{}\r\nsec-fetch-site: same-origin\r\n", proxy.admin_address());
    assert_eq!(said(&proxy.post("/healthcheck/fail", &own)), (200, "OK\n"));
}

#[test]
fn ready_says_what_it_is_told_and_the_server_what_it_is() {
    let bootstrap = served().node(json!({"id": "me", "metadata": {"api_key": "XYZZY"}}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let state = || document(&proxy.admin("/server_info"))["state"].clone();
    assert_eq!((said(&proxy.admin("/ready")), state()), ((200, "LIVE\n"), json!("LIVE")));
    proxy.post("/healthcheck/fail", "");
    assert_eq!((said(&proxy.admin("/ready")), state()), ((503, "DRAINING\n"), json!("DRAINING")));
    assert_eq!(proxy.stats()["server.live"], 0);
    assert_eq!(proxy.connect().get("/").unwrap().text(), "hello\n", "it serves as before");
    proxy.post("/healthcheck/ok", "");
    assert_eq!(said(&proxy.admin("/ready")), (200, "LIVE\n"));
    let info = document(&proxy.admin("/server_info"));
    assert_eq!(info["command_line_options"]["concurrency"], 1);
    assert_eq!(info["command_line_options"]["log_level"], "info");
    assert_eq!((&info["node"]["id"], &info["generation"]), (&json!("me"), &json!(1)));
    assert!(!info.to_string().contains("XYZZY"), "{info}");
}

#[test]
fn listeners_and_clusters_are_listed_in_envoys_forms() {
    let upstream = "127.0.0.1:9".parse().unwrap();
    let bootstrap = served().cluster(upstream);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let address = proxy.address();
    assert_eq!(said(&proxy.admin("/listeners")), (200, &*format!("main::{address}\n")));
    let listeners = document(&proxy.admin("/listeners?format=json"));
    let socket = json!({"socket_address": {"address": "127.0.0.1", "port_value": address.port()}});
    assert_eq!(listeners, json!({"listener_statuses": [{"name": "main", "local_address": socket}]}));
    let text = proxy.admin("/clusters");
    for line in ["upstream::added_via_api::false", "upstream::127.0.0.1:9::health_flags::healthy"] {
        assert!(text.text().lines().any(|own| own == line), "{text:?}");
    }
    let clusters = document(&proxy.admin("/clusters?format=json"));
    let host = &clusters["cluster_statuses"][0]["host_statuses"][0];
    assert_eq!((&host["weight"], &host["health_status"]), (&json!(1), &json!({"eds_health_status": "HEALTHY"})));
    assert_eq!(proxy.admin("/clusters?filter=^other$").text(), "");
    for wrong in ["/clusters?filter=(", "/clusters?format=xml", "/listeners?format=xml"] {
        assert_eq!(proxy.admin(wrong).head.status(), 400, "{wrong}");
    }
}

#[test]
fn the_configuration_is_dumped_without_secrets() {
    let bootstrap = served().cluster("127.0.0.1:9".parse().unwrap());
    let bootstrap = bootstrap.node(json!({"id": "me", "metadata": {"registry": {"user": "u", "password": "XYZZY"}}}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let dump = document(&proxy.admin("/config_dump"));
    assert!(!dump.to_string().contains("XYZZY") && dump.to_string().contains("[redacted]"), "{dump}");
    let types: Vec<_> = dump["configs"].as_array().unwrap().iter().map(|config| config["@type"].clone()).collect();
    let own = |name| json!(format!("type.googleapis.com/envoy.admin.v3.{name}ConfigDump"));
    assert_eq!(types, [own("Bootstrap"), own("Clusters"), own("Listeners")]);
    let listeners = document(&proxy.admin("/config_dump?resource=static_listeners&name_regex=^ma"));
    assert_eq!(listeners["configs"][0]["listener"]["name"], "main");
    assert_eq!(document(&proxy.admin("/config_dump?resource=static_clusters&name_regex=^ma"))["configs"], json!([]));
    assert_eq!(proxy.admin("/config_dump?resource=secrets").head.status(), 400);
}

#[test]
fn the_level_of_logs_changes_while_it_runs_and_plugins_see_it() {
    let bootstrap = served().plugin("speaker", TRAPPING);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let levels = |answer: &Message| answer.text().replace("active loggers:\n", "").replace('\n', "");
    let mut client = proxy.connect();
    assert_eq!(client.get("/").unwrap().head.status(), 200);
    assert_eq!(levels(&proxy.post("/logging", "")), "  main: info  wasm: info");
    assert_eq!(levels(&proxy.post("/logging?wasm=debug", "")), "  main: info  wasm: debug");
    assert_eq!(client.get("/").unwrap().head.status(), 200);
    assert_eq!(levels(&proxy.post("/logging?paths=main:debug,wasm:trace", "")), "  main: debug  wasm: trace");
    assert_eq!(client.get("/").unwrap().head.status(), 200);
    assert_eq!(levels(&proxy.post("/logging?wasm=off", "")), "  main: debug  wasm: off");
    assert_eq!(client.get("/").unwrap().head.status(), 200);
    let wrong = proxy.post("/logging?level=loud", "");
    assert!(wrong.head.status() == 400 && wrong.text().starts_with("error: unknown logger level \"loud\"\n"));
    let lines: Vec<_> = plugin_lines(&proxy.stop().stderr).into_iter().map(|line| line.text).collect();
    assert_eq!(lines, ["level 1", "level 0"], "of four requests, two at a level that shows it");
}

#[test]
fn plugins_tell_what_they_do_and_how_they_failed() {
    let bootstrap = served().plugin_with("trapping", TRAPPING, &[("failure_policy", json!("FAIL_RELOAD"))]);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let one = || document(&proxy.admin("/plugins"))["plugins"][0].clone();
    let timing = |how| proxy.post(&format!("/plugins?timing={how}"), "");
    assert_eq!(document(&timing("on"))["timing"], "on");
    let mut client = proxy.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/").unwrap().head.status(), 200);
    }
    proxy.wait_until_idle();
    let plugin = one();
    assert_eq!((&plugin["name"], &plugin["state"]), (&json!("trapping"), &json!("running")));
    assert_eq!((&plugin["vms"], &plugin["memory_bytes"], &plugin["threads"]), (&json!(1), &json!([65536]), &json!(1)));
    assert_eq!((&plugin["failure_policy"], &plugin["traps"]), (&json!("FAIL_RELOAD"), &json!(0)));
    assert!(plugin["source"].as_str().unwrap().ends_with("trapping.wasm"), "{plugin}");
    let calls: Vec<_> = plugin["callbacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|callback| {
            assert_eq!(callback["calls"], callback["timed"], "{callback}");
            assert!(callback["p50_us"].as_f64() <= callback["p99_us"].as_f64(), "{callback}");
            (callback["name"].as_str().unwrap(), callback["calls"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(calls, [("proxy_on_log", 3), ("proxy_on_request_headers", 3)]);

    document(&timing("off"));
    assert_eq!(client.get("/trap").unwrap().head.status(), 503);
    let plugin = one();
    let trap = &plugin["last_trap"];
    assert_eq!((&plugin["state"], &plugin["traps"]), (&json!("waiting"), &json!(1)));
    assert_eq!(
        (&trap["callback"], &trap["request"]),
        (&json!("proxy_on_request_headers"), &json!("GET localhost/trap"))
    );
    assert!(trap["unix_ms"].as_u64() > Some(1_600_000_000_000) && trap["message"] != "", "{trap}");
    let callback = &plugin["callbacks"][1];
    assert_eq!((&callback["calls"], &callback["timed"]), (&json!(4), &json!(3)));
    assert_eq!(proxy.stats()["wasm.trapping.traps"], 1);

    let prometheus = proxy.admin("/stats/prometheus");
    let labels = r#"plugin="trapping",callback="proxy_on_request_headers""#;
    for line in [
        format!("tollgate_wasm_callbacks_total{{{labels}}} 4"),
        format!("tollgate_wasm_callback_seconds_count{{{labels}}} 3"),
        format!("tollgate_wasm_callback_seconds_bucket{{{labels},le=\"+Inf\"}} 3"),
        r#"tollgate_wasm_traps_total{plugin="trapping"} 1"#.to_owned(),
        r#"tollgate_wasm_vm_memory_max_bytes{plugin="trapping"} 65536"#.to_owned(),
        "# TYPE tollgate_wasm_callback_seconds histogram".to_owned(),
    ] {
        assert!(prometheus.text().lines().any(|own| own == line), "{line} is not in\n{}", prometheus.text());
    }
    let text = proxy.admin("/plugins?format=text");
    assert!(text.text().starts_with("timing: off\ntrapping: waiting on 0/1 threads, generation 1, "), "{text:?}");
    assert_eq!(timing("often").head.status(), 400);
    assert_eq!(proxy.admin("/plugins?timing=on").head.status(), 405, "reading changes nothing");
}

#[test]
fn drained_listeners_take_no_connections_until_the_configuration_is_read_again() {
    let bootstrap = served().manager(json!({"drain_timeout": "0s"}));
    let proxy = Proxy::start_with_workers(2, &bootstrap.write(), &[]);
    let mut kept = proxy.connect();
    assert_eq!(kept.get("/").unwrap().text(), "hello\n");
    assert_eq!(proxy.post("/drain_listeners?inboundonly", "").head.status(), 400);
    assert_eq!(said(&proxy.post("/drain_listeners?graceful", "")), (200, "OK\n"));
    assert!(kept.is_closed(), "a connection at rest");
    assert_eq!(proxy.admin("/listeners").text(), "");
    let refused = std::net::TcpStream::connect_timeout(&proxy.address(), crate::support::PATIENCE);
    assert!(refused.is_err(), "nobody listens there any more");
    assert_eq!(said(&proxy.admin("/ready")), (200, "LIVE\n"), "as in Envoy");
    let (status, text) = proxy.reload();
    let address = text.lines().find_map(|line| line.strip_prefix("listener  main: http://")).unwrap();
    let mut again = crate::support::wire::Wire::connect(address.parse().unwrap());
    assert_eq!((status, again.get("/").unwrap().text()), (200, "hello\n"));
    assert_eq!(proxy.admin("/listeners").text(), format!("main::{address}\n"));
}

#[test]
fn counters_can_begin_anew() {
    let bootstrap = served();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut wire = proxy.connect();
    wire.get("/").unwrap();
    assert_eq!(said(&proxy.post("/reset_counters", "")), (200, "OK\n"));
    let numbers = || {
        let stats = proxy.stats();
        ["rq_total", "rq_2xx", "cx_active"].map(|name| stats[&format!("http.test.downstream_{name}")])
    };
    assert_eq!(numbers(), [0, 0, 1], "a gauge is what it is");
    assert!(proxy.admin("/stats?usedonly").text().contains("http.test.downstream_rq_total: 0\n"));
    assert!(
        proxy
            .admin("/stats/prometheus")
            .text()
            .contains("downstream_rq_total{envoy_http_conn_manager_prefix=\"test\"} 0\n")
    );
    wire.get("/").unwrap();
    assert_eq!(numbers(), [1, 1, 1]);
}

#[test]
fn there_are_the_statistics_that_the_configuration_wants() {
    let names = |matcher: Value| {
        let mut bootstrap = served();
        bootstrap = bootstrap.top(json!({"stats_config": {"stats_matcher": matcher}}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        proxy.stats().into_keys().collect::<Vec<_>>()
    };
    let only = names(json!({"inclusion_list": {"patterns": [{"prefix": "http."}, {"suffix": ".uptime"}]}}));
    assert!(only.iter().any(|name| name == "http.test.downstream_rq_total"), "{only:?}");
    assert!(only.iter().all(|name| name.starts_with("http.") || name.ends_with(".uptime")), "{only:?}");
    let others = names(json!({"exclusion_list": {"patterns": [{"safe_regex": {"regex": "http\\..*"}}]}}));
    assert!(!others.is_empty() && others.iter().all(|name| !name.starts_with("http.")), "{others:?}");
    assert!(names(json!({"reject_all": true})).is_empty());
    assert_eq!(
        names(json!({"reject_all": false})),
        names(json!({"exclusion_list": {"patterns": [{"exact": "none"}]}}))
    );
}

#[test]
fn it_stops_when_it_is_asked_to() {
    let bootstrap = served();
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(proxy.admin("/quitquitquit").head.status(), 405);
    assert_eq!(said(&proxy.post("/quitquitquit", "")), (200, "OK\n"));
    let finished = proxy.wait();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.printed());
}
