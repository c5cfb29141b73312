//! Random bytes.
//!
//! Specification heading: Randomness.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! randomness_functions {
    ($each:ident) => {
        $each! {
            Randomness randomness
            /// At most 64 KiB a call, else `INVAL`.
            WASI fn random_get(buffer_data: i32, buffer_size: i32) -> i32, ALL, Allocator;
        }
    };
}
