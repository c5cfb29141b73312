//! Envoy's messages as data: every field that Envoy knows, and what becomes of it here.
//!
//! A change in what Tollgate supports is a change of a row in these tables, and of the decoder that reads the field.
//! Whatever would alter routing, security, limits or bytes on the wire is refused and never just warned about.

pub(crate) mod access_log;
pub(crate) mod address;
pub(crate) mod any;
pub(crate) mod bootstrap;
pub(crate) mod circuit_breakers;
pub(crate) mod cluster;
pub(crate) mod cors;
pub(crate) mod dns;
pub(crate) mod hash_policy;
pub(crate) mod header;
pub(crate) mod health_check;
pub(crate) mod http_connection_manager;
pub(crate) mod listener;
pub(crate) mod load_balancing;
pub(crate) mod local_reply;
pub(crate) mod log_filter;
pub(crate) mod matcher;
pub(crate) mod metadata;
pub(crate) mod outlier_detection;
pub(crate) mod overload;
pub(crate) mod plugin;
pub(crate) mod policy;
pub(crate) mod redirect;
pub(crate) mod retry_policy;
pub(crate) mod route;
pub(crate) mod route_match;
pub(crate) mod shared_data;
pub(crate) mod stats_config;
pub(crate) mod tcp_proxy;
pub(crate) mod tls;

/// A message of Envoy's v3 API.
#[derive(Debug)]
pub(crate) struct Message {
    /// Envoy's name of it, without the package.
    pub(crate) name: &'static str,
    /// Every field, as Envoy's proto files spell it.
    pub(crate) fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) support: Support,
}

/// What becomes of a field.
#[derive(Debug)]
pub(crate) enum Support {
    /// Read by the decoder of the message.
    Acted,
    /// Read over, with a warning.
    Harmless { why: &'static str },
    /// Known, but to another message; `to` says to which.
    Misplaced { to: &'static str },
    /// Taken only with values that ask for nothing; otherwise refused.
    Only { accepted: &'static [&'static str], instead: &'static str },
    /// An error that says what to do.
    Refused { instead: &'static str },
    /// A name of the v2 or alpha API.
    Renamed { to: &'static str },
}

// === impl Message ===

impl Message {
    /// The field of this name, in snake_case or camelCase.
    pub(crate) fn find(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == key || camel_case(field.name) == key)
    }
}

/// A field that the decoder reads.
pub(crate) const fn acted(name: &'static str) -> Field {
    Field { name, support: Support::Acted }
}

/// A field without effect here; `why` completes "field x has no effect in Tollgate: ...".
pub(crate) const fn harmless(name: &'static str, why: &'static str) -> Field {
    Field { name, support: Support::Harmless { why } }
}

/// A field of another message that people write here; `to` says where it goes.
pub(crate) const fn misplaced(name: &'static str, to: &'static str) -> Field {
    Field { name, support: Support::Misplaced { to } }
}

/// A field taken only with one of the `accepted` values; `{}` stands for an empty mapping.
pub(crate) const fn only(name: &'static str, accepted: &'static [&'static str], instead: &'static str) -> Field {
    Field { name, support: Support::Only { accepted, instead } }
}

/// A field that is refused; `instead` is advice.
pub(crate) const fn refused(name: &'static str, instead: &'static str) -> Field {
    Field { name, support: Support::Refused { instead } }
}

/// A field of older APIs; `to` says what to write now.
pub(crate) const fn renamed(name: &'static str, to: &'static str) -> Field {
    Field { name, support: Support::Renamed { to } }
}

/// What to say about a field that the message does not have, and the field that was probably meant.
pub(crate) fn unknown(message: &Message, key: &str) -> (String, Option<&'static str>) {
    let said = format!("unknown field \"{key}\"");
    let guess = |field: &'static Field| {
        let spelt = if snake_case(key) == key { field.name.to_owned() } else { camel_case(field.name) };
        (format!("{said}; did you mean \"{spelt}\"?"), Some(field.name))
    };
    let snake = snake_case(key);
    let current = || message.fields.iter().filter(|field| is_current(field));
    let edits = |field: &Field| strsim::damerau_levenshtein(&snake, field.name);
    // A slip of the fingers is found by edits, a word left out by similarity.
    if let Some(field) = current().min_by_key(|field| edits(field))
        && edits(field) <= key.len().max(4) / 4
    {
        return guess(field);
    }
    let owners: Vec<_> = ALL.iter().filter(|other| other.find(key).is_some_and(is_current)).map(|m| m.name).collect();
    if let [owner] | [owner, _] = owners.as_slice() {
        let also = owners.get(1).map(|other| format!(" and {other}")).unwrap_or_default();
        return (format!("{said} in {}; it is a field of {owner}{also}, check the indentation", message.name), None);
    }
    let similarity = |field: &Field| strsim::jaro_winkler(&snake, field.name);
    if let Some(field) = current().max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
        && (similarity(field) > 0.85 || edits(field) <= key.len().max(4) / 2)
    {
        return guess(field);
    }
    let read: Vec<_> = message.fields.iter().filter(|f| matches!(f.support, Support::Acted)).map(|f| f.name).collect();
    if read.is_empty() {
        return (format!("{said} of {}: it has no fields", message.name), None);
    }
    (format!("{said}; of {} Tollgate reads {}", message.name, read.join(", ")), None)
}

fn is_current(field: &Field) -> bool {
    !matches!(field.support, Support::Misplaced { .. } | Support::Renamed { .. })
}

/// Protobuf's JSON name of a field.
fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut raise = false;
    for c in name.chars() {
        if c == '_' {
            raise = true;
        } else {
            camel.push(if raise { c.to_ascii_uppercase() } else { c });
            raise = false;
        }
    }
    camel
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        match c {
            'A'..='Z' => {
                if !snake.is_empty() && !snake.ends_with('_') {
                    snake.push('_');
                }
                snake.push(c.to_ascii_lowercase());
            }
            '-' => snake.push('_'),
            _ => snake.push(c),
        }
    }
    snake
}

/// Every message that is read, outermost first.
pub(crate) const ALL: &[&Message] = &[
    &bootstrap::BOOTSTRAP,
    &bootstrap::STATIC_RESOURCES,
    &bootstrap::TYPED_EXTENSION_CONFIG,
    &bootstrap::STATS_SINK,
    &bootstrap::NODE,
    &bootstrap::ADMIN,
    &bootstrap::LAYERED_RUNTIME,
    &bootstrap::RUNTIME_LAYER,
    &overload::OVERLOAD_MANAGER,
    &overload::RESOURCE_MONITOR,
    &overload::FIXED_HEAP,
    &overload::DOWNSTREAM_CONNECTIONS,
    &overload::OVERLOAD_ACTION,
    &overload::TRIGGER,
    &overload::THRESHOLD_TRIGGER,
    &listener::LISTENER,
    &listener::LISTENER_FILTER,
    &listener::FILTER_CHAIN,
    &listener::FILTER_CHAIN_MATCH,
    &listener::FILTER,
    &listener::CONNECTION_LIMIT,
    &tls::DOWNSTREAM_TLS,
    &tls::UPSTREAM_TLS,
    &tls::COMMON_TLS,
    &tls::TLS_PARAMETERS,
    &tls::TLS_CERTIFICATE,
    &tls::VALIDATION_CONTEXT,
    &tls::SAN_MATCHER,
    &stats_config::STATS_CONFIG,
    &stats_config::TAG_SPECIFIER,
    &stats_config::STATS_MATCHER,
    &stats_config::LIST_STRING_MATCHER,
    &tcp_proxy::TCP_PROXY,
    &tcp_proxy::TCP_CLUSTER_WEIGHT,
    &tcp_proxy::TCP_WEIGHTED_CLUSTER,
    &access_log::ACCESS_LOG,
    &access_log::FILE_ACCESS_LOG,
    &log_filter::ACCESS_LOG_FILTER,
    &log_filter::STATUS_CODE_FILTER,
    &log_filter::DURATION_FILTER,
    &log_filter::COMPARISON_FILTER,
    &log_filter::RUNTIME_UINT32,
    &log_filter::NOT_HEALTH_CHECK_FILTER,
    &log_filter::RUNTIME_FILTER,
    &log_filter::FILTERS,
    &log_filter::HEADER_FILTER,
    &log_filter::RESPONSE_FLAG_FILTER,
    &log_filter::GRPC_STATUS_FILTER,
    &log_filter::LOG_TYPE_FILTER,
    &access_log::STREAM_ACCESS_LOG,
    &access_log::SUBSTITUTION_FORMAT_STRING,
    &http_connection_manager::HTTP_CONNECTION_MANAGER,
    &http_connection_manager::COMMON_HTTP_OPTIONS,
    &http_connection_manager::INTERNAL_ADDRESS_CONFIG,
    &http_connection_manager::CLIENT_CERT_DETAILS,
    &http_connection_manager::SCHEME_HEADER_TRANSFORMATION,
    &local_reply::BODY_FORMAT,
    &local_reply::LOCAL_REPLY_CONFIG,
    &local_reply::RESPONSE_MAPPER,
    &http_connection_manager::UPGRADE_CONFIG,
    &http_connection_manager::HTTP_FILTER,
    &http_connection_manager::ROUTER,
    &cors::CORS,
    &cors::CORS_POLICY,
    &route::ROUTE_CONFIGURATION,
    &route::VIRTUAL_HOST,
    &route::ROUTE,
    &route_match::ROUTE_MATCH,
    &route_match::HEADER_MATCHER,
    &route_match::QUERY_PARAMETER_MATCHER,
    &route_match::GRPC_ROUTE_MATCH_OPTIONS,
    &matcher::STRING_MATCHER,
    &matcher::REGEX_MATCHER,
    &matcher::REGEX_MATCH_AND_SUBSTITUTE,
    &matcher::INT64_RANGE,
    &matcher::RUNTIME_FRACTIONAL_PERCENT,
    &matcher::FRACTIONAL_PERCENT,
    &route::ROUTE_ACTION,
    &route::WEIGHTED_CLUSTER,
    &route::CLUSTER_WEIGHT,
    &route::MAX_STREAM_DURATION,
    &route::FILTER_CONFIG,
    &hash_policy::HASH_POLICY,
    &hash_policy::HEADER,
    &hash_policy::COOKIE,
    &hash_policy::COOKIE_ATTRIBUTE,
    &hash_policy::CONNECTION_PROPERTIES,
    &hash_policy::QUERY_PARAMETER,
    &retry_policy::RETRY_POLICY,
    &retry_policy::RETRY_BACK_OFF,
    &retry_policy::RETRY_HOST_PREDICATE,
    &header::HEADER_VALUE_OPTION,
    &header::HEADER_VALUE,
    &redirect::REDIRECT_ACTION,
    &route::DIRECT_RESPONSE_ACTION,
    &cluster::CLUSTER,
    &circuit_breakers::CIRCUIT_BREAKERS,
    &circuit_breakers::THRESHOLDS,
    &circuit_breakers::RETRY_BUDGET,
    &outlier_detection::OUTLIER_DETECTION,
    &health_check::HEALTH_CHECK,
    &health_check::HTTP_HEALTH_CHECK,
    &health_check::TCP_HEALTH_CHECK,
    &health_check::GRPC_HEALTH_CHECK,
    &health_check::PAYLOAD,
    &load_balancing::LEAST_REQUEST_LB_CONFIG,
    &load_balancing::ROUND_ROBIN_LB_CONFIG,
    &load_balancing::RING_HASH_LB_CONFIG,
    &load_balancing::MAGLEV_LB_CONFIG,
    &load_balancing::COMMON_LB_CONFIG,
    &load_balancing::PERCENT,
    &cluster::UPSTREAM_CODEC,
    &cluster::UPSTREAM_HTTP_PROTOCOL_OPTIONS,
    &dns::DNS_RESOLUTION_CONFIG,
    &dns::CARES,
    &dns::GET_ADDR_INFO,
    &cluster::HEALTH_CHECK_CONFIG,
    &cluster::COMMON_HTTP_OPTIONS,
    &cluster::TCP_KEEPALIVE,
    &cluster::UPSTREAM_CONNECTION_OPTIONS,
    &cluster::HTTP_PROTOCOL_OPTIONS,
    &cluster::EXPLICIT_HTTP_CONFIG,
    &cluster::AUTO_CONFIG,
    &cluster::HTTP1_PROTOCOL_OPTIONS,
    &cluster::HTTP2_PROTOCOL_OPTIONS,
    &cluster::KEEPALIVE_SETTINGS,
    &cluster::CLUSTER_LOAD_ASSIGNMENT,
    &cluster::LOCALITY_LB_ENDPOINTS,
    &cluster::LB_ENDPOINT,
    &cluster::ENDPOINT,
    &cluster::TRANSPORT_SOCKET,
    &plugin::WASM,
    &plugin::WASM_ACCESS_LOG,
    &plugin::WASM_SERVICE,
    &plugin::PLUGIN_CONFIG,
    &plugin::RELOAD_CONFIG,
    &plugin::BACKOFF_STRATEGY,
    &plugin::CAPABILITY_RESTRICTION_CONFIG,
    &plugin::SANITIZATION_CONFIG,
    &plugin::VM_CONFIG,
    &plugin::ENVIRONMENT_VARIABLES,
    &plugin::ASYNC_DATA_SOURCE,
    &plugin::REMOTE_DATA_SOURCE,
    &plugin::HTTP_URI,
    &plugin::REMOTE_RETRY_POLICY,
    &plugin::BACKOFF_STRATEGY_OF_RETRIES,
    &plugin::DATA_SOURCE,
    &metadata::METADATA,
    &metadata::LOCALITY,
    &policy::TOLLGATE,
    &policy::PLUGIN_POLICY,
    &policy::LIMITS,
    &policy::REBUILD,
    &policy::ALLOW,
    &shared_data::SHARED_DATA,
    &shared_data::REDIS,
    &address::ADDRESS,
    &address::CIDR_RANGE,
    &address::SOCKET_ADDRESS,
];

/// Advice that several tables give.
mod advice {
    pub(super) const HEADERS: &str = "remove it, or add and remove headers in a plugin";
    pub(super) const HTTP3: &str = "Tollgate speaks HTTP/1.1 and HTTP/2; remove it";
    pub(super) const LIMIT: &str = "remove it if the limit it sets may be absent";
    pub(super) const REMOVE: &str = "remove it";
    pub(super) const STATIC: &str = "Tollgate reads static_resources only; write the listeners and clusters there";
    pub(super) const TYPED_CONFIG: &str = "write typed_config with an \"@type\"";

    pub(super) const BALANCING: &str = "connections are balanced by the kernel over one socket per worker";
    pub(super) const NO_DNS_TUNING: &str = "names are resolved by the system's resolver";
    pub(super) const NO_LOGS: &str = "attempts are not logged";
    pub(super) const NO_STATS: &str = "statistics are kept under fixed names, for /stats only";
    pub(super) const METADATA: &str = "metadata is not kept";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ALL, Support, bootstrap, camel_case, listener, plugin, snake_case, unknown};

    #[test]
    fn names_are_unique_in_their_message() {
        for message in ALL {
            let names: HashSet<_> = message.fields.iter().map(|f| f.name).collect();
            assert_eq!(names.len(), message.fields.len(), "{}", message.name);
        }
    }

    /// A row that says "acted" must be read somewhere: its name stands in quotes in a decoder.
    #[test]
    fn every_acted_field_is_read() {
        let decoders = [
            include_str!("../access_log.rs"),
            include_str!("../address.rs"),
            include_str!("../bootstrap.rs"),
            include_str!("../circuit_breakers.rs"),
            include_str!("../client_address.rs"),
            include_str!("../client_certificate.rs"),
            include_str!("../cluster.rs"),
            include_str!("../data_source.rs"),
            include_str!("../cors.rs"),
            include_str!("../dns.rs"),
            include_str!("../filter_chain.rs"),
            include_str!("../hash_policy.rs"),
            include_str!("../header_mutations.rs"),
            include_str!("../health_check.rs"),
            include_str!("../http_connection_manager.rs"),
            include_str!("../http_filter.rs"),
            include_str!("../http_protocol.rs"),
            include_str!("../limit.rs"),
            include_str!("../listener.rs"),
            include_str!("../local_reply.rs"),
            include_str!("../load_balancing.rs"),
            include_str!("../log_filter.rs"),
            include_str!("../metadata.rs"),
            include_str!("../network_filter.rs"),
            include_str!("../outlier_detection.rs"),
            include_str!("../overload.rs"),
            include_str!("../path_normalization.rs"),
            include_str!("../pattern.rs"),
            include_str!("../per_filter.rs"),
            include_str!("../plugin.rs"),
            include_str!("../policy.rs"),
            include_str!("../redirect.rs"),
            include_str!("../remote.rs"),
            include_str!("../retry_policy.rs"),
            include_str!("../route.rs"),
            include_str!("../route_action.rs"),
            include_str!("../route_match.rs"),
            include_str!("../service.rs"),
            include_str!("../shared_data.rs"),
            include_str!("../stats_config.rs"),
            include_str!("../string_match.rs"),
            include_str!("../tcp_keepalive.rs"),
            include_str!("../tcp_proxy.rs"),
            include_str!("../tls.rs"),
            include_str!("../transport_socket.rs"),
            include_str!("../upgrade.rs"),
            include_str!("../upstream_connections.rs"),
            include_str!("../upstream_filters.rs"),
            include_str!("../vm.rs"),
            include_str!("../written_log.rs"),
            include_str!("../reader/any.rs"),
            include_str!("../reader/configuration.rs"),
        ]
        .concat();
        for message in ALL {
            for field in message.fields.iter().filter(|f| matches!(f.support, Support::Acted)) {
                assert!(decoders.contains(&format!("\"{}\"", field.name)), "{}.{} is read", message.name, field.name);
            }
        }
    }

    #[test]
    fn both_cases() {
        assert_eq!(camel_case("http2_protocol_options"), "http2ProtocolOptions");
        assert_eq!(camel_case("proxy_100_continue"), "proxy100Continue");
        assert_eq!(snake_case("statPrefix"), "stat_prefix");
        assert!(listener::LISTENER.find("filterChains").is_some());
    }

    #[test]
    fn unknown_fields_name_the_right_one() {
        for (message, key, expected) in [
            (&listener::LISTENER, "adress", "did you mean \"address\"?"),
            (&listener::LISTENER, "filterChain", "did you mean \"filterChains\"?"),
            (&plugin::WASM, "vm_config", "it is a field of PluginConfig"),
            (&bootstrap::BOOTSTRAP, "listeners", "it is a field of StaticResources"),
            (&super::address::SOCKET_ADDRESS, "port", "did you mean \"port_value\"?"),
            (&super::address::SOCKET_ADDRESS, "xyzzy", "Tollgate reads protocol, address, port_value"),
        ] {
            let (message, _) = unknown(message, key);
            assert!(message.contains(expected), "{message}");
        }
    }
}
