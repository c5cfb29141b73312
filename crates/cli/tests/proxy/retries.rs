//! Requests that are sent again, and time-outs of their attempts.

use crate::support::bootstrap::Bootstrap;
use crate::support::proxy::Proxy;
use crate::support::upstream::{Upstream, answering, refusing};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn route(policy: Value) -> Value {
    json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "retry_policy": policy}})
}

fn retrying(upstream: SocketAddr, policy: Value) -> Bootstrap {
    let counts = json!({"include_attempt_count_in_response": true});
    Bootstrap::new().cluster(upstream).route(route(policy)).host_fields(counts)
}

/// Fails so many requests with 503 and then answers with their bodies.
fn failing(failures: usize) -> Upstream {
    let seen = Arc::new(AtomicUsize::new(0));
    Upstream::start(move |wire| {
        loop {
            let request = wire.request()?;
            if seen.fetch_add(1, Ordering::SeqCst) < failures {
                wire.send("HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno")?;
            } else {
                let length = request.body.len();
                wire.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"))?;
                wire.send(request.body)?;
            }
        }
    })
}

#[test]
fn a_body_is_sent_again_as_a_whole() {
    let upstream = failing(2);
    let proxy = Proxy::start(&retrying(upstream.address, json!({"retry_on": "5xx", "num_retries": 3})).write(), &[]);
    let mut client = proxy.connect();
    let body = "x".repeat(200_000);
    client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len())).unwrap();
    let response = client.response("POST").unwrap();
    assert_eq!((response.head.status(), response.text()), (200, &*body));
    assert_eq!(response.head.field("x-envoy-attempt-count"), Some("3"));
    let stats = proxy.stats();
    let number = |name: &str| stats[&format!("cluster.upstream.{name}")];
    assert_eq!((number("upstream_rq_retry"), number("upstream_rq_retry_success")), (2, 1));
    // What was sent again has no result of its own.
    assert_eq!((number("upstream_rq_total"), number("upstream_rq_completed"), number("upstream_rq_2xx")), (3, 1, 1));
}

#[test]
fn a_body_that_is_too_long_to_be_kept_is_sent_once() {
    let upstream = failing(1);
    let policy = retrying(upstream.address, json!({"retry_on": "5xx"}))
        .host_fields(json!({"per_request_buffer_limit_bytes": 10}));
    let proxy = Proxy::start(&policy.write(), &[]);
    let mut client = proxy.connect();
    for (body, status) in [("more than ten bytes", 503), ("few bytes", 200)] {
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len())).unwrap();
        assert_eq!(client.response("POST").unwrap().head.status(), status, "{body}");
    }
}

#[test]
fn the_last_answer_is_the_clients() {
    let upstream = failing(usize::MAX);
    let proxy =
        Proxy::start(&retrying(upstream.address, json!({"retry_on": "gateway-error", "num_retries": 2})).write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!((response.head.status(), response.text()), (503, "no"));
    let stats = proxy.stats();
    assert_eq!(stats["cluster.upstream.upstream_rq_retry_limit_exceeded"], 1);
    assert_eq!(stats["cluster.upstream.upstream_rq_total"], 3);
}

#[test]
fn what_is_not_asked_for_is_not_sent_again() {
    let upstream = failing(1);
    let proxy =
        Proxy::start(&retrying(upstream.address, json!({"retry_on": "connect-failure,retriable-4xx"})).write(), &[]);
    assert_eq!(proxy.connect().get("/").unwrap().head.status(), 503);
    assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_retry"], 0);
}

#[test]
fn another_endpoint_is_tried_when_one_refuses() {
    let (_socket, refused) = refusing();
    let good = answering(200, "good");
    let policy = json!({
        "retry_on": "connect-failure",
        "num_retries": 1,
        "retry_host_predicate": [{"name": "envoy.retry_host_predicates.previous_hosts"}],
        "host_selection_retry_max_attempts": 5,
    });
    let bootstrap = Bootstrap::new().cluster_of(&[refused, good.address]).route(route(policy));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for _ in 0..10 {
        assert_eq!(client.get("/").unwrap().text(), "good");
    }
    assert!(proxy.stats()["cluster.upstream.upstream_rq_retry_success"] > 0);
}

#[test]
fn every_attempt_has_its_time() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let policy = json!({"retry_on": "5xx", "num_retries": 2, "per_try_timeout": "0.05s"});
    let proxy = Proxy::start(&retrying(upstream.address, policy).write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!((response.head.status(), response.text()), (504, "upstream request timeout"));
    assert_eq!(response.head.field("x-envoy-attempt-count"), Some("3"));
    assert_eq!(proxy.stats()["cluster.upstream.upstream_rq_per_try_timeout"], 3);
    proxy.wait_for_stats(|stats| stats["cluster.upstream.upstream_rq_active"] == 0);
}

/// Every attempt that took too long was made again, whatever the policy said.
#[test]
fn an_attempt_that_is_late_is_made_again_only_where_that_is_asked_for() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    for (on, attempts) in [("connect-failure,retriable-4xx", "1"), ("", "1"), ("reset", "2"), ("gateway-error", "2")] {
        for limit in ["per_try_timeout", "per_try_idle_timeout"] {
            let policy = json!({"retry_on": on, "num_retries": 1, limit: "0.05s"});
            let proxy = Proxy::start(&retrying(upstream.address, policy).write(), &[]);
            let response = proxy.connect().get("/").unwrap();
            let found = (response.head.status(), response.head.field("x-envoy-attempt-count"));
            assert_eq!(found, (504, Some(attempts)), "{on} {limit}");
            let made: u64 = attempts.parse().unwrap();
            assert_eq!(proxy.stats()[&format!("cluster.upstream.upstream_rq_{limit}")], made, "{on} {limit}");
        }
    }
}

#[test]
fn a_request_can_want_no_error_when_the_upstream_is_late() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0.05s"}});
    let manager =
        json!({"internal_address_config": {"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}});
    let bootstrap = Bootstrap::new().cluster(upstream.address).route(route).manager(manager);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    let wish = "x-envoy-upstream-rq-timeout-alt-response: 1\r\n";
    for (fields, status) in [(format!("x-forwarded-for: 10.0.0.1\r\n{wish}"), 204), (wish.to_owned(), 504)] {
        client.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).unwrap();
        assert_eq!(client.response("GET").unwrap().head.status(), status, "{fields}");
    }
}

#[test]
fn the_routes_time_counts_over_all_attempts() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let route = json!({"match": {"prefix": "/"}, "route": {
        "cluster": "upstream",
        "timeout": "0.3s",
        "retry_policy": {"retry_on": "5xx", "num_retries": 1000, "per_try_timeout": "0.05s"},
    }});
    let proxy = Proxy::start(&Bootstrap::new().cluster(upstream.address).route(route).write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!((response.head.status(), response.text()), (504, "upstream request timeout"));
    let stats = proxy.stats();
    let attempts = stats["cluster.upstream.upstream_rq_total"];
    assert!((1..=7).contains(&attempts), "{attempts}");
}

#[test]
fn a_failure_after_retries_says_that_there_were_some() {
    let (_socket, refused) = refusing();
    let proxy = Proxy::start(&retrying(refused, json!({"retry_on": "reset", "num_retries": 1})).write(), &[]);
    let response = proxy.connect().get("/").unwrap();
    assert_eq!(response.head.status(), 503);
    assert_eq!(
        response.text(),
        "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote \
         connection failure"
    );
}

#[test]
fn silence_and_length_of_an_exchange_have_bounds_of_the_route() {
    let upstream = Upstream::start(|wire| wire.rest().map(drop));
    let route = |prefix: &str, bound: Value| {
        let mut action = json!({"cluster": "upstream"});
        action.as_object_mut().unwrap().extend(bound.as_object().unwrap().clone());
        json!({"match": {"prefix": prefix}, "route": action})
    };
    let bootstrap = Bootstrap::new()
        .cluster(upstream.address)
        .route(route("/idle", json!({"idle_timeout": "0.1s"})))
        .route(route("/max", json!({"max_stream_duration": {"max_stream_duration": "0.1s"}})));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = proxy.connect();
    for (path, text) in [("/idle", "stream timeout"), ("/max", "downstream duration timeout")] {
        let response = client.get(path).unwrap();
        assert_eq!((response.head.status(), response.text()), (504, text), "{path}");
    }
}
