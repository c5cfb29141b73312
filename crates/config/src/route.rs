//! `envoy.config.route.v3`: virtual hosts, routes and what they do.

use std::collections::HashMap;

use crate::bootstrap::check_unique;
use crate::cors::{self, CorsPolicy};
use crate::data_source::{self, DataSource};
use crate::diagnostics::Location;
use crate::fields::route::{DIRECT_RESPONSE_ACTION, ROUTE, ROUTE_CONFIGURATION, VIRTUAL_HOST};
use crate::header_mutations::{self, HeaderMutations};
use crate::metadata::{self, Metadata};
use crate::per_filter::{self, FilterChange, PerFilterConfig};
use crate::plugin::PluginConfig;
use crate::reader::{Cursor, Object};
use crate::redirect::{self, Redirect};
use crate::retry_policy::{self, RetryPolicy};
use crate::route_action::{self, ClusterAction};
use crate::route_match::{self, RouteMatch};

/// Envoy's `route_config`: the routes of an HTTP connection manager.
#[derive(Clone, Debug)]
pub struct RouteConfiguration {
    /// Envoy's `name`; empty by default.
    pub name: String,
    /// Envoy's `virtual_hosts`.
    pub virtual_hosts: Vec<VirtualHost>,
    /// Envoy's `max_direct_response_body_size_bytes`, in bytes; 4096 by default. Inline bodies have been checked against
    /// it, files have not.
    pub max_direct_response_body_size_bytes: u32,
    /// What is changed about headers.
    pub mutations: HeaderMutations,
    /// Envoy's `most_specific_header_mutations_wins`: of the changes at several levels, those of the route are made last.
    /// Off by default: those of the route configuration are.
    pub most_specific_header_mutations_wins: bool,
    /// Envoy's `ignore_port_in_host_matching`. Off by default.
    pub ignore_port_in_host_matching: bool,
    /// Envoy's `typed_per_filter_config`.
    pub per_filter: PerFilterConfig,
}

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
    /// What is changed about headers.
    pub mutations: HeaderMutations,
    /// Envoy's `retry_policy`, for routes that have none of their own.
    pub retry_policy: Option<RetryPolicy>,
    /// Envoy's `request_body_buffer_limit` or `per_request_buffer_limit_bytes`: bytes of a request that are kept to send it
    /// again.
    pub request_buffer_limit: Option<u64>,
    /// Envoy's `include_request_attempt_count`: tell the upstream which attempt it is. Off by default.
    pub include_request_attempt_count: bool,
    /// Envoy's `include_attempt_count_in_response`: tell the client how many attempts it took. Off by default.
    pub include_attempt_count_in_response: bool,
    /// Envoy's `cors`.
    pub cors: Option<CorsPolicy>,
    /// Envoy's `typed_per_filter_config`.
    pub per_filter: PerFilterConfig,
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
    /// Envoy's `route`, `direct_response` or `redirect`.
    pub action: RouteAction,
    /// Envoy's `metadata`.
    pub metadata: Metadata,
    /// What is changed about headers.
    pub mutations: HeaderMutations,
    /// Envoy's `request_body_buffer_limit` or `per_request_buffer_limit_bytes`; that of the virtual host by default.
    pub request_buffer_limit: Option<u64>,
    /// Envoy's `typed_per_filter_config`.
    pub per_filter: PerFilterConfig,
    /// Where the route stands in the file.
    pub location: Location,
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub enum RouteAction {
    /// Envoy's `route`: send it on.
    Cluster(Box<ClusterAction>),
    /// Envoy's `direct_response`: answer it.
    DirectResponse {
        /// Envoy's `status`, from 200 to 599.
        status: u16,
        /// Envoy's `body`; empty and inline by default.
        body: DataSource,
    },
    /// Envoy's `redirect`: send the client elsewhere.
    Redirect(Box<Redirect>),
}

impl RouteConfiguration {
    /// Every place that says something about HTTP filters, in the order of the file: the route configuration, then each virtual
    /// host, each of its routes, and each of a route's weighted clusters.
    pub fn per_filter_configs(&self) -> impl Iterator<Item = &PerFilterConfig> {
        let hosts = self.virtual_hosts.iter().flat_map(|host| {
            std::iter::once(&host.per_filter).chain(host.routes.iter().flat_map(Route::per_filter_configs))
        });
        std::iter::once(&self.per_filter).chain(hosts)
    }
}

impl RouteConfiguration {
    /// The plugins that serve in the place of filters, in the order of the file.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginConfig> {
        self.per_filter_configs().flat_map(PerFilterConfig::iter).filter_map(|said| match &said.change {
            FilterChange::Plugin(plugin) => Some(&**plugin),
            FilterChange::Cors(_) | FilterChange::Disabled | FilterChange::Enabled => None,
        })
    }

    /// Whether a route enables the filter of this name, which may be disabled elsewhere.
    pub fn enables(&self, filter_name: &str) -> bool {
        self.per_filter_configs().any(|said| matches!(said.of(filter_name), Some(FilterChange::Enabled)))
    }
}

impl Route {
    fn per_filter_configs(&self) -> impl Iterator<Item = &PerFilterConfig> {
        let weighted = match &self.action {
            RouteAction::Cluster(action) => action.weighted_clusters(),
            _ => &[],
        };
        std::iter::once(&self.per_filter).chain(weighted.iter().map(|cluster| &cluster.per_filter))
    }
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
        mutations: header_mutations::decode(&object),
        most_specific_header_mutations_wins: flag(&object, "most_specific_header_mutations_wins"),
        ignore_port_in_host_matching: flag(&object, "ignore_port_in_host_matching"),
        per_filter: per_filter::decode(&object),
    })
}

fn flag(object: &Object<'_>, name: &str) -> bool {
    object.get(name).and_then(|at| at.boolean()).unwrap_or(false)
}

/// How much of a request is kept, in the newer or the older field.
fn request_buffer_limit(object: &Object<'_>) -> Option<u64> {
    match object.one_of(&["request_body_buffer_limit", "per_request_buffer_limit_bytes"])? {
        ("request_body_buffer_limit", at) => at.unsigned_64(),
        (_, at) => at.unsigned(0).map(u64::from),
    }
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
    let retry_policy = match object.get("retry_policy") {
        Some(at) => Some(retry_policy::decode(&at)?),
        None => None,
    };
    Some(VirtualHost {
        domains,
        routes,
        metadata: metadata::of(&object),
        mutations: header_mutations::decode(&object),
        retry_policy,
        request_buffer_limit: request_buffer_limit(&object),
        include_request_attempt_count: flag(&object, "include_request_attempt_count"),
        include_attempt_count_in_response: flag(&object, "include_attempt_count_in_response"),
        cors: cors::of(&object),
        per_filter: per_filter::decode(&object),
        name: name?.to_owned(),
        location: at.location(),
    })
}

fn decode_domain(at: &Cursor<'_>) -> Option<Domain> {
    let text = at.nonempty_text()?.to_ascii_lowercase();
    if text.contains(['\0', '\n', '\r']) {
        at.error("a domain has one line");
        return None;
    }
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
        Some(("route", at)) => route_action::decode(&at).map(|action| RouteAction::Cluster(Box::new(action))),
        Some(("direct_response", at)) => decode_response(&at, max_body),
        Some(("redirect", at)) => redirect::decode(&at).map(|redirect| RouteAction::Redirect(Box::new(redirect))),
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(
                &["route", "direct_response", "redirect"],
                "a route needs one of the fields \"route\", \"direct_response\" and \"redirect\"",
            );
            None
        }
    };
    Some(Route {
        name: name.to_owned(),
        metadata: metadata::of(&object),
        mutations: header_mutations::decode(&object),
        request_buffer_limit: request_buffer_limit(&object),
        per_filter: per_filter::decode(&object),
        matcher: matcher?,
        action: action?,
        location: at.location(),
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
