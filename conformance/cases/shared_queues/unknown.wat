;;! title = "An id that nobody was given is NOT_FOUND, after the memory check"
;;! spec = "proxy_enqueue_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 0 "a"}}
    {{proxy_enqueue_shared_queue 2 "a"}}
    {{proxy_enqueue_shared_queue -1 "a"}}
    {{proxy_enqueue_shared_queue 2 (i32.const -1) (i32.const 2)}}
    {{proxy_dequeue_shared_queue 0}}
    {{proxy_dequeue_shared_queue 2}}
    {{proxy_dequeue_shared_queue 2 (i32.const -1) (i32.const -1)}}
    (i32.const 1)))
