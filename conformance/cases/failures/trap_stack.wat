;;! title = "Recursion without end"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func $endless (param i32) (call $endless (local.get 0)) (call $endless (local.get 0)))
  (func {{export proxy_on_request_headers}}
    (call $endless (i32.const 0))
    {{CONTINUE}}))
