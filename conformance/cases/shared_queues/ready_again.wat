;;! title = "What is enqueued while being told is told of the next time"
;;! spec = "proxy_on_queue_ready"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ mail = true }, { mail = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    (i32.const 1))
  (func {{export proxy_on_queue_ready}}
    {{proxy_enqueue_shared_queue (local.get $queue_id) "again"}}))
