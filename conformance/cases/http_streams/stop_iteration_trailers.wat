;;! title = "With the literal stop, headers that no body callback continued go on with the trailers"
;;! spec = "proxy_on_request_headers"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", allow_on_headers_stop_iteration = true }]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"], trailers = [["t", "1"]] } }, { response = { body = ["three", "four"], trailers = [["u", "2"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_request_body}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_request_trailers}}
    (nop)
    {{CONTINUE}}))
