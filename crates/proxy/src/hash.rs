//! What of a request chooses its endpoint (`hash_policy`): Envoy's hashes of the same parts.

use crate::request_id;
use crate::route::{parameter, split_query};
use bytes::Bytes;
use std::net::SocketAddr;
use tollgate_config::{HashCookie, HashPolicy, HashSource};
use tollgate_host::fields::HeaderMap;
use twox_hash::XxHash64;

/// The hash of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hashed {
    /// `None` if nothing of what is hashed is there: any endpoint will do.
    pub(crate) hash: Option<u64>,
    /// The value of `set-cookie` for a client that has been given a cookie.
    pub(crate) cookie: Option<Bytes>,
}

/// Hashes what the policies name, from the client with this address.
pub(crate) fn of_request(policies: &[HashPolicy], fields: &HeaderMap, client: Option<SocketAddr>) -> Hashed {
    let mut hashed = Hashed::default();
    for policy in policies {
        let part = match &policy.source {
            HashSource::Header { name, rewrite } => header(fields, name).map(|value| match rewrite {
                Some(rewrite) => of_bytes(&rewrite.rewrite(&value).unwrap_or(value)),
                None => of_bytes(&value),
            }),
            HashSource::Cookie(cookie) => cookie_value(fields, &cookie.name).map(of_bytes).or_else(|| {
                let value = new_cookie(cookie, &mut hashed.cookie)?;
                Some(of_bytes(value.as_bytes()))
            }),
            HashSource::SourceIp => client.map(|client| of_bytes(client.ip().to_string().as_bytes())),
            HashSource::QueryParameter(name) => fields
                .value(b":path")
                .and_then(|target| parameter(split_query(target).1, name.as_bytes()))
                .map(of_bytes),
        };
        if let Some(part) = part {
            hashed.hash = Some(hashed.hash.map_or(part, |hash| hash.rotate_left(1) ^ part));
            if policy.terminal {
                break;
            }
        }
    }
    hashed
}

fn of_bytes(bytes: &[u8]) -> u64 {
    XxHash64::oneshot(0, bytes)
}

/// The values of a header, in an order that does not depend on how they were sent.
fn header(fields: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    let mut values: Vec<_> = fields.values(name.as_bytes()).collect();
    if values.is_empty() {
        return None;
    }
    values.sort_unstable();
    Some(values.into_iter().flat_map(|value| value.iter().copied()).collect())
}

/// The value of the first cookie of this name, without quotation marks.
fn cookie_value<'a>(fields: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut found = None;
    for field in fields.iter().filter(|field| field.name.as_bytes() == b"cookie") {
        for pair in field.value.split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            if let Some(value) = pair.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) {
                found = found.or(Some(value));
            }
        }
    }
    let value = found?;
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value)).filter(|value| !value.is_empty())
}

/// Gives the client a cookie, if it is to have one; returns its value.
fn new_cookie(cookie: &HashCookie, set: &mut Option<Bytes>) -> Option<String> {
    let ttl = cookie.ttl?;
    let value = format!("{:016x}", request_id::random());
    let age = if ttl.as_secs() > 0 { format!("; Max-Age={}", ttl.as_secs()) } else { String::new() };
    *set = Some(format!("{}=\"{value}\"{age}{}; HttpOnly", cookie.name, cookie.attributes).into());
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::{of_bytes, of_request};
    use std::time::Duration;
    use tollgate_config::{HashCookie, HashPolicy, HashSource};
    use tollgate_host::fields::HeaderMap;

    fn fields(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().copied().collect()
    }

    fn policy(source: HashSource) -> HashPolicy {
        HashPolicy { source, terminal: false }
    }

    fn header(name: &str) -> HashPolicy {
        policy(HashSource::Header { name: name.to_owned(), rewrite: None })
    }

    #[test]
    fn parts_are_combined_and_a_terminal_one_ends_it() {
        let request = fields(&[("a", "1"), ("b", "2"), (":path", "/x?q=3")]);
        let hash = |policies: &[HashPolicy]| of_request(policies, &request, Some("10.0.0.1:5".parse().unwrap())).hash;
        assert_eq!(hash(&[header("a")]), Some(of_bytes(b"1")));
        assert_eq!(hash(&[header("none")]), None);
        assert_eq!(hash(&[header("a"), header("b")]), Some(of_bytes(b"1").rotate_left(1) ^ of_bytes(b"2")));
        let terminal = HashPolicy { terminal: true, ..header("a") };
        assert_eq!(hash(&[terminal, header("b")]), Some(of_bytes(b"1")));
        assert_eq!(hash(&[policy(HashSource::SourceIp)]), Some(of_bytes(b"10.0.0.1")));
        assert_eq!(hash(&[policy(HashSource::QueryParameter("q".to_owned()))]), Some(of_bytes(b"3")));
    }

    #[test]
    fn a_client_without_a_cookie_is_given_one_that_leads_the_same_way() {
        let cookie =
            HashCookie { name: "c".to_owned(), ttl: Some(Duration::from_secs(60)), attributes: "; Path=/".to_owned() };
        let policies = [policy(HashSource::Cookie(cookie))];
        let first = of_request(&policies, &fields(&[]), None);
        let set = String::from_utf8(first.cookie.clone().unwrap().to_vec()).unwrap();
        assert!(set.starts_with("c=\"") && set.ends_with("\"; Max-Age=60; Path=/; HttpOnly"), "{set}");
        let pair = set.split(';').next().unwrap();
        let next = of_request(&policies, &fields(&[("cookie", &format!("a=b; {pair}"))]), None);
        assert_eq!((next.hash, next.cookie), (first.hash, None));
    }
}
