//! Time.
//!
//! Specification heading: Clocks.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! clocks_functions {
    ($each:ident) => {
        $each! {
            Clocks clocks
            /// Nanoseconds since the Unix epoch.
            ENV fn proxy_get_current_time_nanoseconds(return_time: i32) -> i32, RELEASED, Running;
            /// The draft's `proxy_get_current_time_nanoseconds`.
            ENV fn proxy_get_current_time = proxy_get_current_time_nanoseconds(return_time: i32) -> i32, VNEXT, Running;
            /// Clock 0 is wall time, clock 1 is monotonic; others: `NOTSUP`.
            WASI fn clock_time_get(clock_id: i32, precision: i64, return_time: i32) -> i32, ALL, Allocator;
            /// Always one nanosecond for clocks 0 and 1; others: `NOTSUP`.
            WASI fn clock_res_get(clock_id: i32, return_resolution: i32) -> i32, ALL, Start;
        }
    };
}
