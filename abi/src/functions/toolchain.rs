//! What compilers, not plugins, import.
//!
//! Specification heading: Toolchain.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! toolchain_functions {
    ($each:ident) => {
        $each! {
            Toolchain toolchain
            /// Whether two thread ids are equal (old Emscripten).
            ENV fn pthread_equal(left: i32, right: i32) -> i32, ALL, Running;
            /// Memory has grown; nothing to do.
            ENV fn emscripten_notify_memory_growth(memory_index: i32), ALL, Allocator;
            /// AssemblyScript gives up: traps with its message.
            ENV fn abort(message: i32, file_name: i32, line_number: i32, column_number: i32), ALL, Allocator;
            /// AssemblyScript asks for the seed of its random numbers.
            ENV fn seed() -> f64, ALL, Allocator;
            /// Whether JavaScript could tell places in the code (Emscripten's sanitizers): no.
            ENV fn HaveOffsetConverter() -> i32, ALL, Allocator;
        }
    };
}
