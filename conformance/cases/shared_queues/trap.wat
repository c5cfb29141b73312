;;! title = "A trap while being told fails the VM; what is left stays unsaid"
;;! spec = "proxy_on_queue_ready"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { mail = true }, { wake = true }, { mail = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    {{proxy_enqueue_shared_queue 1 "b"}}
    (i32.const 1))
  (func {{export proxy_on_queue_ready}}
    (unreachable)))
