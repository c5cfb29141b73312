;;! title = "A response may begin before the request has ended"
;;! spec = "proxy_on_response_headers"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request_headers = { method = "POST" } }, { request_body = { data = "one" } }, { response_headers = {} }, { request_body = { data = "two", end = true } }, { response_body = { data = "three", end = true } }]
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
