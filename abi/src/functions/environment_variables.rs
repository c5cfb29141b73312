//! The variables configured for the VM; never those of the process. Arguments are empty.
//!
//! Specification heading: Environment variables.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! environment_variables_functions {
    ($each:ident) => {
        $each! {
            EnvironmentVariables environment_variables
            /// Number of variables, and bytes of all `KEY=VALUE` strings with their zero bytes.
            WASI fn environ_sizes_get(return_num_elements: i32, return_buffer_size: i32) -> i32, ALL, Start;
            /// Writes the strings, and the address of each.
            WASI fn environ_get(return_array: i32, return_buffer: i32) -> i32, ALL, Start;
            /// Writes 0 and 0.
            WASI fn args_sizes_get(return_argc: i32, return_argv_size: i32) -> i32, ALL, Start;
            /// Writes nothing.
            WASI fn args_get(return_argv: i32, return_argv_buffer: i32) -> i32, ALL, Start;
        }
    };
}
