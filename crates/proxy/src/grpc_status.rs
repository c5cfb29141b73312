//! gRPC's statuses, as they stand in headers and trailers, and as HTTP's are told by them.

use bytes::Bytes;
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::grpc_status_of;

pub(crate) const OK: u32 = 0;
pub(crate) const UNKNOWN: u32 = 2;
pub(crate) const DEADLINE_EXCEEDED: u32 = 4;
pub(crate) const RESOURCE_EXHAUSTED: u32 = 8;
pub(crate) const INTERNAL: u32 = 13;
pub(crate) const UNAVAILABLE: u32 = 14;

/// Highest status there is; what is above counts as unknown.
const MAX: u32 = 16;

/// The status that headers or trailers tell, if they do.
pub(crate) fn of(fields: &HeaderMap) -> Option<u32> {
    let value = fields.value(b"grpc-status")?;
    let status = std::str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok());
    Some(status.filter(|status| *status <= MAX).unwrap_or(UNKNOWN))
}

/// What the status means: `grpc-message`, decoded.
pub(crate) fn message(fields: &HeaderMap) -> Bytes {
    fields.value(b"grpc-message").map_or_else(Bytes::new, |value| percent_decode(value))
}

/// The status that stands for one of HTTP (grpc/doc/http-grpc-status-mapping.md).
pub(crate) fn of_http(status: u16) -> u32 {
    grpc_status_of(status.into())
}

/// The name of a status, as in `NotFound`; its number if it has none.
pub(crate) fn name(status: u32) -> String {
    let known = usize::try_from(status).ok().and_then(|at| NAMES.get(at));
    known.map_or_else(|| status.to_string(), |name| (*name).to_owned())
}

/// The name of a status as gRPC's specification writes it, as in `NOT_FOUND`.
pub(crate) fn snake_name(status: u32) -> String {
    match status {
        OK => "OK".to_owned(),
        // The one word that the two spell differently.
        1 => "CANCELLED".to_owned(),
        _ => {
            let mut snake = String::new();
            for (at, letter) in name(status).char_indices() {
                if letter.is_ascii_uppercase() && at > 0 {
                    snake.push('_');
                }
                snake.push(letter.to_ascii_uppercase());
            }
            snake
        }
    }
}

const NAMES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// Percent-decoding of `grpc-message` (gRPC over HTTP/2, "Responses"): what is no encoding stays as it is.
fn percent_decode(value: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        let decoded = match tail {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        out.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    out.into()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::{message, name, of, of_http, snake_name};
    use tollgate_host::fields::HeaderMap;

    fn fields(name: &'static str, value: &str) -> HeaderMap {
        [(name, value)].into_iter().collect()
    }

    #[test]
    fn statuses_are_read() {
        assert_eq!(of(&HeaderMap::new()), None);
        for (text, status) in [("0", 0), ("16", 16), ("17", 2), ("-1", 2), ("", 2), ("x", 2)] {
            assert_eq!(of(&fields("grpc-status", text)), Some(status), "{text:?}");
        }
        assert_eq!([200, 404, 503].map(of_http), [2, 12, 14]);
    }

    #[test]
    fn statuses_have_two_names() {
        assert_eq!([0, 1, 5, 40].map(name), ["OK", "Canceled", "NotFound", "40"]);
        assert_eq!([0, 1, 5, 40].map(snake_name), ["OK", "CANCELLED", "NOT_FOUND", "40"]);
    }

    #[test]
    fn messages_are_decoded() {
        for (text, decoded) in [("a%20b", "a b"), ("50%", "50%"), ("%zz%4", "%zz%4"), ("%C3%A9", "\u{e9}"), ("", "")] {
            assert_eq!(message(&fields("grpc-message", text)), decoded);
        }
    }
}
