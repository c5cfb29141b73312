;;! title = "A float that is no integer"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (drop (i32.trunc_f64_s (f64.div (f64.const 0) (f64.const 0))))
    {{CONTINUE}}))
