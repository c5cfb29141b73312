;;! title = "At the limit nothing is wrong yet, and the sender is not made to wait"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request_headers = { method = "POST" } }, { request_body = { data = "12345678" } }, { request_body = { data = "9" } }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (nop)
    {{PAUSE}}))
