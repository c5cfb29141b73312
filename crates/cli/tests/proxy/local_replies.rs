//! The form of answers that do not come from an upstream.

use crate::support::bootstrap::{Bootstrap, direct_response};
use crate::support::guest;
use crate::support::proxy::Proxy;
use crate::support::upstream::{answering, refusing};
use serde_json::{Value, json};

fn status_is(operator: &str, status: u16) -> Value {
    json!({"status_code_filter": {"comparison": {"op": operator, "value": {"default_value": status}}}})
}

fn proxy(replies: Value) -> Proxy {
    let bootstrap = Bootstrap::new()
        .manager(json!({"local_reply_config": replies}))
        .route(direct_response(json!({"path": "/direct"}), 202, "direct"))
        .route(direct_response(json!({"path": "/empty"}), 204, ""));
    Proxy::start(&bootstrap.write(), &[])
}

#[test]
fn the_first_mapper_that_holds_is_used() {
    let proxy = proxy(json!({"mappers": [
        {
            "filter": status_is("EQ", 404), "status_code": 410, "body": {"inline_string": "gone"},
            "headers_to_add": [{"header": {"key": "x-path", "value": "%REQ(:PATH)%"}}],
        },
        {"filter": status_is("GE", 400), "status_code": 500},
    ]}));
    let mut client = proxy.connect();
    let answer = client.get("/none").unwrap();
    assert_eq!((answer.head.status(), answer.text(), answer.head.field("x-path")), (410, "gone", Some("/none")));
    let direct = client.get("/direct").unwrap();
    assert_eq!((direct.head.status(), direct.text()), (202, "direct"));
}

#[test]
fn bodies_are_made_of_facts_as_text_or_json() {
    let text = proxy(json!({"body_format": {
        "text_format_source": {"inline_string": "<%LOCAL_REPLY_BODY%> %RESPONSE_CODE% %REQ(:PATH)% %REQ(X-NO)%\n"},
        "content_type": "text/html; charset=UTF-8",
    }}));
    let answer = text.connect().get("/direct").unwrap();
    assert_eq!(answer.text(), "<direct> 202 /direct -\n");
    assert_eq!(answer.head.field("content-type"), Some("text/html; charset=UTF-8"));
    assert_eq!(text.connect().get("/none").unwrap().text(), "<> 404 /none -\n");
    let json =
        proxy(json!({"body_format": {"json_format": {"text": "%LOCAL_REPLY_BODY%", "status": "%RESPONSE_CODE%"}}}));
    let answer = json.connect().get("/none").unwrap();
    assert_eq!(answer.text(), "{\"text\":\"\",\"status\":404}\n");
    assert_eq!(answer.head.field("content-type"), Some("application/json"));
}

/// What an upstream has answered is the upstream's; that it has not answered is ours to say.
#[test]
fn answers_of_upstreams_stay_as_they_are() {
    let replies = json!({"mappers": [{"filter": status_is("EQ", 503), "body": {"inline_string": "sorry"}}]});
    let upstream = answering(503, "busy");
    let bootstrap = Bootstrap::to(upstream.address).manager(json!({"local_reply_config": replies}));
    assert_eq!(Proxy::start(&bootstrap.write(), &[]).connect().get("/").unwrap().text(), "busy");
    let (_socket, address) = refusing();
    let bootstrap = Bootstrap::to(address).manager(json!({"local_reply_config": replies}));
    assert_eq!(Proxy::start(&bootstrap.write(), &[]).connect().get("/").unwrap().text(), "sorry");
}

/// Plugins see the answer in its form, and their own answers have it, too.
#[test]
fn plugins_answer_in_the_same_form() {
    let plugin = r#"(module {{imports}} {{marker}} {{memory}} {{data}}
        (func (export "malloc") (param i32) (result i32) (i32.const 1024))
        (func {{export proxy_on_request_headers}} {{proxy_send_local_response 403 "no" "denied" {} -1}} {{PAUSE}}))"#;
    let replies = json!({"mappers": [{"filter": status_is("EQ", 403), "status_code": 401}],
        "body_format": {"text_format": "[%LOCAL_REPLY_BODY%]"}});
    let bootstrap = Bootstrap::new()
        .manager(json!({"local_reply_config": replies}))
        .route(direct_response(json!({"prefix": "/"}), 200, "open"))
        .plugin("refuses", &guest(plugin));
    let answer = Proxy::start(&bootstrap.write(), &[]).connect().get("/").unwrap();
    assert_eq!((answer.head.status(), answer.text()), (401, "[denied]"));
}
