//! Bodies, TCP data, configuration: bytes by number.
//!
//! Specification heading: Buffers.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! buffers_functions {
    ($each:ident) => {
        $each! {
            Buffers buffers
            /// Copies a range, clamped to the buffer. `BAD_ARGUMENT` for an unknown type, `NOT_FOUND` where the buffer does not exist.
            ENV fn proxy_get_buffer_bytes(
                buffer_type: i32,
                offset: i32,
                max_size: i32,
                return_buffer_data: i32,
                return_buffer_size: i32,
            ) -> i32, RELEASED, Running;
            /// Size of the buffer, and flags, which are always 0.
            ENV fn proxy_get_buffer_status(buffer_type: i32, return_buffer_size: i32, return_unused: i32) -> i32, RELEASED, Running;
            /// Replaces a range, clamped to the buffer, by other bytes. `BAD_ARGUMENT` where it cannot be written.
            ENV fn proxy_set_buffer_bytes(
                buffer_type: i32,
                offset: i32,
                size: i32,
                buffer_data: i32,
                buffer_size: i32,
            ) -> i32, RELEASED, Running;
            /// The draft's `proxy_get_buffer_bytes`. No flag is ever set.
            ENV fn proxy_get_buffer(
                buffer_type: i32,
                offset: i32,
                max_size: i32,
                return_buffer_data: i32,
                return_buffer_size: i32,
                return_flags: i32,
            ) -> i32, VNEXT, Running;
            /// The draft's `proxy_set_buffer_bytes`. The flags are ignored.
            ENV fn proxy_set_buffer(
                buffer_type: i32,
                offset: i32,
                size: i32,
                buffer_data: i32,
                buffer_size: i32,
                flags: i32,
            ) -> i32, VNEXT, Running;
        }
    };
}
