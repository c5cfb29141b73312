;;! title = "A queue is deleted; only the draft has that"
;;! spec = "proxy_remove_shared_queue"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_remove_shared_queue 1}}
    (i32.const 1)))
