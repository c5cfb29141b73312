//! Answers of the admin interface, with the fields that Envoy's have.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use serde_json::Value;

pub(super) type Reply = Response<Full<Bytes>>;

/// Plain text.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Reply {
    reply(status, "text/plain; charset=UTF-8", body.into())
}

/// What Envoy says where there is nothing to say.
pub(super) fn ok() -> Reply {
    text(StatusCode::OK, "OK\n")
}

/// The request asks for something that there is not.
pub(super) fn bad(why: impl Into<String>) -> Reply {
    text(StatusCode::BAD_REQUEST, why.into() + "\n")
}

/// A document, over several lines.
pub(super) fn json(value: &Value) -> Reply {
    reply(StatusCode::OK, "application/json", format!("{value:#}\n"))
}

pub(super) fn reply(status: StatusCode, content_type: &'static str, body: String) -> Reply {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
