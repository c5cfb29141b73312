;;! title = "Without a message, and with addresses outside memory, abort is no less an end"
;;! spec = "abort"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then {{abort 0 -1 1 2}}))
    (unreachable)))
