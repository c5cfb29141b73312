;;! title = "A division by zero"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (drop (i32.div_u (i32.const 1) (i32.sub (local.get $end_of_stream) (i32.const 1))))
    {{CONTINUE}}))
