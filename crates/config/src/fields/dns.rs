//! How names are resolved.

use super::{Field, Message, harmless, refused};

const RESOLVERS: Field = refused("resolvers", "names are resolved by the system's resolver; name these servers there");
const TUNED: &str = "names are resolved by the system's resolver";

/// `envoy.config.core.v3.DnsResolutionConfig`.
pub(crate) const DNS_RESOLUTION_CONFIG: Message =
    Message { name: "DnsResolutionConfig", fields: &[RESOLVERS, harmless("dns_resolver_options", TUNED)] };

/// `envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig`.
pub(crate) const CARES: Message = Message {
    name: "CaresDnsResolverConfig",
    fields: &[
        RESOLVERS,
        harmless("use_resolvers_as_fallback", TUNED),
        harmless("filter_unroutable_families", TUNED),
        harmless("dns_resolver_options", TUNED),
        harmless("udp_max_queries", TUNED),
        harmless("query_timeout_seconds", TUNED),
        harmless("query_tries", TUNED),
        harmless("rotate_nameservers", TUNED),
        harmless("edns0_max_payload_size", TUNED),
        harmless("max_udp_channel_duration", TUNED),
        harmless("reinit_channel_on_timeout", TUNED),
    ],
};

/// `envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig`.
pub(crate) const GET_ADDR_INFO: Message = Message {
    name: "GetAddrInfoDnsResolverConfig",
    fields: &[harmless("num_retries", TUNED), harmless("num_resolver_threads", TUNED)],
};
