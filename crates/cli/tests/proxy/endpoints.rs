//! The choice among a cluster's endpoints: weights, hashes, priorities, health, and how much there may be under way.

use crate::support::bootstrap::{Bootstrap, endpoints};
use crate::support::grpc::GrpcServer;
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, answering, refusing};
use crate::support::wire::Wire;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn route(fields: Value) -> Value {
    let mut action = json!({"cluster": "c"});
    action.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
    json!({"match": {"prefix": "/"}, "route": action})
}

fn count(client: &mut Wire, requests: usize, text: &str) -> usize {
    (0..requests).filter(|_| client.get("/").unwrap().text() == text).count()
}

#[test]
fn requests_come_in_turn_by_weight() {
    let (one, two) = (answering(200, "one"), answering(200, "two"));
    let mut weighted = endpoints(&[one.address, two.address]);
    weighted[1]["load_balancing_weight"] = json!(3);
    let assignment = json!({"cluster_name": "c", "endpoints": [{"lb_endpoints": weighted}]});
    let bootstrap =
        Bootstrap::new().named_cluster("c", &[], json!({"load_assignment": assignment})).route(route(json!({})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(count(&mut proxy.connect(), 40, "one"), 10);
}

#[test]
fn what_has_the_same_hash_goes_the_same_way() {
    let upstreams = [answering(200, "one"), answering(200, "two"), answering(200, "three")];
    let addresses = upstreams.each_ref().map(|upstream| upstream.address);
    for policy in ["RING_HASH", "MAGLEV"] {
        let hash =
            json!({"hash_policy": [{"header": {"header_name": "x-user"}}, {"cookie": {"name": "way", "ttl": "60s"}}]});
        let bootstrap =
            Bootstrap::new().named_cluster("c", &addresses, json!({"lb_policy": policy})).route(route(hash));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        let mut ask = |headers: &str| {
            client.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{headers}\r\n")).unwrap();
            client.response("GET").unwrap()
        };
        let mut met = std::collections::HashSet::new();
        for user in 0..30 {
            let headers = format!("x-user: {user}\r\ncookie: way=fixed\r\n");
            let first = ask(&headers).text().to_owned();
            assert_eq!(ask(&headers).text(), first, "{policy}");
            met.insert(first);
        }
        assert_eq!(met.len(), 3, "{policy}: all are used");
        // Who has no cookie is given one, and comes back to where it was given.
        let first = ask("");
        let cookie = first.head.field("set-cookie").expect("a cookie").to_owned();
        assert!(cookie.contains("; Max-Age=60; HttpOnly"), "{cookie}");
        let again = ask(&format!("cookie: {}\r\n", cookie.split(';').next().unwrap()));
        assert_eq!((again.text(), again.head.field("set-cookie")), (first.text(), None));
    }
}

#[test]
fn the_next_priority_serves_when_the_first_cannot() {
    let spare = answering(200, "spare");
    let (_socket, refused) = refusing();
    let assignment = json!({"cluster_name": "c", "endpoints": [
        {"priority": 0, "lb_endpoints": endpoints(&[refused])},
        {"priority": 1, "lb_endpoints": endpoints(&[spare.address])},
    ]});
    let check = json!([{
        "timeout": "5s", "interval": "60s", "unhealthy_threshold": 1, "healthy_threshold": 1, "tcp_health_check": {},
    }]);
    let fields = json!({"load_assignment": assignment, "health_checks": check});
    let bootstrap = Bootstrap::new().named_cluster("c", &[], fields).route(route(json!({})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(count(&mut proxy.connect(), 5, "spare"), 5);
    let stats = proxy.stats();
    assert_eq!((stats["cluster.c.membership_healthy"], stats["cluster.c.membership_total"]), (1, 2));
    assert_eq!(stats["cluster.c.health_check.network_failure"], 1);
}

#[test]
fn endpoints_that_fail_their_checks_are_left_out_until_they_pass() {
    let is_well = Arc::new(AtomicBool::new(false));
    let seen = is_well.clone();
    let sick = Upstream::start(move |wire| {
        loop {
            let request = wire.request()?;
            let is_check = request.head.first_line.starts_with("HEAD /health ");
            assert!(!is_check || request.head.field("host") == Some("check.test"));
            let status = if is_check && !seen.load(Ordering::SeqCst) { 500 } else { 200 };
            let body = if is_check { "" } else { "sick" };
            wire.send(format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len()))?;
        }
    });
    let good = answering(204, "");
    let check = json!([{
        "timeout": "5s", "interval": "0.05s", "no_traffic_interval": "0.05s", "unhealthy_threshold": 2, "healthy_threshold": 2,
        "http_health_check": {
            "path": "/health", "host": "check.test", "method": "HEAD", "expected_statuses": [{"start": 200, "end": 300}],
        },
    }]);
    let bootstrap = Bootstrap::new()
        .named_cluster("c", &[sick.address, good.address], json!({"health_checks": check}))
        .route(route(json!({})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    assert_eq!(count(&mut client, 10, "sick"), 0);
    is_well.store(true, Ordering::SeqCst);
    proxy.wait_for_stats(|stats| stats["cluster.c.membership_healthy"] == 2);
    assert_eq!(count(&mut client, 10, "sick"), 5);
    is_well.store(false, Ordering::SeqCst);
    proxy.wait_for_stats(|stats| stats["cluster.c.membership_healthy"] == 1);
    assert_eq!(count(&mut client, 10, "sick"), 0);
}

#[test]
fn a_grpc_server_is_asked_by_the_standard_service() {
    // It answers, and not with what the service says.
    let server = GrpcServer::start();
    let check = json!([{
        "timeout": "5s", "interval": "60s", "unhealthy_threshold": 1, "healthy_threshold": 1,
        "grpc_health_check": {"service_name": "s"},
    }]);
    let bootstrap = Bootstrap::new()
        .named_cluster("c", &[server.address], json!({"health_checks": check, "http2_protocol_options": {}}))
        .route(route(json!({})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let stats = proxy.stats();
    assert_eq!((stats["cluster.c.health_check.failure"], stats["cluster.c.health_check.network_failure"]), (1, 0));
    let crate::support::grpc::Seen::Request(path, authority, _) = server.seen.recv().unwrap() else {
        panic!("a request comes first")
    };
    assert_eq!((&*path, &*authority), ("/grpc.health.v1.Health/Check", "c"));
    assert_eq!(server.seen.recv().unwrap(), crate::support::grpc::Seen::Message(b"\x0a\x01s"[..].into()));
}

#[test]
fn an_endpoint_that_fails_in_a_row_is_ejected_and_comes_back() {
    let (bad, good) = (answering(500, "bad"), answering(200, "good"));
    let detection = json!({
        "consecutive_5xx": 3, "max_ejection_percent": 50, "base_ejection_time": "0.2s", "interval": "0.02s",
    });
    let bootstrap = Bootstrap::new()
        .named_cluster("c", &[bad.address, good.address], json!({"outlier_detection": detection}))
        .route(route(json!({})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    assert_eq!(count(&mut client, 20, "bad"), 3);
    assert_eq!(proxy.stats()["cluster.c.outlier_detection.ejections_enforced_consecutive_5xx"], 1);
    proxy.wait_for_stats(|stats| stats["cluster.c.outlier_detection.ejections_active"] == 0);
    assert!(count(&mut client, 4, "bad") > 0);
}

#[test]
fn with_too_few_healthy_endpoints_all_are_used_unless_that_is_not_wanted() {
    let upstream = answering(200, "unhealthy");
    for (threshold, status) in [(json!({}), 200), (json!({"healthy_panic_threshold": {"value": 0}}), 503)] {
        let mut only = endpoints(&[upstream.address]);
        only[0]["health_status"] = json!("UNHEALTHY");
        let assignment = json!({"cluster_name": "c", "endpoints": [{"lb_endpoints": only}]});
        let fields = json!({"load_assignment": assignment, "common_lb_config": threshold});
        let bootstrap = Bootstrap::new().named_cluster("c", &[], fields).route(route(json!({})));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        assert_eq!(proxy.connect().get("/").unwrap().head.status(), status);
        assert_eq!(proxy.stats()["cluster.c.lb_healthy_panic"], u64::from(status == 200));
    }
}

#[test]
fn what_is_too_much_at_a_time_is_answered_at_once() {
    let is_open = Arc::new(AtomicBool::new(false));
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let opened = is_open.clone();
    let slow = Upstream::start(move |wire| {
        loop {
            wire.request()?;
            if !opened.load(Ordering::SeqCst) {
                let _ = gate.lock().unwrap().recv();
            }
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nslow")?;
        }
    });
    let breakers = json!({"circuit_breakers": {"thresholds": [{"max_connections": 1, "max_pending_requests": 1}]}});
    let bootstrap = Bootstrap::new().named_cluster("c", &[slow.address], breakers).route(route(json!({})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let (mut first, mut second, mut third) = (proxy.connect(), proxy.connect(), proxy.connect());
    for (client, under_way) in [(&mut first, 1), (&mut second, 2)] {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        proxy.wait_for_stats(|stats| stats["cluster.c.upstream_rq_active"] == under_way);
    }
    let stats = proxy.stats();
    assert_eq!(stats["cluster.c.circuit_breakers.default.cx_open"], 1);
    assert_eq!(stats["cluster.c.circuit_breakers.default.rq_pending_open"], 1);
    let refused = third.get("/").unwrap();
    assert_eq!((refused.head.status(), refused.head.field("x-envoy-overloaded")), (503, Some("true")));
    assert!(refused.text().ends_with("reset reason: overflow"), "{refused:?}");
    is_open.store(true, Ordering::SeqCst);
    go.send(()).unwrap();
    assert_eq!(first.response("GET").unwrap().text(), "slow");
    assert_eq!(second.response("GET").unwrap().text(), "slow");
    assert_eq!(third.get("/").unwrap().text(), "slow");
    assert_eq!(slow.connections(), 1);
}
