;;! title = "What 3 means from proxy_on_response_body"
;;! spec = "proxy_on_response_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"] } }, { response = { body = ["three", "four"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    (nop)
    (i32.const 3))
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_request_trailers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    (nop)
    {{CONTINUE}}))
