;;! title = "Trailers may follow the headers at once"
;;! spec = "proxy_on_request_trailers"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", trailers = [["t", "1"]] } }, { response = { trailers = [["u", "2"]] } }]
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
