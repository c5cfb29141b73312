//! Whom a gRPC call is for: the name of an upstream, or a serialized `envoy.config.core.v3.GrpcService`.

use super::Upstreams;
use super::protobuf::{Value, fields};
use crate::fields::{FieldName, HeaderMap};
use bytes::Bytes;

/// Whom a gRPC call is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) upstream: String,
    pub(crate) authority: Option<String>,
    /// `initial_metadata` of the service, which goes with every call.
    pub(crate) metadata: HeaderMap,
}

/// What a plugin has passed as `upstream`. `Err` says why it is nobody.
///
/// A name that is known is taken before the bytes are read as a message: Envoy does it the other way round, so that a
/// cluster whose name happens to be a message cannot be called there.
pub(crate) fn target(bytes: &[u8], upstreams: &dyn Upstreams) -> Result<Target, &'static str> {
    let known = |name: &[u8]| std::str::from_utf8(name).ok().filter(|name| upstreams.knows(name)).map(str::to_owned);
    if let Some(upstream) = known(bytes) {
        return Ok(Target { upstream, ..Target::default() });
    }
    let mut target = Target::default();
    let mut cluster: Option<&[u8]> = None;
    for field in fields(bytes) {
        match field.map_err(|_| "there is no such upstream")? {
            (1, Value::Bytes(envoy_grpc)) => {
                for field in fields(envoy_grpc) {
                    match field.map_err(|_| "there is no such upstream")? {
                        (1, Value::Bytes(name)) => cluster = Some(name),
                        (2, Value::Bytes(authority)) if !authority.is_empty() => {
                            target.authority = Some(String::from_utf8_lossy(authority).into_owned());
                        }
                        _ => {}
                    }
                }
            }
            (2, Value::Bytes(_)) => return Err("google_grpc is not supported; name a cluster in envoy_grpc"),
            (5, Value::Bytes(header)) => metadata(header, &mut target.metadata),
            _ => {}
        }
    }
    target.upstream = cluster.and_then(known).ok_or("there is no such upstream")?;
    Ok(target)
}

/// Adds an `envoy.config.core.v3.HeaderValue`; one that is broken is left out.
fn metadata(header: &[u8], metadata: &mut HeaderMap) {
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    for field in fields(header) {
        match field {
            Ok((1, Value::Bytes(bytes))) => key = bytes,
            // `value` is text, `raw_value` bytes.
            Ok((2 | 3, Value::Bytes(bytes))) => value = bytes,
            Ok(_) => {}
            Err(_) => return,
        }
    }
    if !key.is_empty() {
        metadata.append(FieldName::from_bytes(key), Bytes::copy_from_slice(value));
    }
}

#[cfg(test)]
mod tests {
    use super::{Target, target};
    use crate::callouts::{CallId, GrpcRequest, HttpCall, Upstreams};
    use bytes::Bytes;
    use std::time::Duration;

    struct Known;

    impl Upstreams for Known {
        fn knows(&self, upstream: &str) -> bool {
            matches!(upstream, "auth" | "")
        }
        fn http_call(&self, _: CallId, _: HttpCall) {}
        fn grpc_call(&self, _: CallId, _: GrpcRequest, _: Bytes, _: Option<Duration>) {}
        fn grpc_stream(&self, _: CallId, _: GrpcRequest) {}
        fn grpc_send(&self, _: CallId, _: Bytes) {}
        fn grpc_close(&self, _: CallId) {}
        fn cancel(&self, _: CallId) {}
    }

    #[test]
    fn a_name_or_a_message() {
        let auth = Target { upstream: "auth".to_owned(), ..Target::default() };
        assert_eq!(target(b"auth", &Known), Ok(auth.clone()));
        assert_eq!(target(b"\x0a\x06\x0a\x04auth", &Known), Ok(auth.clone()));
        // An authority of the message's own, a timeout, and metadata.
        let message = b"\x0a\x0b\x0a\x04auth\x12\x03a:1\x1a\x02\x08\x05\x2a\x06\x0a\x01K\x12\x01v";
        let full = target(message, &Known).unwrap();
        assert_eq!(full.authority.as_deref(), Some("a:1"));
        assert_eq!(full.metadata, [("k", "v")].into_iter().collect());
    }

    #[test]
    fn nobody() {
        for bytes in [&b"other"[..], b"\x0a\x07\x0a\x05other", b"\x0a\x06\x0a\x04aut", b"\x1a\x00", b"\xff\xff"] {
            assert_eq!(target(bytes, &Known), Err("there is no such upstream"), "{bytes:?}");
        }
        assert!(target(b"\x12\x02\x0a\x00", &Known).unwrap_err().starts_with("google_grpc"));
    }
}
