//! Choosing a route: virtual host by domain, then the first route whose conditions hold.

mod changes;
mod hosts;
mod matches;
mod rewrite;

pub(crate) use changes::{Around, Changes};
pub(crate) use matches::{authority_for_host, matches_header, parameter, split_query};
pub(crate) use rewrite::{location, path, strip_host};

use crate::cluster::Upstream;
use crate::cors;
use crate::local_replies::LocalReplies;
use crate::metadata::metadata;
use crate::request_id;
use crate::upstream_filters::{self, Said};
use bytes::Bytes;
use hosts::HostIndex;
use matches::Asked;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_config::{
    ClusterAction, ClusterSpecifier, CorsFilter, CorsPolicy, DataSource, HeaderMutations, MessageMutations,
    PerFilterConfig, Route, RouteAction, RouteConfiguration, VirtualHost, WeightedCluster,
};
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::{FilterChain, LocalResponse, RouteInfo, Router, StreamInfo};

/// The routes of a listener.
pub(crate) struct RouteTable {
    index: HostIndex,
    /// The routes of each virtual host, as a range of `routes`.
    hosts: Vec<Range<usize>>,
    routes: Vec<Conditions>,
    /// What the routes lead to, numbered: one for each, or one for each of its weighted clusters.
    targets: Vec<Target>,
    upstreams: Rc<HashMap<String, Rc<Upstream>>>,
    /// Whether a part of the choice is left to chance.
    asks_chance: bool,
    changes_responses: bool,
    /// Whether a route has a filter chain of its own.
    has_chains: bool,
    /// Whether a route says something of other origins.
    has_cors: bool,
    local_replies: Option<LocalReplies>,
}

/// When a route is taken, and what of.
#[derive(Debug)]
struct Conditions {
    route: Rc<Route>,
    /// Number of its first target.
    first: usize,
    /// Weights of its targets, if there are several.
    weights: Box<[u32]>,
}

/// What a request is done with, and what was made of it beforehand.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) route: Rc<Route>,
    /// The body of a direct response. Files have been read before the proxy started.
    pub(crate) body: Bytes,
    /// What is changed about the request that goes upstream.
    pub(crate) request_changes: Changes,
    /// What is changed about the upstream's response, and about a direct one.
    pub(crate) response_changes: Changes,
    /// The host that a weighted cluster is told.
    pub(crate) host_rewrite: Option<Bytes>,
    /// What the virtual host says of the route.
    pub(crate) host: Rc<VirtualHost>,
    /// The filter chain, if it is another than that of the listener.
    chain: Option<FilterChain>,
    /// What is said of filters that the cluster may have.
    pub(crate) said: Said,
    /// Which pages of other origins may read the answer.
    cors: Option<Rc<CorsPolicy>>,
    /// The cluster it leads to. `None` where a header names it.
    pub(crate) upstream: Option<Rc<Upstream>>,
    info: RouteInfo,
}

impl RouteTable {
    /// The table of a configuration. `chain` is asked for the filter chain of each route, with what is said about filters, the
    /// most specific first.
    pub(crate) fn new(
        config: &RouteConfiguration,
        upstreams: &Rc<HashMap<String, Rc<Upstream>>>,
        cors: Option<&CorsFilter>,
        mut chain: impl FnMut(&[&PerFilterConfig]) -> Option<FilterChain>,
    ) -> Self {
        let index = HostIndex::new(&config.virtual_hosts, config.ignore_port_in_host_matching);
        let mut table = Self {
            index,
            hosts: Vec::new(),
            routes: Vec::new(),
            targets: Vec::new(),
            upstreams: upstreams.clone(),
            asks_chance: false,
            changes_responses: false,
            has_chains: false,
            has_cors: false,
            local_replies: None,
        };
        for host in &config.virtual_hosts {
            let start = table.routes.len();
            let shared = Rc::new(VirtualHost { routes: Vec::new(), ..host.clone() });
            for route in &host.routes {
                table.add(config, &shared, route);
                let first = table.routes.last().map_or(0, |conditions| conditions.first);
                let said = [&route.per_filter, &host.per_filter, &config.per_filter];
                let weighted = match &route.action {
                    RouteAction::Cluster(action) => action.weighted_clusters(),
                    _ => &[],
                };
                for (index, target) in table.targets[first..].iter_mut().enumerate() {
                    let own = weighted.get(index).map(|cluster| &cluster.per_filter);
                    let levels: Vec<_> = own.into_iter().chain(said).collect();
                    target.cors = cors.and_then(|filter| cors::policy(filter, &levels, &route.action, host));
                    target.said = upstream_filters::said(&levels);
                    target.chain = chain(&levels);
                }
            }
            table.hosts.push(start..table.routes.len());
        }
        table.has_chains = table.targets.iter().any(|target| target.chain.is_some());
        table.has_cors = table.targets.iter().any(|target| target.cors.is_some());
        table.changes_responses = table.targets.iter().any(|target| !target.response_changes.is_empty());
        table
    }

    fn add(&mut self, config: &RouteConfiguration, host: &Rc<VirtualHost>, route: &Route) {
        let route = Rc::new(route.clone());
        let first = self.targets.len();
        let weighted = match &route.action {
            RouteAction::Cluster(action) => action.weighted_clusters(),
            _ => &[],
        };
        let weights = weighted.iter().map(|cluster| cluster.weight).collect();
        if weighted.is_empty() {
            let target = self.target(config, host, &route, None);
            self.targets.push(target);
        }
        for cluster in weighted {
            let target = self.target(config, host, &route, Some(cluster));
            self.targets.push(target);
        }
        self.asks_chance |= weighted.len() > 1 || route.matcher.fraction.is_some();
        self.routes.push(Conditions { route, first, weights });
    }

    fn target(
        &self,
        config: &RouteConfiguration,
        host: &Rc<VirtualHost>,
        route: &Rc<Route>,
        weighted: Option<&WeightedCluster>,
    ) -> Target {
        let cluster = match (&route.action, weighted) {
            (_, Some(weighted)) => &*weighted.name,
            (RouteAction::Cluster(action), None) => match &action.cluster {
                ClusterSpecifier::Name(name) => name,
                ClusterSpecifier::Header(_) | ClusterSpecifier::Weighted(_) => "",
            },
            _ => "",
        };
        let upstream = self.upstreams.get(cluster).cloned();
        let mut levels: Vec<&HeaderMutations> = vec![&route.mutations, &host.mutations, &config.mutations];
        if config.most_specific_header_mutations_wins {
            levels.reverse();
        }
        // A weighted cluster's come first in either order, as in Envoy.
        levels.splice(0..0, weighted.map(|weighted| &weighted.mutations));
        let changes =
            |of: fn(&HeaderMutations) -> &MessageMutations| Changes::new(levels.iter().map(|level| of(level)));
        Target {
            info: RouteInfo {
                name: route.name.as_str().into(),
                virtual_host: host.name.as_str().into(),
                cluster: cluster.into(),
                metadata: Arc::new(metadata(&route.metadata)),
                virtual_host_metadata: Arc::new(metadata(&host.metadata)),
                cluster_metadata: upstream.as_ref().map(|u| u.cluster.metadata.clone()).unwrap_or_default(),
                num_endpoints: None,
                id: self.targets.len(),
            },
            body: match &route.action {
                RouteAction::DirectResponse { body: DataSource::Inline(body), .. } => body.clone().into(),
                _ => Bytes::new(),
            },
            request_changes: changes(|mutations| &mutations.request),
            response_changes: changes(|mutations| &mutations.response),
            host_rewrite: weighted.and_then(|weighted| Some(weighted.host_rewrite_literal.clone()?.into())),
            route: route.clone(),
            host: host.clone(),
            chain: None,
            said: Rc::from([]),
            cors: None,
            upstream,
        }
    }

    /// The same table, with a form for answers that do not come from an upstream.
    pub(crate) fn with_local_replies(self, local_replies: Option<LocalReplies>) -> Self {
        Self { local_replies, ..self }
    }

    /// The target with this number.
    pub(crate) fn get(&self, id: usize) -> Option<&Target> {
        self.targets.get(id)
    }

    /// Whether any route changes the headers of responses.
    pub(crate) fn changes_responses(&self) -> bool {
        self.changes_responses
    }

    /// The filter chain of a request with these headers, if it is another than that of the listener.
    pub(crate) fn chain(&self, router: &dyn Router, headers: &HeaderMap) -> Option<&FilterChain> {
        if !self.has_chains {
            return None;
        }
        self.targets.get(router.route(headers)?.id)?.chain.as_ref()
    }

    /// Which pages of other origins may read the answer to a request with these headers.
    pub(crate) fn cors(&self, router: &dyn Router, headers: &HeaderMap) -> Option<Rc<CorsPolicy>> {
        if !self.has_cors {
            return None;
        }
        self.targets.get(router.route(headers)?.id)?.cors.clone()
    }

    /// What chooses the route of one request: each time the same for the same headers.
    pub(crate) fn for_request(self: &Rc<Self>) -> Rc<dyn Router> {
        if self.asks_chance {
            Rc::new(WithChance { table: self.clone(), random: request_id::random() })
        } else {
            self.clone()
        }
    }

    fn choose(&self, headers: &HeaderMap, random: u64) -> Option<RouteInfo> {
        let target = headers.value(b":path")?;
        let authority = headers.value(b":authority").map_or(&b""[..], |value| value);
        let routes = self.hosts.get(self.index.find(authority)?)?.clone();
        let asked = Asked { headers, target, random };
        let found = self.routes[routes].iter().find(|r| matches::matches(&r.route.matcher, asked))?;
        let target = &self.targets[found.first + among(&found.weights, random)];
        let mut info = target.info.clone();
        let mut upstream = target.upstream.as_ref();
        if let RouteAction::Cluster(action) = &target.route.action
            && let ClusterSpecifier::Header(name) = &action.cluster
        {
            // Without a name, there is a route, and it leads to no cluster.
            let named = headers
                .value(authority_for_host(name.as_bytes()))
                .and_then(|name| std::str::from_utf8(name).ok())
                .unwrap_or("");
            info.cluster = named.into();
            upstream = self.upstreams.get(named);
            info.cluster_metadata = upstream.map(|upstream| upstream.cluster.metadata.clone()).unwrap_or_default();
        }
        info.num_endpoints = upstream.map(|upstream| upstream.len() as u64);
        Some(info)
    }
}

/// Which of several weights a random number falls on.
pub(crate) fn among(weights: &[u32], random: u64) -> usize {
    let total: u64 = weights.iter().copied().map(u64::from).sum();
    if total == 0 {
        return 0;
    }
    // Other bits than those that decide about fractions.
    let mut left = random.rotate_left(32) % total;
    for (index, weight) in weights.iter().enumerate() {
        match left.checked_sub(u64::from(*weight)) {
            Some(rest) => left = rest,
            None => return index,
        }
    }
    0
}

impl Router for RouteTable {
    fn route(&self, headers: &HeaderMap) -> Option<RouteInfo> {
        self.choose(headers, 0)
    }

    fn rewrite_local_response(&self, request: Option<&HeaderMap>, info: &StreamInfo, response: &mut LocalResponse) {
        if let Some(replies) = &self.local_replies {
            replies.rewrite(request, info, response);
        }
    }
}

/// The routes, for a request that has drawn its number.
struct WithChance {
    table: Rc<RouteTable>,
    random: u64,
}

impl Router for WithChance {
    fn route(&self, headers: &HeaderMap) -> Option<RouteInfo> {
        self.table.choose(headers, self.random)
    }

    fn rewrite_local_response(&self, request: Option<&HeaderMap>, info: &StreamInfo, response: &mut LocalResponse) {
        self.table.rewrite_local_response(request, info, response);
    }
}

impl Target {
    /// The action, if it is to send the request on.
    pub(crate) fn action(&self) -> Option<&ClusterAction> {
        match &self.route.action {
            RouteAction::Cluster(action) => Some(action),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RouteTable, among};
    use std::rc::Rc;
    use tollgate_host::fields::HeaderMap;
    use tollgate_host::stream::Router;

    /// The table of a configuration whose virtual hosts and routes are given as JSON.
    fn table(virtual_hosts: &str) -> RouteTable {
        table_of(&format!(r#"{{"virtual_hosts": {virtual_hosts}}}"#))
    }

    /// The table of a route configuration in JSON.
    fn table_of(route_config: &str) -> RouteTable {
        let text = format!(
            r#"{{"static_resources": {{"listeners": [{{"address": {{"socket_address": {{"address": "127.0.0.1", "port_value": 0}}}},
            "filter_chains": [{{"filters": [{{"name": "envoy.filters.network.http_connection_manager", "typed_config": {{
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "test", "http_filters": [{{"name": "envoy.filters.http.router", "typed_config": {{
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}}}],
            "route_config": {route_config}}}}}]}}]}}]}}}}"#
        );
        let parsed = tollgate_config::parse("test.json", &text).unwrap_or_else(|errors| panic!("{errors}"));
        RouteTable::new(
            &parsed.bootstrap.listeners[0].filter_chains[0].http().expect("HTTP").routes,
            &Rc::default(),
            None,
            |_| None,
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
    fn ports_of_hosts_can_be_ignored() {
        let hosts = r#"[{"name": "h", "domains": ["a.test", "[::1]", "*.b.test"], "routes": [
            {"name": "found", "match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]"#;
        let strict = table(hosts);
        let lenient = table_of(&format!(r#"{{"ignore_port_in_host_matching": true, "virtual_hosts": {hosts}}}"#));
        for (host, without, with) in [
            ("A.test", true, true),
            ("a.test:80", false, true),
            ("[::1]:80", false, true),
            ("x.b.test:80", false, true),
            ("a.test:port", false, true),
            ("a.test:", false, true),
            ("b.test", false, false),
        ] {
            let found = |table| route(table, &[(":path", "/"), (":authority", host)]).is_some();
            assert_eq!((found(&strict), found(&lenient)), (without, with), "{host}");
        }
    }

    #[test]
    fn a_fraction_of_requests_takes_a_route_and_each_stays_with_it() {
        let table = Rc::new(table(
            r#"[{"name": "h", "domains": ["*"], "routes": [
            {"name": "some", "match": {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 50}}}, "direct_response": {"status": 200}},
            {"name": "rest", "match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]"#,
        ));
        let headers: HeaderMap = [(":path", "/"), (":authority", "a")].into_iter().collect();
        let mut taken = 0;
        for _ in 0..1000 {
            let router = table.for_request();
            let first = router.route(&headers).unwrap();
            assert_eq!(router.route(&headers).unwrap(), first);
            taken += usize::from(&*first.name == "some");
        }
        assert!((350..650).contains(&taken), "{taken}");
    }

    #[test]
    fn queries_expressions_grpc_and_inverted_conditions() {
        let table = table(
            r#"[{"name": "h", "domains": ["*"], "routes": [
            {"name": "regex", "match": {"safe_regex": {"regex": "/item/[0-9]+"}}, "direct_response": {"status": 200}},
            {"name": "query", "match": {"prefix": "/q", "query_parameters": [{"name": "a", "string_match": {"exact": "1"}}, {"name": "b"}]}, "direct_response": {"status": 200}},
            {"name": "grpc", "match": {"prefix": "/g", "grpc": {}}, "direct_response": {"status": 200}},
            {"name": "header", "match": {"prefix": "/h", "headers": [{"name": "x", "string_match": {"safe_regex": {"regex": "a+"}}, "invert_match": true, "treat_missing_header_as_empty": true}]}, "direct_response": {"status": 200}},
            {"name": "range", "match": {"prefix": "/r", "headers": [{"name": "n", "range_match": {"start": -5, "end": 10}}]}, "direct_response": {"status": 200}},
            {"name": "never", "match": {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 0}}}, "direct_response": {"status": 200}}]}]"#,
        );
        let path = |path: &str| route(&table, &[(":path", path), (":authority", "x")]);
        assert_eq!(path("/item/12?x").as_deref(), Some("regex"));
        assert_eq!(path("/item/12/"), None);
        assert_eq!(path("/q?b&a=1").as_deref(), Some("query"));
        assert_eq!(path("/q?b&a=2&a=1"), None);
        assert_eq!(path("/h").as_deref(), Some("header"));
        let with = |target: &str, name: &str, value: &str| route(&table, &[(":path", target), (name, value)]);
        assert_eq!(with("/h", "x", "aaa"), None);
        assert_eq!(with("/h", "x", "aab").as_deref(), Some("header"));
        assert_eq!(with("/g", "content-type", "application/grpc+proto").as_deref(), Some("grpc"));
        assert_eq!(with("/g", "content-type", "application/grpc-web"), None);
        assert_eq!(with("/r", "n", "-5").as_deref(), Some("range"));
        assert_eq!(with("/r", "n", "10"), None);
        // A missing header counts as there where it is taken for an empty one.
        let there = r#"[{"name": "h", "domains": ["*"], "routes": [
            {"name": "there", "match": {"prefix": "/", "headers": [{"name": "x", "present_match": true, "treat_missing_header_as_empty": true}, {"name": "host", "string_match": {"exact": "a"}}]}, "direct_response": {"status": 200}}]}]"#;
        let there = self::table(there);
        // The host is the authority.
        assert_eq!(route(&there, &[(":path", "/"), (":authority", "a")]).as_deref(), Some("there"));
        assert_eq!(route(&there, &[(":path", "/"), (":authority", "b")]), None);
        // Each value of a header counts by itself.
        let twice = |one: &str, two: &str| route(&table, &[(":path", "/h"), ("x", one), ("x", two)]);
        assert_eq!(twice("b", "aaa"), None);
        assert_eq!(twice("b", "c").as_deref(), Some("header"));
    }

    #[test]
    fn weights_share_the_numbers() {
        let mut counts = [0; 3];
        for number in 0..100_u64 {
            counts[among(&[10, 0, 90], number.rotate_right(32))] += 1;
        }
        assert_eq!(counts, [10, 0, 90]);
        assert_eq!(among(&[], 7), 0);
    }
}
