//! Resuming and ending streams, and the outcome of the last call.
//!
//! Specification heading: Common stream operations.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! streams_functions {
    ($each:ident) => {
        $each! {
            Streams streams
            /// Resumes a held direction, once the callback has returned.
            ENV fn proxy_continue_stream(stream_type: i32) -> i32, V0_2, Running;
            /// Resets the stream or closes the connection, once the callback has returned.
            ENV fn proxy_close_stream(stream_type: i32) -> i32, V0_2, Running;
            /// `proxy_continue_stream` for the request.
            ENV fn proxy_continue_request() -> i32, V0_1, Running;
            /// As the text of 0.1.0 has it; SDKs expect a status.
            ENV fn proxy_continue_request_without_result["proxy_continue_request"] = proxy_continue_request(), V0_1, Running;
            /// `proxy_continue_stream` for the response.
            ENV fn proxy_continue_response() -> i32, V0_1, Running;
            /// As the text of 0.1.0 has it.
            ENV fn proxy_continue_response_without_result["proxy_continue_response"] = proxy_continue_response(), V0_1, Running;
            /// Chooses the route again, with the headers as they are now.
            ENV fn proxy_clear_route_cache() -> i32, V0_1, Running;
            /// As the text of 0.1.0 has it.
            ENV fn proxy_clear_route_cache_without_result["proxy_clear_route_cache"] = proxy_clear_route_cache(), V0_1, Running;
            /// Code and message of the last call event of the plugin context.
            ENV fn proxy_get_status(return_code: i32, return_message_data: i32, return_message_size: i32) -> i32, RELEASED, Running;
            /// The draft's `proxy_continue_stream` for the request.
            ENV fn proxy_resume_http_request = proxy_continue_request() -> i32, VNEXT, Running;
            /// The draft's `proxy_continue_stream` for the response.
            ENV fn proxy_resume_http_response = proxy_continue_response() -> i32, VNEXT, Running;
            /// The draft's `proxy_continue_stream` for bytes from the client.
            ENV fn proxy_resume_downstream() -> i32, VNEXT, Running;
            /// The draft's `proxy_continue_stream` for bytes from the server.
            ENV fn proxy_resume_upstream() -> i32, VNEXT, Running;
        }
    };
}
