;;! title = "Queues go with the last VM of their vm_id"
;;! spec = "proxy_register_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "first", vm = { vm_id = "gone" } },
;;!   { name = "second", vm = { vm_id = "here" } },
;;! ]
;;! dialogue = [{ stop = "first" }, { request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_resolve_shared_queue "gone" "q"}}
    {{proxy_dequeue_shared_queue 1}}
    {{CONTINUE}}))
