;;! title = "Every host function, called from proxy_on_queue_ready"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = {} }, { mail = true }]
(module {{prelude}}
  (global $called (mut i32) (i32.const 0))
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "queue_name" 0x108}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_enqueue_shared_queue (i32.load (i32.const 0x108)) "value"}}
    {{CONTINUE}})
  (func {{export proxy_on_queue_ready}}
    ;; Once: it fills the queue again.
    (if (global.get $called) (then (return)))
    (global.set $called (i32.const 1))
    {{calls EACH}}))
