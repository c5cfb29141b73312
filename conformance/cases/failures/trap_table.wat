;;! title = "An indirect call outside the table"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (table 1 funcref)
  (func {{export proxy_on_request_headers}}
    (call_indirect (i32.const 7))
    {{CONTINUE}}))
