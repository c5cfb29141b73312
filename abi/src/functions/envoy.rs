//! What Envoy offers beside the ABI.
//!
//! Not in the specification.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! envoy_functions {
    ($each:ident) => {
        $each! {
            Envoy envoy
            /// Resolves a name; the outcome comes as `envoy_on_resolve_dns` with the same token.
            ENV fn envoy_resolve_dns(dns_address_data: i32, dns_address_size: i32, return_token: i32) -> i32, ALL, Running;
        }
    };
}
