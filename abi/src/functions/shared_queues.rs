//! Queues shared by all VMs of the process.
//!
//! Specification heading: Shared Queues.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! shared_queues_functions {
    ($each:ident) => {
        $each! {
            SharedQueues shared_queues
            /// Creates or takes over a queue.
            ENV fn proxy_register_shared_queue(queue_name_data: i32, queue_name_size: i32, return_queue_id: i32) -> i32, ALL, Running;
            /// Finds a queue of another VM.
            ENV fn proxy_resolve_shared_queue(
                vm_id_data: i32,
                vm_id_size: i32,
                queue_name_data: i32,
                queue_name_size: i32,
                return_queue_id: i32,
            ) -> i32, RELEASED, Running;
            /// Finds a queue of the own `vm_id`.
            ENV fn proxy_resolve_shared_queue_of_own_vm["proxy_resolve_shared_queue"](
                queue_name_data: i32,
                queue_name_size: i32,
                return_queue_id: i32,
            ) -> i32, VNEXT, Running;
            /// Appends an item and wakes the consumer.
            ENV fn proxy_enqueue_shared_queue(queue_id: i32, value_data: i32, value_size: i32) -> i32, ALL, Running;
            /// Takes the oldest item.
            ENV fn proxy_dequeue_shared_queue(queue_id: i32, return_payload_data: i32, return_payload_size: i32) -> i32, ALL, Running;
            /// Deletes a queue. Only the draft has it.
            ENV fn proxy_remove_shared_queue(queue_id: i32) -> i32, VNEXT, Running;
        }
    };
}
