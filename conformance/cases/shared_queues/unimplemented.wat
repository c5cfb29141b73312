;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_register_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_register_shared_queue "queue_name"}}
    {{proxy_resolve_shared_queue "vm_id" "queue_name"}}
    {{proxy_enqueue_shared_queue 1 "value"}}
    {{proxy_dequeue_shared_queue 1}}

    ;; A second call is not logged.
    {{proxy_register_shared_queue "queue_name"}}
    {{CONTINUE}}))
