//! An answer made by the plugin.
//!
//! Specification heading: HTTP streams.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! local_response_functions {
    ($each:ident) => {
        $each! {
            LocalResponse local_response
            /// Answers the stream once the callback has returned; the callback counts as paused.
            ENV fn proxy_send_local_response(
                status_code: i32,
                status_code_details_data: i32,
                status_code_details_size: i32,
                body_data: i32,
                body_size: i32,
                headers_map_data: i32,
                headers_map_size: i32,
                grpc_status: i32,
            ) -> i32, RELEASED, Running;
            /// The draft's `proxy_send_local_response`.
            ENV fn proxy_send_http_response = proxy_send_local_response(
                status_code: i32,
                status_code_details_data: i32,
                status_code_details_size: i32,
                body_data: i32,
                body_size: i32,
                headers_map_data: i32,
                headers_map_size: i32,
                grpc_status: i32,
            ) -> i32, VNEXT, Running;
        }
    };
}
