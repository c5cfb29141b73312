;;! title = "An indirect call of another type"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (table funcref (elem $other))
  (func $other (param i64))
  (func {{export proxy_on_request_headers}}
    (call_indirect (i32.const 0))
    {{CONTINUE}}))
