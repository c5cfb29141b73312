;;! title = "A queue is removed with its items; only the draft has that"
;;! spec = "proxy_remove_shared_queue"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = [{ mail = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    {{proxy_remove_shared_queue 0}}
    {{proxy_remove_shared_queue 1}}
    {{proxy_remove_shared_queue 1}}
    {{proxy_dequeue_shared_queue 1}}
    {{proxy_resolve_shared_queue_of_own_vm "q"}}
    {{proxy_register_shared_queue "q"}}
    (i32.const 1))
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue (local.get $queue_id)}}))
