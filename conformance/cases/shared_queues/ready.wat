;;! title = "The plugin that registered is told of each item, after the callback that enqueued it"
;;! spec = "proxy_on_queue_ready"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/no_reentry_from_enqueue"]
;;! dialogue = [{ mail = true }, { request = {} }, { mail = true }, { response = {} }, { mail = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_enqueue_shared_queue 1 "while configuring"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_enqueue_shared_queue 1 "first"}}
    {{proxy_enqueue_shared_queue 1 "second"}}
    {{CONTINUE}})
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue (local.get $queue_id)}}))
