//! Which resolver answers. It is always the system's: configuration that only tunes another one is read over, and one that names
//! servers of its own is refused.

use crate::fields::bootstrap::TYPED_EXTENSION_CONFIG;
use crate::fields::dns::{CARES, DNS_RESOLUTION_CONFIG, GET_ADDR_INFO};
use crate::reader::{Any, Object, TypedMessage};

/// Checks what a bootstrap or a cluster says of resolvers.
pub(crate) fn check(owner: &Object<'_>) {
    if let Some(at) = owner.get("dns_resolution_config") {
        let _ = Object::open(&at, &DNS_RESOLUTION_CONFIG);
    }
    let Some(at) = owner.get("typed_dns_resolver_config") else { return };
    let Some(config) = Object::open(&at, &TYPED_EXTENSION_CONFIG).and_then(|object| {
        object.required("name", "any text, such as envoy.network.dns_resolver.cares")?.nonempty_text()?;
        object.required("typed_config", "with an \"@type\"")
    }) else {
        return;
    };
    let Some(any) = Any::open(&config, &CARES_TYPE) else { return };
    let message = if any.is(&CARES_TYPE) {
        &CARES
    } else if any.is(&GET_ADDR_INFO_TYPE) {
        &GET_ADDR_INFO
    } else {
        any.type_at.error(format!(
            "resolver {} is not supported by Tollgate, which asks the system's; remove typed_dns_resolver_config",
            any.type_name
        ));
        return;
    };
    let _ = any.object(message);
}

const CARES_TYPE: TypedMessage =
    TypedMessage { v3: "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig", v2: "" };

const GET_ADDR_INFO_TYPE: TypedMessage =
    TypedMessage { v3: "envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig", v2: "" };
