;;! title = "A request buffered past the limit is answered with 413"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = { method = "POST", body = ["12345678", "9", "more"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_response_headers}}
    (nop)
    {{CONTINUE}}))
