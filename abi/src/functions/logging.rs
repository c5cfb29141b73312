//! Log lines from the plugin, by the ABI and by WASI.
//!
//! Specification heading: Logging.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! logging_functions {
    ($each:ident) => {
        $each! {
            Logging logging
            /// Logs bytes at a level. `BAD_ARGUMENT` above 5, then `INVALID_MEMORY_ACCESS`.
            ENV fn proxy_log(log_level: i32, message_data: i32, message_size: i32) -> i32, ALL, Allocator;
            /// The level below which the host drops messages.
            ENV fn proxy_get_log_level(return_log_level: i32) -> i32, V0_2_1, Running;
            /// stdout logs at INFO, stderr at ERROR; one message per call, one trailing newline removed. Other descriptors: `BADF`.
            WASI fn fd_write(fd: i32, iovs: i32, iovs_len: i32, return_written_size: i32) -> i32, ALL, Allocator;
        }
    };
}
