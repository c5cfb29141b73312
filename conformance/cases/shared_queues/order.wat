;;! title = "Items come out in the order in which they went in"
;;! spec = "proxy_dequeue_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_dequeue_shared_queue 1}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    {{proxy_enqueue_shared_queue 1 ""}}
    {{proxy_enqueue_shared_queue 1 "\00\ff"}}
    {{proxy_dequeue_shared_queue 1}}
    {{proxy_dequeue_shared_queue 1}}
    {{proxy_dequeue_shared_queue 1}}
    {{proxy_dequeue_shared_queue 1}}
    (i32.const 1)))
