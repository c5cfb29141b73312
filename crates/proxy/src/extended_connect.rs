//! Upgrades over HTTP/2 (RFC 8441): a request of the method CONNECT that names a protocol, and 200.
//!
//! In between, such a request is what it would be over HTTP/1.1, as in Envoy: plugins and routes see GET with `upgrade`, and 101. Each side
//! may have the other version. What the handshake of WebSocket has over HTTP/1.1 alone, a key and the answer to it, is made up
//! where one side needs it and the other has none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::ext::Protocol;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use hyper::http::{request, response};
use hyper::{Method, StatusCode, Version};
use sha1::{Digest as _, Sha1};

const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");

/// What RFC 6455 has appended to a key before it is hashed.
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A client's request that came so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FromClient {
    has_own_key: bool,
}

impl FromClient {
    /// Makes a request into the one that it would be over HTTP/1.1, if it came so.
    pub(crate) fn take(head: &mut request::Parts) -> Option<Self> {
        if head.version != Version::HTTP_2 || head.method != Method::CONNECT {
            return None;
        }
        let protocol = HeaderValue::from_bytes(head.extensions.remove::<Protocol>()?.as_ref()).ok()?;
        head.method = Method::GET;
        let has_own_key = head.headers.contains_key(KEY);
        if protocol.as_bytes().eq_ignore_ascii_case(b"websocket") && !has_own_key {
            let mut key = [0; 16];
            // Nothing depends on it: the answer to it proves that no cache has given it.
            let _ = getrandom::fill(&mut key);
            head.headers.insert(KEY, header(STANDARD.encode(key)));
        }
        ask_for(&mut head.headers, protocol);
        Some(Self { has_own_key })
    }

    /// Makes a response that agrees into what it is over HTTP/2.
    pub(crate) fn agree<B>(self, response: &mut hyper::Response<B>) {
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.remove(UPGRADE);
        headers.remove(CONNECTION);
        headers.remove(CONTENT_LENGTH);
        if !self.has_own_key {
            headers.remove(ACCEPT);
        }
    }
}

/// A request to an upstream that went so.
#[derive(Clone, Debug)]
pub(crate) struct ToUpstream {
    protocol: HeaderValue,
    key: Option<HeaderValue>,
}

impl ToUpstream {
    /// Makes a request that asks for an upgrade into what it is over HTTP/2.
    pub(crate) fn take<B>(request: &mut hyper::Request<B>) -> Option<Self> {
        let protocol = request.headers().get(UPGRADE)?.clone();
        let name = Protocol::from(protocol.to_str().ok()?);
        *request.method_mut() = Method::CONNECT;
        request.headers_mut().remove(UPGRADE);
        request.headers_mut().remove(CONNECTION);
        request.extensions_mut().insert(name);
        // It goes on: whoever is behind the upstream may need it.
        Some(Self { protocol, key: request.headers().get(KEY).cloned() })
    }

    /// Makes a response that agrees into the one that it would be over HTTP/1.1.
    pub(crate) fn agreed(self, response: &mut response::Parts) {
        if response.status != StatusCode::OK {
            return;
        }
        response.status = StatusCode::SWITCHING_PROTOCOLS;
        if let (Some(key), false) = (&self.key, response.headers.contains_key(ACCEPT)) {
            let digest = Sha1::new().chain_update(key).chain_update(SUFFIX).finalize();
            response.headers.insert(ACCEPT, header(STANDARD.encode(digest)));
        }
        ask_for(&mut response.headers, self.protocol);
    }
}

fn ask_for(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(UPGRADE, protocol);
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
}

/// Base64 is a header's value.
fn header(base64: String) -> HeaderValue {
    HeaderValue::try_from(base64).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::{ACCEPT, FromClient, KEY, ToUpstream};
    use hyper::ext::Protocol;
    use hyper::{Method, Request, Response, StatusCode, Version};

    #[test]
    fn a_request_is_the_same_over_both_versions() {
        let asks = |protocol: Option<&'static str>, version| {
            let (mut head, ()) = Request::builder().method("CONNECT").version(version).body(()).unwrap().into_parts();
            protocol.map(|protocol| head.extensions.insert(Protocol::from_static(protocol)));
            FromClient::take(&mut head).map(|_| head)
        };
        assert!(asks(None, Version::HTTP_2).is_none() && asks(Some("websocket"), Version::HTTP_11).is_none());
        let head = asks(Some("websocket"), Version::HTTP_2).unwrap();
        assert_eq!(
            (&head.method, &head.headers["upgrade"], &head.headers[KEY].len()),
            (&Method::GET, &"websocket".parse().unwrap(), &24)
        );
        assert!(!asks(Some("connect-udp"), Version::HTTP_2).unwrap().headers.contains_key(KEY));

        let mut request = Request::from_parts(head, ());
        let went = ToUpstream::take(&mut request).unwrap();
        assert_eq!(request.method(), Method::CONNECT);
        assert_eq!(request.extensions().get::<Protocol>().unwrap().as_ref(), b"websocket");
        assert!(!request.headers().contains_key("upgrade") && request.headers().contains_key(KEY));
        let (mut refused, ()) = Response::builder().status(404).body(()).unwrap().into_parts();
        went.agreed(&mut refused);
        assert_eq!((refused.status.as_u16(), refused.headers.len()), (404, 0));
    }

    /// The example of RFC 6455, 1.3.
    #[test]
    fn a_key_is_answered_where_the_upstream_has_not() {
        let asked = || {
            let request = Request::builder().header("upgrade", "websocket").header(KEY, "dGhlIHNhbXBsZSBub25jZQ==");
            ToUpstream::take(&mut request.body(()).unwrap()).unwrap()
        };
        let (mut head, ()) = Response::new(()).into_parts();
        asked().agreed(&mut head);
        assert_eq!(head.status, StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(head.headers[ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let (mut head, ()) = Response::builder().header(ACCEPT, "own").body(()).unwrap().into_parts();
        asked().agreed(&mut head);
        assert_eq!(head.headers[ACCEPT], "own");
    }

    #[test]
    fn an_answer_to_a_key_that_the_client_has_not_sent_is_not_for_the_client() {
        for (has_own_key, left) in [(false, 1), (true, 2)] {
            let response =
                Response::builder().status(101).header("upgrade", "websocket").header("connection", "upgrade");
            let mut response = response.header(ACCEPT, "x").header("x-other", "1").body(()).unwrap();
            FromClient { has_own_key }.agree(&mut response);
            assert_eq!((response.status().as_u16(), response.headers().len()), (200, left));
        }
    }
}
