//! Headers, trailers and metadata.
//!
//! Specification heading: HTTP fields.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! http_fields_functions {
    ($each:ident) => {
        $each! {
            HttpFields http_fields
            /// Bytes of all names and values.
            ENV fn proxy_get_header_map_size(map_type: i32, return_size: i32) -> i32, RELEASED, Running;
            /// The whole map, encoded.
            ENV fn proxy_get_header_map_pairs(map_type: i32, return_map_data: i32, return_map_size: i32) -> i32, RELEASED, Running;
            /// Replaces the whole map.
            ENV fn proxy_set_header_map_pairs(map_type: i32, map_data: i32, map_size: i32) -> i32, RELEASED, Running;
            /// Value of the first entry with the name. A missing one is `NOT_FOUND`; in 0.1.0 `OK` and empty.
            ENV fn proxy_get_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
                return_value_data: i32,
                return_value_size: i32,
            ) -> i32, RELEASED, Running;
            /// Appends an entry.
            ENV fn proxy_add_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
                value_data: i32,
                value_size: i32,
            ) -> i32, RELEASED, Running;
            /// Leaves one entry with the name.
            ENV fn proxy_replace_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
                value_data: i32,
                value_size: i32,
            ) -> i32, RELEASED, Running;
            /// Removes every entry with the name; a missing one is `OK`.
            ENV fn proxy_remove_header_map_value(map_type: i32, key_data: i32, key_size: i32) -> i32, RELEASED, Running;
            /// The draft's `proxy_get_header_map_pairs`.
            ENV fn proxy_get_map = proxy_get_header_map_pairs(
                map_type: i32,
                return_map_data: i32,
                return_map_size: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_set_header_map_pairs`.
            ENV fn proxy_set_map = proxy_set_header_map_pairs(map_type: i32, map_data: i32, map_size: i32) -> i32, VNEXT, Running;
            /// The draft's `proxy_get_header_map_value`.
            ENV fn proxy_get_map_value = proxy_get_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
                return_value_data: i32,
                return_value_size: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_replace_header_map_value`.
            ENV fn proxy_set_map_value = proxy_replace_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
                value_data: i32,
                value_size: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_add_header_map_value`.
            ENV fn proxy_add_map_value = proxy_add_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
                value_data: i32,
                value_size: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_remove_header_map_value`.
            ENV fn proxy_remove_map_value = proxy_remove_header_map_value(
                map_type: i32,
                key_data: i32,
                key_size: i32,
            ) -> i32, VNEXT, Running;
        }
    };
}
