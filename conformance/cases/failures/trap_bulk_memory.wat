;;! title = "A copy outside memory"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (memory.copy (i32.const 0xffff) (i32.const 0) (i32.const 2))
    {{CONTINUE}}))
