//! Choosing a route: virtual host by domain, then the first route whose conditions hold.

use crate::cluster::Upstream;
use crate::metadata::metadata;
use bytes::Bytes;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_config::{
    DataSource, Domain, HeaderMatch, PathMatch, Route, RouteAction, RouteMatch, ValueMatch, VirtualHost,
};
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{RouteInfo, Router};

/// The routes of a listener, numbered.
#[derive(Debug)]
pub(crate) struct RouteTable {
    hosts: Vec<VirtualHost>,
    routes: Vec<NumberedRoute>,
}

/// A route and what was made of it beforehand.
#[derive(Debug)]
pub(crate) struct NumberedRoute {
    pub(crate) route: Route,
    /// The body of a direct response. Files have been read before the proxy started.
    pub(crate) body: Bytes,
    info: RouteInfo,
    /// The cluster it leads to.
    upstream: Option<Rc<Upstream>>,
}

impl RouteTable {
    pub(crate) fn new(hosts: &[VirtualHost], upstreams: &HashMap<String, Rc<Upstream>>) -> Self {
        let mut routes: Vec<NumberedRoute> = Vec::new();
        for host in hosts {
            let virtual_host: Arc<str> = host.name.as_str().into();
            let virtual_host_metadata = Arc::new(metadata(&host.metadata));
            for route in &host.routes {
                let cluster = match &route.action {
                    RouteAction::Cluster { cluster, .. } => cluster.as_str(),
                    RouteAction::DirectResponse { .. } => "",
                };
                let upstream = upstreams.get(cluster);
                let info = RouteInfo {
                    name: route.name.as_str().into(),
                    virtual_host: virtual_host.clone(),
                    cluster: cluster.into(),
                    metadata: Arc::new(metadata(&route.metadata)),
                    virtual_host_metadata: virtual_host_metadata.clone(),
                    cluster_metadata: upstream.map(|upstream| upstream.cluster.metadata.clone()).unwrap_or_default(),
                    num_endpoints: None,
                    id: routes.len(),
                };
                let body = match &route.action {
                    RouteAction::DirectResponse { body: DataSource::Inline(body), .. } => body.clone().into(),
                    _ => Bytes::new(),
                };
                routes.push(NumberedRoute { route: route.clone(), body, info, upstream: upstream.cloned() });
            }
        }
        Self { hosts: hosts.to_vec(), routes }
    }

    /// The route with this number.
    pub(crate) fn get(&self, id: usize) -> Option<&NumberedRoute> {
        self.routes.get(id)
    }

    /// The virtual host for a `host` header: exact, then longest suffix, then longest prefix, then any. Returns its index
    /// and the number of its first route.
    fn virtual_host(&self, authority: &[u8]) -> Option<(usize, usize)> {
        let host = authority.to_ascii_lowercase();
        let rank = |domain: &Domain| match domain {
            Domain::Exact(name) => (host == name.as_bytes()).then_some((3, 0)),
            Domain::Suffix(tail) => {
                (host.len() > tail.len() && host.ends_with(tail.as_bytes())).then_some((2, tail.len()))
            }
            Domain::Prefix(head) => {
                (host.len() > head.len() && host.starts_with(head.as_bytes())).then_some((1, head.len()))
            }
            Domain::Any => Some((0, 0)),
        };
        let mut first_route = 0;
        let mut best: Option<((u8, usize), usize, usize)> = None;
        for (index, host) in self.hosts.iter().enumerate() {
            if let Some(rank) = host.domains.iter().filter_map(rank).max()
                && best.is_none_or(|(old, ..)| rank > old)
            {
                best = Some((rank, index, first_route));
            }
            first_route += host.routes.len();
        }
        best.map(|(_, index, first)| (index, first))
    }
}

impl Router for RouteTable {
    fn route(&self, headers: &HeaderMap) -> Option<RouteInfo> {
        let path = headers.value(b":path")?;
        let authority = headers.value(b":authority").map_or(&b""[..], |value| value);
        let (host, first) = self.virtual_host(authority)?;
        let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
        let count = self.hosts[host].routes.len();
        let found = self.routes[first..first + count].iter().find(|r| matches(&r.route.matcher, path, headers))?;
        let num_endpoints = found.upstream.as_ref().map(|upstream| upstream.len() as u64);
        Some(RouteInfo { num_endpoints, ..found.info.clone() })
    }
}

fn matches(matcher: &RouteMatch, path: &[u8], headers: &HeaderMap) -> bool {
    matches_path(&matcher.path, matcher.case_sensitive, path)
        && matcher.headers.iter().all(|header| matches_header(header, headers))
}

fn matches_path(matcher: &PathMatch, case_sensitive: bool, path: &[u8]) -> bool {
    let equal =
        |a: &[u8], b: &str| if case_sensitive { a == b.as_bytes() } else { a.eq_ignore_ascii_case(b.as_bytes()) };
    let begins = |prefix: &str| path.len() >= prefix.len() && equal(&path[..prefix.len()], prefix);
    match matcher {
        PathMatch::Path(exact) => equal(path, exact),
        PathMatch::Prefix(prefix) => begins(prefix),
        PathMatch::PathSeparatedPrefix(prefix) => begins(prefix) && matches!(path.get(prefix.len()), None | Some(b'/')),
    }
}

fn matches_header(matcher: &HeaderMatch, headers: &HeaderMap) -> bool {
    let value = headers.joined(matcher.name.as_bytes());
    let holds = match (&matcher.value, value) {
        (ValueMatch::Present(present), value) => {
            return (value.is_some() == *present) != matcher.invert_match;
        }
        (condition, Some(value)) => matches_value(condition, &value),
        (condition, None) if matcher.treat_missing_header_as_empty => matches_value(condition, b""),
        // A missing header satisfies no condition, nor the opposite of one.
        (_, None) => return false,
    };
    holds != matcher.invert_match
}

/// Whether a value satisfies a condition.
pub(crate) fn matches_value(condition: &ValueMatch, value: &[u8]) -> bool {
    let with = |text: &str, ignore_case: bool, test: fn(&[u8], &[u8]) -> bool| {
        if ignore_case {
            test(&value.to_ascii_lowercase(), text.to_ascii_lowercase().as_bytes())
        } else {
            test(value, text.as_bytes())
        }
    };
    match condition {
        ValueMatch::Present(present) => *present,
        ValueMatch::Exact { value: text, ignore_case } => with(text, *ignore_case, |value, text| value == text),
        ValueMatch::Prefix { value: text, ignore_case } => with(text, *ignore_case, <[u8]>::starts_with),
        ValueMatch::Suffix { value: text, ignore_case } => with(text, *ignore_case, <[u8]>::ends_with),
        ValueMatch::Contains { value: text, ignore_case } => with(text, *ignore_case, |value, text| {
            text.is_empty() || value.windows(text.len()).any(|window| window == text)
        }),
        ValueMatch::Range { start, end } => std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .is_some_and(|number| (*start..*end).contains(&number)),
    }
}

/// The path to send upstream: what the route's path condition matched, replaced.
pub(crate) fn rewrite_prefix(matcher: &PathMatch, path: &str, rewrite: &str) -> String {
    let matched = match matcher {
        PathMatch::Path(text) | PathMatch::Prefix(text) | PathMatch::PathSeparatedPrefix(text) => text.len(),
    };
    format!("{rewrite}{}", path.get(matched..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{RouteTable, rewrite_prefix};
    use std::collections::HashMap;
    use tollgate_config::PathMatch;
    use tollgate_host::fields::HeaderMap;
    use tollgate_host::stream::Router;

    /// The table of a configuration whose virtual hosts and routes are given as JSON.
    fn table(virtual_hosts: &str) -> RouteTable {
        let text = format!(
            r#"{{"static_resources": {{"listeners": [{{"address": {{"socket_address": {{"address": "127.0.0.1", "port_value": 0}}}},
            "filter_chains": [{{"filters": [{{"name": "envoy.filters.network.http_connection_manager", "typed_config": {{
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "test", "http_filters": [{{"name": "envoy.filters.http.router", "typed_config": {{
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}}}],
            "route_config": {{"virtual_hosts": {virtual_hosts}}}}}}}]}}]}}]}}}}"#
        );
        let parsed = tollgate_config::parse("test.json", &text).unwrap_or_else(|errors| panic!("{errors}"));
        RouteTable::new(
            &parsed.bootstrap.listeners[0].filter_chains[0].http().expect("HTTP").virtual_hosts,
            &HashMap::new(),
        )
    }

    fn route(table: &RouteTable, headers: &[(&str, &str)]) -> Option<String> {
        let headers: HeaderMap = headers.iter().copied().collect();
        table.route(&headers).map(|route| route.name.to_string())
    }

    #[test]
    fn the_most_specific_domain_wins() {
        let answer = |name: &str| {
            format!(r#"{{"name": "{name}", "match": {{"prefix": "/"}}, "direct_response": {{"status": 200}}}}"#)
        };
        let hosts = [
            ("any", "*"),
            ("suffix", "*.example.com"),
            ("longer", "*.a.example.com"),
            ("prefix", "api.*"),
            ("exact", "api.example.com"),
        ];
        let hosts: Vec<_> = hosts
            .iter()
            .map(|(name, domain)| {
                format!(r#"{{"name": "{name}", "domains": ["{domain}"], "routes": [{}]}}"#, answer(name))
            })
            .collect();
        let table = table(&format!("[{}]", hosts.join(",")));
        for (host, expected) in [
            ("API.example.com", "exact"),
            ("x.a.example.com", "longer"),
            ("x.example.com", "suffix"),
            ("api.other.org", "prefix"),
            ("example.com", "any"),
            ("", "any"),
        ] {
            assert_eq!(route(&table, &[(":path", "/"), (":authority", host)]).as_deref(), Some(expected), "{host}");
        }
    }

    #[test]
    fn the_first_route_whose_conditions_hold_is_taken() {
        let table = table(
            r#"[{"name": "h", "domains": ["*"], "routes": [
            {"name": "exact", "match": {"path": "/exact"}, "direct_response": {"status": 200}},
            {"name": "header", "match": {"prefix": "/", "headers": [{"name": "X-Mode", "string_match": {"exact": "on"}}]}, "direct_response": {"status": 200}},
            {"name": "absent", "match": {"prefix": "/absent", "headers": [{"name": "x-mode", "present_match": true, "invert_match": true}]}, "direct_response": {"status": 200}},
            {"name": "separated", "match": {"path_separated_prefix": "/api"}, "direct_response": {"status": 200}},
            {"name": "folded", "match": {"prefix": "/UP", "case_sensitive": false}, "direct_response": {"status": 200}}]}]"#,
        );
        let path = |path: &str| route(&table, &[(":path", path), (":authority", "x")]);
        assert_eq!(path("/exact?q=1").as_deref(), Some("exact"));
        assert_eq!(path("/exactly"), None);
        assert_eq!(path("/absent").as_deref(), Some("absent"));
        assert_eq!(path("/api/x").as_deref(), Some("separated"));
        assert_eq!(path("/apix"), None);
        assert_eq!(path("/upper").as_deref(), Some("folded"));
        let on = [(":path", "/absent"), (":authority", "x"), ("x-mode", "on")];
        assert_eq!(route(&table, &on).as_deref(), Some("header"));
        assert_eq!(route(&table, &[(":authority", "x")]), None);
    }

    #[test]
    fn a_rewrite_replaces_what_matched() {
        let prefix = PathMatch::Prefix("/old/".to_owned());
        assert_eq!(rewrite_prefix(&prefix, "/old/a?b", "/new/"), "/new/a?b");
    }
}
