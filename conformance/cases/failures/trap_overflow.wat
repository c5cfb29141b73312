;;! title = "A division that overflows"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (drop (i32.div_s (i32.const 0x80000000) (i32.sub (i32.const 0) (local.get $end_of_stream))))
    {{CONTINUE}}))
