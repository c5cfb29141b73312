//! Configuration by a function of its own, as 0.1.0 had it. Later versions read buffers 6 and 7.
//!
//! Specification heading: Configuration.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! configuration_functions {
    ($each:ident) => {
        $each! {
            Configuration configuration
            /// Plugin configuration while the plugin is being configured, VM configuration otherwise.
            ENV fn proxy_get_configuration(return_value_data: i32, return_value_size: i32) -> i32, V0_1, Running;
        }
    };
}
