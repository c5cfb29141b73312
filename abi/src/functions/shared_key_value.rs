//! Values shared by all VMs with one vm_id.
//!
//! Specification heading: Shared Key-Value Store.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! shared_key_value_functions {
    ($each:ident) => {
        $each! {
            SharedKeyValue shared_key_value
            /// A value and its compare-and-swap number.
            ENV fn proxy_get_shared_data(
                key_data: i32,
                key_size: i32,
                return_value_data: i32,
                return_value_size: i32,
                return_cas: i32,
            ) -> i32, ALL, Running;
            /// Stores a value; a stale number is `CAS_MISMATCH`, 0 means unconditionally.
            ENV fn proxy_set_shared_data(
                key_data: i32,
                key_size: i32,
                value_data: i32,
                value_size: i32,
                cas: i32,
            ) -> i32, ALL, Running;
        }
    };
}
