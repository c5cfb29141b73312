;;! title = "A stream registers for its plugin"
;;! spec = "proxy_register_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { response = {} }, { finish = true }, { mail = true }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    {{CONTINUE}})
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue (local.get $queue_id)}}))
