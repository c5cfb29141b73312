;;! title = "Addresses outside memory are refused; an item that cannot be handed over stays"
;;! spec = "proxy_dequeue_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue (i32.const 65535) (i32.const 2)}}
    {{proxy_register_shared_queue "q" (i32.const 65533)}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_resolve_shared_queue (i32.const 65535) (i32.const 2) "q"}}
    {{proxy_resolve_shared_queue "" (i32.const 65535) (i32.const 2)}}
    {{proxy_resolve_shared_queue "" "q" (i32.const 65533)}}
    {{proxy_enqueue_shared_queue 1 (i32.const 65535) (i32.const 2)}}
    {{proxy_dequeue_shared_queue 1 (i32.const -1) (i32.const -1)}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    {{proxy_enqueue_shared_queue 1 "b"}}
    {{proxy_dequeue_shared_queue 1 (i32.const -1)}}
    {{proxy_dequeue_shared_queue 1 (i32.const 16) (i32.const 65533)}}
    {{proxy_dequeue_shared_queue 1}}
    {{proxy_dequeue_shared_queue 1}}
    (i32.const 1)))
