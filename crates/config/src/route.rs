//! `envoy.config.route.v3`: virtual hosts, routes and what they do.

use std::collections::HashMap;
use std::time::Duration;

use crate::bootstrap::check_unique;
use crate::data_source::{self, DataSource};
use crate::diagnostics::Location;
use crate::fields::route::{DIRECT_RESPONSE_ACTION, ROUTE, ROUTE_ACTION, ROUTE_CONFIGURATION, VIRTUAL_HOST};
use crate::metadata::{self, Metadata};
use crate::reader::{Cursor, Object};
use crate::route_match::{self, RouteMatch};
use crate::upgrade::{self, UpgradeConfig};

/// Routes for a set of host names.
#[derive(Clone, Debug)]
pub struct VirtualHost {
    /// Envoy's `name`, unique in its route configuration.
    pub name: String,
    /// Envoy's `domains`, at least one; none occurs twice in a route configuration.
    pub domains: Vec<Domain>,
    /// Envoy's `routes`, of which the first that matches is taken.
    pub routes: Vec<Route>,
    /// Envoy's `metadata`.
    pub metadata: Metadata,
    /// Where the virtual host stands in the file.
    pub location: Location,
}

/// A pattern for the host of a request, in lower case. Envoy tries exact ones first, then the longest suffix, then
/// the longest prefix, then any; a wildcard stands for at least one character.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// `*`.
    Any,
    /// `foo.com`.
    Exact(String),
    /// `foo.*`, kept as `foo.`.
    Prefix(String),
    /// `*.foo.com`, kept as `.foo.com`.
    Suffix(String),
}

/// A condition and what is done when it holds.
#[derive(Clone, Debug)]
pub struct Route {
    /// Envoy's `name`; empty by default.
    pub name: String,
    /// Envoy's `match`.
    pub matcher: RouteMatch,
    /// Envoy's `route` or `direct_response`.
    pub action: RouteAction,
    /// Envoy's `metadata`.
    pub metadata: Metadata,
    /// Where the route stands in the file.
    pub location: Location,
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub enum RouteAction {
    /// Envoy's `route`: send it on.
    Cluster {
        /// Envoy's `upgrade_configs`, which come before those of the HTTP connection manager.
        upgrades: Vec<UpgradeConfig>,
        /// Envoy's `cluster`, the name of one in the file.
        cluster: String,
        /// Envoy's `timeout` for the whole response; 15 seconds by default, none when written as `0s`.
        timeout: Option<Duration>,
        /// Envoy's `prefix_rewrite`, which takes the place of what the path match matched.
        prefix_rewrite: Option<String>,
        /// Envoy's `host_rewrite_literal`.
        host_rewrite_literal: Option<String>,
    },
    /// Envoy's `direct_response`: answer it.
    DirectResponse {
        /// Envoy's `status`, from 200 to 599.
        status: u16,
        /// Envoy's `body`; empty and inline by default.
        body: DataSource,
    },
}

/// A route configuration, before it becomes part of its HTTP connection manager.
pub(crate) struct RouteConfiguration {
    pub(crate) name: String,
    pub(crate) virtual_hosts: Vec<VirtualHost>,
    pub(crate) max_direct_response_body_size_bytes: u32,
}

/// Decodes `route_config`.
pub(crate) fn decode_configuration(at: &Cursor<'_>) -> Option<RouteConfiguration> {
    let object = Object::open(at, &ROUTE_CONFIGURATION)?;
    let name = object.get("name").and_then(|at| at.text()).unwrap_or_default();
    let max_body = object.get("max_direct_response_body_size_bytes").and_then(|at| at.unsigned(0)).unwrap_or(4096);
    let hosts = object.get("virtual_hosts").map(|at| at.items()).unwrap_or_default();
    let mut domains = HashMap::new();
    let decoded: Vec<_> =
        hosts.iter().filter_map(|host| decode_host(host, max_body, &mut domains).map(|found| (found, host))).collect();
    check_unique("a virtual host of the name", decoded.iter().map(|(host, at)| (host.name.clone(), *at)));
    Some(RouteConfiguration {
        name: name.to_owned(),
        virtual_hosts: decoded.into_iter().map(|(host, _)| host).collect(),
        max_direct_response_body_size_bytes: max_body,
    })
}

fn decode_host(at: &Cursor<'_>, max_body: u32, taken: &mut HashMap<Domain, usize>) -> Option<VirtualHost> {
    let object = Object::open(at, &VIRTUAL_HOST)?;
    let name = object.required("name", "any text").and_then(|at| at.nonempty_text());
    let mut domains = Vec::new();
    if let Some(list) = object.required("domains", "a list such as [\"*\"]") {
        for item in list.items() {
            let Some(domain) = decode_domain(&item) else {
                continue;
            };
            let line = item.location().line;
            if let Some(first) = taken.get(&domain) {
                item.error(match domain {
                    Domain::Any => format!(
                        "only one virtual host of a route configuration can have the domain \"*\"; line {first} has it too"
                    ),
                    _ => format!(
                        "domains must be unique in a route configuration; line {first} has this one too \
                         (upper and lower case are the same)"
                    ),
                });
                continue;
            }
            taken.insert(domain.clone(), line);
            domains.push(domain);
        }
    }
    let routes = object.get("routes").map(|at| at.items()).unwrap_or_default();
    let routes = routes.iter().filter_map(|route| decode_route(route, max_body)).collect();
    let metadata = metadata::of(&object);
    Some(VirtualHost { name: name?.to_owned(), domains, routes, metadata, location: at.location() })
}

fn decode_domain(at: &Cursor<'_>) -> Option<Domain> {
    let text = at.nonempty_text()?.to_ascii_lowercase();
    let domain = match (text.strip_prefix('*'), text.strip_suffix('*')) {
        (Some(""), _) => Domain::Any,
        (Some(suffix), _) => Domain::Suffix(suffix.to_owned()),
        (None, Some(prefix)) => Domain::Prefix(prefix.to_owned()),
        (None, None) => Domain::Exact(text),
    };
    if let Domain::Exact(rest) | Domain::Prefix(rest) | Domain::Suffix(rest) = &domain
        && rest.contains('*')
    {
        at.error("a domain has one \"*\" at most, at its beginning or its end: \"*.example.com\" or \"example.*\"");
        return None;
    }
    Some(domain)
}

fn decode_route(at: &Cursor<'_>, max_body: u32) -> Option<Route> {
    let object = Object::open(at, &ROUTE)?;
    let name = object.get("name").and_then(|at| at.text()).unwrap_or_default();
    let matcher = object.required("match", "such as {prefix: \"/\"}").and_then(|at| route_match::decode(&at));
    let actions = ["route", "direct_response", "redirect", "filter_action", "non_forwarding_action"];
    let action = match object.one_of(&actions) {
        Some(("route", at)) => decode_cluster(&at),
        Some(("direct_response", at)) => decode_response(&at, max_body),
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(
                &["route", "direct_response"],
                "a route needs one of the fields \"route\" and \"direct_response\"",
            );
            None
        }
    };
    let metadata = metadata::of(&object);
    Some(Route { name: name.to_owned(), matcher: matcher?, action: action?, metadata, location: at.location() })
}

fn decode_cluster(at: &Cursor<'_>) -> Option<RouteAction> {
    let object = Object::open(at, &ROUTE_ACTION)?;
    let others = ["cluster_header", "weighted_clusters", "cluster_specifier_plugin", "inline_cluster_specifier_plugin"];
    let cluster = match object.get("cluster") {
        Some(at) => at.nonempty_text().inspect(|name| at.cx.uses_cluster(name, at.location())),
        None => {
            // The other ways to name a cluster are refused by the table.
            if others.iter().all(|name| object.get(name).is_none()) {
                object.required("cluster", "the name of one of static_resources.clusters");
            }
            None
        }
    };
    let timeout = object.get("timeout").and_then(|at| at.duration_or_off());
    let text = |name| object.get(name).and_then(|at| at.text()).filter(|text| !text.is_empty()).map(str::to_owned);
    let upgrades = object.get("upgrade_configs").map(|at| upgrade::decode_all(&at)).unwrap_or_default();
    Some(RouteAction::Cluster {
        upgrades,
        prefix_rewrite: text("prefix_rewrite"),
        host_rewrite_literal: text("host_rewrite_literal"),
        timeout: timeout.unwrap_or(Some(Duration::from_secs(15))),
        cluster: cluster?.to_owned(),
    })
}

fn decode_response(at: &Cursor<'_>, max_body: u32) -> Option<RouteAction> {
    let object = Object::open(at, &DIRECT_RESPONSE_ACTION)?;
    let status = object.required("status", "such as 200").and_then(|at| at.integer(200, 599));
    let body = match object.get("body") {
        Some(at) => decode_body(&at, max_body),
        None => Some(DataSource::Inline(Vec::new())),
    };
    Some(RouteAction::DirectResponse { status: u16::try_from(status?).ok()?, body: body? })
}

fn decode_body(at: &Cursor<'_>, max_body: u32) -> Option<DataSource> {
    let body = data_source::decode(at)?;
    if let DataSource::Inline(bytes) = &body
        && u32::try_from(bytes.len()).map_or(true, |size| size > max_body)
    {
        at.error(format!(
            "the body has {} bytes, and {max_body} are allowed; raise max_direct_response_body_size_bytes of route_config",
            bytes.len()
        ));
        return None;
    }
    Some(body)
}
