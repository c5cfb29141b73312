//! The one timer of a plugin context.
//!
//! Specification heading: Timers.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! timers_functions {
    ($each:ident) => {
        $each! {
            Timers timers
            /// Calls `proxy_on_tick` at this period; 0 stops.
            ENV fn proxy_set_tick_period_milliseconds(tick_period: i32) -> i32, RELEASED, Running;
            /// The draft's `proxy_set_tick_period_milliseconds`.
            ENV fn proxy_set_tick_period = proxy_set_tick_period_milliseconds(tick_period: i32) -> i32, VNEXT, Running;
        }
    };
}
