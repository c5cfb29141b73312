//! What the specification says that a function may answer.

use crate::Status::{
    self, BadArgument, CasMismatch, Empty, InternalFailure, InvalidMemoryAccess, NotFound, ParseFailure,
    SerializationFailure, Unimplemented,
};

/// The statuses beside `OK` that the specification lists for a function; none for a name that it does not know.
///
/// SDKs are written against this list, and most panic on anything else.
pub fn promised_statuses(function: &str) -> &'static [Status] {
    match function {
        "proxy_set_tick_period_milliseconds"
        | "proxy_continue_request"
        | "proxy_continue_response"
        | "proxy_clear_route_cache" => &[],
        "proxy_get_log_level"
        | "proxy_get_current_time_nanoseconds"
        | "proxy_get_configuration"
        | "proxy_get_status"
        | "proxy_register_shared_queue"
        | "proxy_send_local_response" => &[InvalidMemoryAccess],
        "proxy_log"
        | "proxy_get_header_map_size"
        | "proxy_get_header_map_pairs"
        | "proxy_set_header_map_pairs"
        | "proxy_add_header_map_value"
        | "proxy_replace_header_map_value"
        | "proxy_remove_header_map_value"
        | "proxy_define_metric" => &[BadArgument, InvalidMemoryAccess],
        "proxy_get_header_map_value"
        | "proxy_get_buffer_bytes"
        | "proxy_get_buffer_status"
        | "proxy_set_buffer_bytes"
        | "proxy_grpc_send" => &[BadArgument, NotFound, InvalidMemoryAccess],
        "proxy_done" | "proxy_record_metric" => &[NotFound],
        "proxy_set_effective_context" | "proxy_close_stream" => &[BadArgument],
        "proxy_continue_stream" => &[BadArgument, Unimplemented],
        "proxy_http_call" => &[BadArgument, InternalFailure, InvalidMemoryAccess],
        "proxy_grpc_call" | "proxy_grpc_stream" => &[ParseFailure, InternalFailure, InvalidMemoryAccess],
        "proxy_grpc_cancel" | "proxy_grpc_close" | "proxy_increment_metric" => &[BadArgument, NotFound],
        "proxy_set_shared_data" => &[CasMismatch, InvalidMemoryAccess],
        "proxy_dequeue_shared_queue" => &[NotFound, Empty, InvalidMemoryAccess],
        "proxy_get_property" => &[NotFound, SerializationFailure, InvalidMemoryAccess],
        "proxy_get_shared_data"
        | "proxy_resolve_shared_queue"
        | "proxy_enqueue_shared_queue"
        | "proxy_get_metric"
        | "proxy_set_property"
        | "proxy_call_foreign_function" => &[NotFound, InvalidMemoryAccess],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::promised_statuses;
    use crate::{AbiVersion, Status, host_functions};

    /// Functions of the released versions for which nothing but `OK` is promised.
    const NOTHING: &[&str] = &[
        "proxy_clear_route_cache",
        "proxy_continue_request",
        "proxy_continue_response",
        "proxy_set_tick_period_milliseconds",
    ];

    #[test]
    fn every_function_of_the_specification_is_listed() {
        let released = |f: &&crate::HostFunction| AbiVersion::RELEASED.iter().any(|version| f.is_in(*version));
        for function in host_functions().filter(|f| f.name.starts_with("proxy_")).filter(released) {
            let promised = promised_statuses(function.name);
            assert_eq!(promised.is_empty(), NOTHING.contains(&function.name), "{}", function.name);
            assert!(!promised.contains(&Status::Ok), "{}", function.name);
        }
    }

    #[test]
    fn what_takes_addresses_may_find_them_outside_memory() {
        for function in host_functions().filter(|f| f.name.starts_with("proxy_")) {
            let addresses = function.params.iter().any(|p| p.name.starts_with("return_") || p.name.ends_with("_data"));
            let promised = promised_statuses(function.name);
            if !promised.is_empty() {
                let told = promised.contains(&Status::InvalidMemoryAccess);
                assert_eq!(told, addresses, "{}", function.name);
            }
        }
    }
}
