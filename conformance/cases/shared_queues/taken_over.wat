;;! title = "Who registers a name last is told from then on; the items stay"
;;! spec = "proxy_register_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "first", vm = { vm_id = "a", configuration = "1" } },
;;!   { name = "second", vm = { vm_id = "a", configuration = "2" } },
;;! ]
;;! dialogue = [{ mail = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    (i32.const 1))
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue (local.get $queue_id)}}))
