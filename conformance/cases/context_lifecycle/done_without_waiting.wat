;;! title = "Nobody waits: NOT_FOUND"
;;! spec = "proxy_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_done}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_done}}
    {{CONTINUE}}))
