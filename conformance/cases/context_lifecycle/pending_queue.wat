;;! title = "A plugin that is not done is still told of items"
;;! spec = "proxy_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin" }]
;;! dialogue = [{ stop = "plugin" }, { mail = true }, { mail = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    (i32.const 1))
  (func {{export proxy_on_done}}
    {{proxy_enqueue_shared_queue 1 "the last"}}
    (i32.const 0))
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue (local.get $queue_id)}}
    {{proxy_done}})
  (func {{export proxy_on_delete}}
    {{proxy_log INFO "deleted"}}))
