//! Finding the virtual host of a request by its domain.

use std::borrow::Cow;
use std::collections::HashMap;
use tollgate_config::{Domain, VirtualHost};

/// The virtual hosts of a route configuration, by their domains. Numbers are those of the configuration.
#[derive(Debug, Default)]
pub(super) struct HostIndex {
    exact: HashMap<String, usize>,
    /// The longest first.
    suffixes: Vec<(String, usize)>,
    /// The longest first.
    prefixes: Vec<(String, usize)>,
    any: Option<usize>,
    ignore_port: bool,
}

impl HostIndex {
    pub(super) fn new(hosts: &[VirtualHost], ignore_port: bool) -> Self {
        let mut index = Self { ignore_port, ..Self::default() };
        for (number, host) in hosts.iter().enumerate() {
            for domain in &host.domains {
                match domain {
                    Domain::Any => index.any = Some(number),
                    Domain::Exact(name) => {
                        index.exact.insert(name.clone(), number);
                    }
                    Domain::Prefix(head) => index.prefixes.push((head.clone(), number)),
                    Domain::Suffix(tail) => index.suffixes.push((tail.clone(), number)),
                }
            }
        }
        index.suffixes.sort_by_key(|(tail, _)| std::cmp::Reverse(tail.len()));
        index.prefixes.sort_by_key(|(head, _)| std::cmp::Reverse(head.len()));
        index
    }

    /// The virtual host for a `host` header: exact, then longest suffix, then longest prefix, then any.
    pub(super) fn find(&self, authority: &[u8]) -> Option<usize> {
        if self.exact.is_empty() && self.suffixes.is_empty() && self.prefixes.is_empty() {
            return self.any;
        }
        let authority = if self.ignore_port { without_port(authority) } else { authority };
        let host = if authority.iter().any(u8::is_ascii_uppercase) {
            Cow::Owned(authority.to_ascii_lowercase())
        } else {
            Cow::Borrowed(authority)
        };
        // A name that is no text is none of the configuration's.
        let exact = || self.exact.get(std::str::from_utf8(&host).ok()?).copied();
        let suffix = || {
            let mut tails = self.suffixes.iter();
            tails
                .find(|(tail, _)| host.len() > tail.len() && host.ends_with(tail.as_bytes()))
                .map(|(_, number)| *number)
        };
        let prefix = || {
            let mut heads = self.prefixes.iter();
            heads
                .find(|(head, _)| host.len() > head.len() && host.starts_with(head.as_bytes()))
                .map(|(_, number)| *number)
        };
        exact().or_else(suffix).or_else(prefix).or(self.any)
    }
}

/// A host without its port; an address of IPv6 keeps its brackets.
pub(crate) fn without_port(authority: &[u8]) -> &[u8] {
    let at = authority.iter().rposition(|byte| *byte == b':');
    // Whatever follows the colon, as in Envoy.
    match at.filter(|at| !authority[*at..].contains(&b']')) {
        Some(at) => &authority[..at],
        None => authority,
    }
}

/// A host and its port, if it has one.
pub(crate) fn port(authority: &[u8]) -> Option<(&[u8], u16)> {
    let at = authority.iter().rposition(|byte| *byte == b':')?;
    let (host, digits) = (&authority[..at], &authority[at + 1..]);
    if host.starts_with(b"[") != host.ends_with(b"]") || !host.starts_with(b"[") && host.contains(&b':') {
        return None;
    }
    Some((host, std::str::from_utf8(digits).ok()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn a_port_is_behind_the_last_colon_but_not_inside_brackets() {
        assert_eq!(port(b"a.test:80"), Some((&b"a.test"[..], 80)));
        assert_eq!(port(b"[::1]:8080"), Some((&b"[::1]"[..], 8080)));
        for none in ["a.test", "[::1]", "a.test:", "a.test:http", "::1", "a:99999"] {
            assert_eq!(port(none.as_bytes()), None, "{none}");
        }
    }
}
