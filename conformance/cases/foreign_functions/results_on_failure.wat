;;! title = "Results are written on failure too: address and size 0"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (i32.store (i32.const 0x10) (i32.const -1))
    (i32.store (i32.const 0x18) (i32.const -1))
    {{proxy_call_foreign_function "uncompress" "no stream"}}
    {{proxy_log INFO 0x10 4}}
    {{proxy_log INFO 0x18 4}}
    {{CONTINUE}}))
