//! What the host knows about the stream, by path.
//!
//! Specification heading: Properties.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! properties_functions {
    ($each:ident) => {
        $each! {
            Properties properties
            /// Reads a property. Unknown: `NOT_FOUND`; not encodable: `SERIALIZATION_FAILURE`.
            ENV fn proxy_get_property(
                path_data: i32,
                path_size: i32,
                return_value_data: i32,
                return_value_size: i32,
            ) -> i32, ALL, Running;
            /// Stores bytes under a path, for the rest of the stream.
            ENV fn proxy_set_property(path_data: i32, path_size: i32, value_data: i32, value_size: i32) -> i32, ALL, Running;
        }
    };
}
