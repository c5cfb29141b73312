//! What streams carry.

use tollgate_host::fields::HeaderMap;

/// Name of the header that is read: the 11th of 20, with a value of 36 bytes.
pub const READ: &str = "x-request-id";

/// Place of [`READ`] among the fields of a request.
const PLACE: usize = 10;

const REQUEST: [(&str, &str); 20] = [
    (":authority", "www.example.com"),
    (":path", "/v1/items?page=2&sort=name"),
    (":method", "GET"),
    (":scheme", "https"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("x-forwarded-for", "203.0.113.195"),
    ("x-forwarded-proto", "https"),
    (READ, "5d0f3c0a-8b3e-4b57-9b43-0a3f2f6f2d11"),
    ("referer", "https://www.example.com/v1/items?page=1"),
    ("cookie", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark"),
    ("cache-control", "no-cache"),
    ("dnt", "1"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "same-origin"),
    ("x-b3-traceid", "463ac35c9f6413ad48485a3953bb6124"),
    ("x-bench", "old"),
];

const RESPONSE: [(&str, &str); 3] = [(":status", "200"), ("content-type", "text/plain"), ("server", "tollgate")];

/// Headers of a request, 20 of them, in memory of their own as a proxy hands them over.
pub fn request() -> HeaderMap {
    REQUEST.into_iter().collect()
}

/// Headers of a request, `count` of them: the first of [`request`]'s, or all of them and others before the one that is
/// read, so that finding it takes a search among all.
pub fn request_of(count: usize) -> HeaderMap {
    let others: Vec<_> = (REQUEST.len()..count).map(|index| (format!("x-other-{index:04}"), "a value")).collect();
    let others = others.iter().map(|(name, value)| (name.as_str(), *value));
    let (before, after) = REQUEST.split_at(PLACE);
    before.iter().copied().chain(others).chain(after.iter().copied()).take(count).collect()
}

/// Headers of a response.
pub fn response() -> HeaderMap {
    RESPONSE.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{PLACE, READ, REQUEST, request, request_of};

    #[test]
    fn requests_have_as_many_fields_as_asked_for() {
        assert_eq!(REQUEST[PLACE].0, READ);
        assert_eq!(request_of(20), request());
        for count in [5, 20, 100, 1000] {
            assert_eq!(request_of(count).len(), count);
        }
        let place = request_of(1000).iter().position(|field| field.name.as_bytes() == READ.as_bytes());
        assert_eq!(place, Some(PLACE + 980));
    }
}
