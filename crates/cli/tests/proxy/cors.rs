//! The cors filter: who may read answers.

use crate::support::bootstrap::{Bootstrap, type_url};
use crate::support::proxy::Proxy;
use crate::support::upstream::answering;
use crate::support::wire::Message;
use serde_json::{Value, json};

fn policy(mut fields: Value) -> Value {
    fields["@type"] = json!(type_url("filters.http.cors.v3.CorsPolicy"));
    json!({"typed_per_filter_config": {"cors": fields}})
}

fn start(fields: Value, filters: Value) -> Proxy {
    let upstream = answering(200, "hello");
    let router = json!({"name": "router", "typed_config": {"@type": type_url("filters.http.router.v3.Router")}});
    let mut chain = filters.as_array().unwrap().clone();
    chain.push(router);
    let added = json!({"response_headers_to_add": [{"header": {"key": "x-added", "value": "1"}}]});
    let bootstrap = Bootstrap::to(upstream.address).manager(json!({"http_filters": chain})).host_fields(fields);
    Proxy::start(&bootstrap.route_config_fields(added).write(), &[])
}

fn filter() -> Value {
    json!({"name": "cors", "typed_config": {"@type": type_url("filters.http.cors.v3.Cors")}})
}

fn ask(proxy: &Proxy, method: &str, fields: &str) -> Message {
    let mut client = proxy.connect();
    client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).unwrap();
    client.response(method).unwrap()
}

/// What an answer says of other origins.
fn told(answer: &Message) -> Vec<(&str, &str)> {
    let short = ["origin", "methods", "headers", "credentials", "private-network"];
    let names = short.map(|name| (name, format!("access-control-allow-{name}")));
    let others = ["access-control-expose-headers", "access-control-max-age"].map(|name| (name, name.to_owned()));
    names.iter().chain(&others).filter_map(|(short, name)| Some((*short, answer.head.field(name)?))).collect()
}

#[test]
fn pages_of_allowed_origins_are_told_and_others_are_not() {
    let fields = json!({"allow_origin_string_match": [{"exact": "http://a"}], "allow_methods": "GET, PUT",
        "allow_headers": "x-h", "expose_headers": "x-e", "max_age": "77", "allow_credentials": true});
    let proxy = start(policy(fields), json!([filter()]));
    let answer = ask(&proxy, "GET", "origin: http://a\r\n");
    let expected = [("origin", "http://a"), ("credentials", "true"), ("access-control-expose-headers", "x-e")];
    assert_eq!((told(&answer), answer.text()), (expected.to_vec(), "hello"));
    for fields in ["", "origin: http://b\r\n", "origin: \r\n"] {
        assert_eq!(told(&ask(&proxy, "GET", fields)), []);
    }
    let answer = ask(&proxy, "OPTIONS", "origin: http://a\r\naccess-control-request-method: PUT\r\n");
    let expected = [
        ("origin", "http://a"),
        ("methods", "GET, PUT"),
        ("headers", "x-h"),
        ("credentials", "true"),
        ("access-control-expose-headers", "x-e"),
        ("access-control-max-age", "77"),
    ];
    assert_eq!((told(&answer), answer.text(), answer.head.field("x-added")), (expected.to_vec(), "", None));
    // Without the method that is asked for, it is a request like any other; so is that of another origin.
    let answer = ask(&proxy, "OPTIONS", "origin: http://a\r\n");
    assert_eq!((answer.text(), answer.head.field("x-added")), ("hello", Some("1")));
    let answer = ask(&proxy, "OPTIONS", "origin: http://b\r\naccess-control-request-method: PUT\r\n");
    assert_eq!((told(&answer), answer.text()), (vec![], "hello"));
}

#[test]
fn a_star_is_told_as_what_is_asked_for_and_the_older_field_counts_where_no_other_does() {
    let fields = json!({"allow_origin_string_match": [{"prefix": "*"}], "allow_methods": "*", "allow_headers": "*",
        "allow_private_network_access": true});
    let asked = "origin: http://any\r\naccess-control-request-method: PUT\r\naccess-control-request-headers: x-q\r\n\
                 access-control-request-private-network: true\r\n";
    for host in [policy(fields.clone()), json!({"cors": fields})] {
        let proxy = start(host, json!([filter()]));
        let expected = [("origin", "http://any"), ("methods", "PUT"), ("headers", "x-q"), ("private-network", "true")];
        assert_eq!(told(&ask(&proxy, "OPTIONS", asked)), expected);
    }
}

#[test]
fn strangers_are_answered_where_they_are_not_to_get_through() {
    let fields =
        json!({"allow_origin_string_match": [{"exact": "http://a"}], "forward_not_matching_preflights": false});
    let proxy = start(policy(fields), json!([filter()]));
    let answer = ask(&proxy, "OPTIONS", "origin: http://b\r\naccess-control-request-method: PUT\r\n");
    assert_eq!((answer.head.status(), told(&answer), answer.text()), (200, vec![], ""));
}

#[test]
fn a_filter_that_is_off_tells_nobody() {
    let off = json!({"default_value": {"numerator": 0, "denominator": "HUNDRED"}});
    let fields = json!({"allow_origin_string_match": [{"exact": "http://a"}], "filter_enabled": off});
    let proxy = start(policy(fields), json!([filter()]));
    assert_eq!(told(&ask(&proxy, "GET", "origin: http://a\r\n")), []);
}
