//! Whether a request meets the conditions of a route.

use tollgate_config::{HeaderMatch, PathMatch, QueryParameterMatch, QueryValueMatch, RouteMatch, ValueMatch};
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::is_grpc;

/// What of a request conditions are about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) headers: &'a HeaderMap,
    /// The path with its query.
    pub(super) target: &'a [u8],
    /// A number that is the same as long as the request lasts.
    pub(super) random: u64,
}

/// Whether all conditions hold.
pub(super) fn matches(matcher: &RouteMatch, asked: Asked<'_>) -> bool {
    let (path, query) = split_query(asked.target);
    matches_path(&matcher.path, matcher.case_sensitive, path)
        && matcher
            .fraction
            .is_none_or(|fraction| asked.random % u64::from(fraction.denominator) < u64::from(fraction.numerator))
        && matcher.headers.iter().all(|header| matches_header(header, asked.headers))
        && matcher.query_parameters.iter().all(|parameter| matches_parameter(parameter, query))
        && (!matcher.grpc || is_grpc(asked.headers))
}

/// A target's path, and its query without the question mark.
pub(crate) fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    match target.iter().position(|byte| *byte == b'?') {
        Some(at) => (&target[..at], &target[at + 1..]),
        None => (target, b""),
    }
}

fn matches_path(matcher: &PathMatch, case_sensitive: bool, path: &[u8]) -> bool {
    let equal =
        |a: &[u8], b: &str| if case_sensitive { a == b.as_bytes() } else { a.eq_ignore_ascii_case(b.as_bytes()) };
    let begins = |prefix: &str| path.len() >= prefix.len() && equal(&path[..prefix.len()], prefix);
    match matcher {
        PathMatch::Path(exact) => equal(path, exact),
        PathMatch::Prefix(prefix) => begins(prefix),
        PathMatch::PathSeparatedPrefix(prefix) => begins(prefix) && matches!(path.get(prefix.len()), None | Some(b'/')),
        PathMatch::Regex(pattern) => pattern.is_match(path),
    }
}

/// Whether headers meet a condition. Of a header that is there more than once, one value has to, and none if the condition is
/// inverted: joined, a value could hide behind another.
pub(crate) fn matches_header(matcher: &HeaderMatch, headers: &HeaderMap) -> bool {
    let name = matcher.name.as_bytes();
    // A response may well have a field of this name.
    let name = if headers.value(b":authority").is_some() { authority_for_host(name) } else { name };
    let mut values = headers.values(name).peekable();
    let is_there = values.peek().is_some();
    let holds = match &matcher.value {
        ValueMatch::Present(present) => (is_there || matcher.treat_missing_header_as_empty) == *present,
        condition if is_there => values.any(|value| matches_value(condition, value)),
        condition if matcher.treat_missing_header_as_empty => matches_value(condition, b""),
        // A missing header satisfies no condition, nor the opposite of one.
        _ => return false,
    };
    holds != matcher.invert_match
}

/// The name under which a request has the field: its `host` is `:authority`.
pub(crate) fn authority_for_host(name: &[u8]) -> &[u8] {
    if name == b"host" { b":authority" } else { name }
}

fn matches_value(condition: &ValueMatch, value: &[u8]) -> bool {
    match condition {
        ValueMatch::Present(present) => *present,
        ValueMatch::Range { start, end } => std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .is_some_and(|number| (*start..*end).contains(&number)),
        ValueMatch::Text(matcher) => matcher.matches(value),
    }
}

fn matches_parameter(matcher: &QueryParameterMatch, query: &[u8]) -> bool {
    let value = parameter(query, matcher.name.as_bytes());
    match &matcher.value {
        QueryValueMatch::Present(present) => value.is_some() == *present,
        QueryValueMatch::Text(matcher) => value.is_some_and(|value| matcher.matches(value)),
    }
}

/// The value of the first parameter of this name, as it is written; empty if it has none.
pub(crate) fn parameter<'a>(query: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    query.split(|byte| *byte == b'&').find_map(|pair| match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (&pair[..at] == name).then(|| &pair[at + 1..]),
        None => (pair == name).then_some(&b""[..]),
    })
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn the_first_parameter_of_a_name_as_it_is_written() {
        let query = b"a=1&b&a=2&c=x=y&d=%20";
        for (name, expected) in [("a", Some("1")), ("b", Some("")), ("c", Some("x=y")), ("d", Some("%20")), ("e", None)]
        {
            assert_eq!(parameter(query, name.as_bytes()), expected.map(str::as_bytes), "{name}");
        }
        assert_eq!(parameter(b"", b"a"), None);
    }
}
