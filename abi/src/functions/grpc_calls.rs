//! gRPC calls and streams made by the plugin.
//!
//! Specification heading: gRPC calls.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! grpc_calls_functions {
    ($each:ident) => {
        $each! {
            GrpcCalls grpc_calls
            /// Starts a unary call.
            ENV fn proxy_grpc_call(
                upstream_name_data: i32,
                upstream_name_size: i32,
                service_name_data: i32,
                service_name_size: i32,
                method_name_data: i32,
                method_name_size: i32,
                initial_metadata_map_data: i32,
                initial_metadata_map_size: i32,
                message_data: i32,
                message_size: i32,
                timeout_milliseconds: i32,
                return_call_id: i32,
            ) -> i32, RELEASED, Running;
            /// As older SDKs import it, without metadata.
            ENV fn proxy_grpc_call_without_metadata["proxy_grpc_call"](
                upstream_name_data: i32,
                upstream_name_size: i32,
                service_name_data: i32,
                service_name_size: i32,
                method_name_data: i32,
                method_name_size: i32,
                message_data: i32,
                message_size: i32,
                timeout_milliseconds: i32,
                return_call_id: i32,
            ) -> i32, RELEASED, Running;
            /// Opens a stream.
            ENV fn proxy_grpc_stream(
                upstream_name_data: i32,
                upstream_name_size: i32,
                service_name_data: i32,
                service_name_size: i32,
                method_name_data: i32,
                method_name_size: i32,
                initial_metadata_map_data: i32,
                initial_metadata_map_size: i32,
                return_stream_id: i32,
            ) -> i32, RELEASED, Running;
            /// As older SDKs import it, without metadata.
            ENV fn proxy_grpc_stream_without_metadata["proxy_grpc_stream"](
                upstream_name_data: i32,
                upstream_name_size: i32,
                service_name_data: i32,
                service_name_size: i32,
                method_name_data: i32,
                method_name_size: i32,
                return_stream_id: i32,
            ) -> i32, RELEASED, Running;
            /// Sends a message on a stream.
            ENV fn proxy_grpc_send(stream_id: i32, message_data: i32, message_size: i32, end_stream: i32) -> i32, RELEASED, Running;
            /// Aborts a call or resets a stream.
            ENV fn proxy_grpc_cancel(call_id: i32) -> i32, RELEASED, Running;
            /// Aborts a call or half-closes a stream.
            ENV fn proxy_grpc_close(call_id: i32) -> i32, RELEASED, Running;
            /// The draft's `proxy_grpc_call`: without metadata.
            ENV fn proxy_dispatch_grpc_call = proxy_grpc_call_without_metadata(
                upstream_name_data: i32,
                upstream_name_size: i32,
                service_name_data: i32,
                service_name_size: i32,
                method_name_data: i32,
                method_name_size: i32,
                message_data: i32,
                message_size: i32,
                timeout_milliseconds: i32,
                return_call_id: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_grpc_stream`: without metadata.
            ENV fn proxy_open_grpc_stream = proxy_grpc_stream_without_metadata(
                upstream_name_data: i32,
                upstream_name_size: i32,
                service_name_data: i32,
                service_name_size: i32,
                method_name_data: i32,
                method_name_size: i32,
                return_stream_id: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_grpc_send`. The stream stays open.
            ENV fn proxy_send_grpc_call_message(stream_id: i32, message_data: i32, message_size: i32) -> i32, VNEXT, Running;
            /// The draft's `proxy_grpc_cancel`.
            ENV fn proxy_cancel_grpc_call = proxy_grpc_cancel(call_id: i32) -> i32, VNEXT, Running;
            /// The draft's `proxy_grpc_close`.
            ENV fn proxy_close_grpc_call = proxy_grpc_close(call_id: i32) -> i32, VNEXT, Running;
        }
    };
}
