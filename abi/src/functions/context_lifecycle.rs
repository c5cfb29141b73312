//! Finishing a context, and acting for another one.
//!
//! Specification heading: Context lifecycle.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! context_lifecycle_functions {
    ($each:ident) => {
        $each! {
            ContextLifecycle context_lifecycle
            /// A plugin whose `proxy_on_done` returned false has finished. `NOT_FOUND` if none was waiting.
            ENV fn proxy_done() -> i32, ALL, Running;
            /// Host functions act on this context until the callback returns. `BAD_ARGUMENT` if the id is unknown in this VM; 0 goes back.
            ENV fn proxy_set_effective_context(context_id: i32) -> i32, ALL, Running;
        }
    };
}
