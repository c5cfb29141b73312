//! Paths and hosts as an upstream or another server is to see them.

use super::hosts::port;
use super::matches::split_query;
use bytes::Bytes;
use tollgate_config::{PathMatch, PathRedirect, PathRewrite, Redirect, RegexRewrite};
use tollgate_host::fields::{FieldName, HeaderMap};

/// The path to send upstream. `None` if it stays as it is: a path without characters is none.
pub(crate) fn path(matcher: &PathMatch, rewrite: &PathRewrite, target: &[u8]) -> Option<Bytes> {
    match rewrite {
        PathRewrite::Prefix(prefix) => Some(with_prefix(matcher, target, prefix)),
        PathRewrite::Regex(rewrite) => {
            let (path, query) = target.split_at(split_query(target).0.len());
            // Also where nothing matches, the path counts as rewritten.
            let rewritten = rewrite.rewrite(path).unwrap_or_else(|| path.to_vec());
            (!rewritten.is_empty()).then(|| [&rewritten, query].concat().into())
        }
    }
}

/// What the route's path condition has matched, replaced. A regular expression has matched the whole path.
fn with_prefix(matcher: &PathMatch, target: &[u8], prefix: &str) -> Bytes {
    let matched = match matcher {
        PathMatch::Path(text) | PathMatch::Prefix(text) | PathMatch::PathSeparatedPrefix(text) => text.len(),
        PathMatch::Regex(_) => split_query(target).0.len(),
    };
    let mut path = prefix.as_bytes().to_vec();
    path.extend_from_slice(target.get(matched..).unwrap_or_default());
    path.into()
}

fn with_regex(rewrite: &RegexRewrite, target: &[u8]) -> Option<Bytes> {
    let (path, _) = split_query(target);
    let mut rewritten = rewrite.rewrite(path)?;
    rewritten.extend_from_slice(&target[path.len()..]);
    Some(rewritten.into())
}

/// The URI that a redirect leads to, for a request with these headers.
pub(crate) fn location(redirect: &Redirect, matcher: &PathMatch, headers: &HeaderMap) -> Option<Bytes> {
    let target = headers.value(b":path")?.clone();
    let target = match &redirect.path {
        Some(PathRedirect::Prefix(prefix)) => with_prefix(matcher, &target, prefix),
        Some(PathRedirect::Regex(rewrite)) => with_regex(rewrite, &target).unwrap_or(target),
        Some(PathRedirect::Path(_)) | None => target,
    };
    let text = |name: &[u8]| headers.value(name).map_or(&b""[..], |value| value);
    let scheme = redirect.scheme.as_deref().map_or_else(|| text(b":scheme"), str::as_bytes);
    let host = redirect.host.as_deref().map_or_else(|| host(redirect, scheme, headers), str::as_bytes);
    let mut location = [scheme, b"://", host].concat();
    if let Some(port) = redirect.port {
        location.extend_from_slice(format!(":{port}").as_bytes());
    }
    let (path, query) = target.split_at(split_query(&target).0.len());
    match &redirect.path {
        // With a query of its own, it is the whole.
        Some(PathRedirect::Path(path)) if path.contains('?') => {
            location.extend_from_slice(path.as_bytes());
            return Some(location.into());
        }
        Some(PathRedirect::Path(path)) => location.extend_from_slice(path.as_bytes()),
        _ => location.extend_from_slice(path),
    }
    if !redirect.strip_query {
        location.extend_from_slice(query);
    }
    Some(location.into())
}

/// The request's host, without its port if that does not go with the new scheme or port.
fn host<'a>(redirect: &Redirect, scheme: &[u8], headers: &'a HeaderMap) -> &'a [u8] {
    let authority = headers.value(b":authority").map_or(&b""[..], |value| value);
    let Some((host, port)) = port(authority) else { return authority };
    let was = headers.value(b"x-forwarded-proto").map_or(&b"http"[..], |value| value);
    let is_default = was == b"http" && port == 80 || was == b"https" && port == 443;
    if redirect.port.is_some() || was != scheme && is_default { host } else { authority }
}

/// Takes off the host what the connection manager says. `local_port` is the listener's.
pub(crate) fn strip_host(strip: tollgate_config::StripHost, headers: &mut HeaderMap, local_port: Option<u16>) {
    use tollgate_config::StripPort;
    let Some(authority) = headers.value(b":authority") else { return };
    let mut kept = &authority[..];
    let mut ending = &b""[..];
    if let Some((host, port)) = port(authority) {
        let strips = match strip.port {
            StripPort::Any => true,
            StripPort::Matching => local_port == Some(port),
            StripPort::None => false,
        };
        kept = host;
        ending = if strips { b"" } else { &authority[host.len()..] };
    }
    if strip.trailing_dot {
        kept = kept.strip_suffix(b".").unwrap_or(kept);
    }
    if kept.len() + ending.len() < authority.len() {
        let stripped = [kept, ending].concat();
        headers.replace(const { FieldName::from_static(":authority") }, stripped.into());
    }
}

#[cfg(test)]
mod tests {
    use super::{location, path, strip_host};
    use tollgate_config::{PathMatch, PathRedirect, PathRewrite, Redirect, StripHost, StripPort};
    use tollgate_host::fields::HeaderMap;

    #[test]
    fn a_rewrite_replaces_what_matched() {
        let prefix = PathMatch::Prefix("/old/".to_owned());
        let rewrite = PathRewrite::Prefix("/new/".to_owned());
        assert_eq!(path(&prefix, &rewrite, b"/old/a?b").unwrap(), "/new/a?b");
    }

    fn redirected(redirect: &Redirect, host: &str, target: &str) -> String {
        let headers: HeaderMap =
            [(":authority", host), (":path", target), (":scheme", "http"), ("x-forwarded-proto", "http")]
                .into_iter()
                .collect();
        let location = location(redirect, &PathMatch::Prefix("/old".to_owned()), &headers).unwrap();
        String::from_utf8(location.to_vec()).unwrap()
    }

    #[test]
    fn a_redirect_replaces_the_parts_that_it_names() {
        let none = Redirect { scheme: None, host: None, port: None, path: None, status: 301, strip_query: false };
        let https = Redirect { scheme: Some("https".to_owned()), ..none.clone() };
        assert_eq!(redirected(&https, "a.test", "/old/x?q"), "https://a.test/old/x?q");
        // The port that goes with the old scheme goes with it; others stay.
        assert_eq!(redirected(&https, "a.test:80", "/"), "https://a.test/");
        assert_eq!(redirected(&https, "a.test:8080", "/"), "https://a.test:8080/");
        let port = Redirect { port: Some(8443), ..https };
        assert_eq!(redirected(&port, "[::1]:8080", "/"), "https://[::1]:8443/");
        let host = Redirect { host: Some("b.test".to_owned()), strip_query: true, ..none.clone() };
        assert_eq!(redirected(&host, "a.test:8080", "/old?q"), "http://b.test/old");
        let with = |path| Redirect { path: Some(path), ..none.clone() };
        assert_eq!(redirected(&with(PathRedirect::Path("/new".to_owned())), "a", "/old?q"), "http://a/new?q");
        assert_eq!(redirected(&with(PathRedirect::Path("/new?own".to_owned())), "a", "/old?q"), "http://a/new?own");
        assert_eq!(redirected(&with(PathRedirect::Prefix("/new".to_owned())), "a", "/old/x?q"), "http://a/new/x?q");
    }

    #[test]
    fn ports_and_dots_are_taken_off_as_wanted() {
        let stripped = |port, trailing_dot, host: &str| {
            let mut headers: HeaderMap = [(":authority", host)].into_iter().collect();
            strip_host(StripHost { port, trailing_dot }, &mut headers, Some(8080));
            String::from_utf8(headers.value(b":authority").unwrap().to_vec()).unwrap()
        };
        assert_eq!(stripped(StripPort::Any, false, "a.test:1"), "a.test");
        assert_eq!(stripped(StripPort::Matching, false, "a.test:1"), "a.test:1");
        assert_eq!(stripped(StripPort::Matching, true, "a.test.:8080"), "a.test");
        assert_eq!(stripped(StripPort::None, true, "a.test.:8080"), "a.test:8080");
        assert_eq!(stripped(StripPort::Any, true, "[::1]:1"), "[::1]");
    }
}
