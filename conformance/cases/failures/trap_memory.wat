;;! title = "A load outside memory"
;;! spec = "traps"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (drop (i32.load (i32.const 0x10000)))
    {{CONTINUE}}))
