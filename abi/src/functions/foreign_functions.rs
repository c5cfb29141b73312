//! Functions that a host adds by name.
//!
//! Specification heading: Foreign function interface.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! foreign_functions_functions {
    ($each:ident) => {
        $each! {
            ForeignFunctions foreign_functions
            /// Calls one.
            ENV fn proxy_call_foreign_function(
                function_name_data: i32,
                function_name_size: i32,
                arguments_data: i32,
                arguments_size: i32,
                return_results_data: i32,
                return_results_size: i32,
            ) -> i32, ALL, Running;
        }
    };
}
