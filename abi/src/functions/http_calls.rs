//! Requests made by the plugin.
//!
//! Specification heading: HTTP calls.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! http_calls_functions {
    ($each:ident) => {
        $each! {
            HttpCalls http_calls
            /// Starts a request; its outcome comes as `proxy_on_http_call_response`.
            ENV fn proxy_http_call(
                upstream_name_data: i32,
                upstream_name_size: i32,
                headers_map_data: i32,
                headers_map_size: i32,
                body_data: i32,
                body_size: i32,
                trailers_map_data: i32,
                trailers_map_size: i32,
                timeout_milliseconds: i32,
                return_call_id: i32,
            ) -> i32, RELEASED, Running;
            /// The draft's `proxy_http_call`.
            ENV fn proxy_dispatch_http_call = proxy_http_call(
                upstream_name_data: i32,
                upstream_name_size: i32,
                headers_map_data: i32,
                headers_map_size: i32,
                body_data: i32,
                body_size: i32,
                trailers_map_data: i32,
                trailers_map_size: i32,
                timeout_milliseconds: i32,
                return_call_id: i32,
            ) -> i32, VNEXT, Running;
        }
    };
}
