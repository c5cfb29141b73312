;;! title = "What 2 means from proxy_on_request_headers"
;;! spec = "proxy_on_request_headers"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"], trailers = [["t", "1"]] } }, { response = { body = ["three", "four"], trailers = [["u", "2"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    (i32.const 2))
  (func {{export proxy_on_request_body}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_request_trailers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    (nop)
    {{CONTINUE}}))
