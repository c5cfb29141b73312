;;! title = "A message that is headers alone says so in the headers callback; no other follows"
;;! spec = "proxy_on_request_headers"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
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
  (func {{export proxy_on_response_body}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_trailers}}
    (nop)
    {{CONTINUE}}))
