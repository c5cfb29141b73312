;;! title = "The end of an HTTP/1 body comes alone: a callback of size 0"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "6"]], body = ["one", "two"], end_alone = true } }, { response = { headers = [["content-length", "5"]], body = ["three"], end_alone = true } }]
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
