;;! title = "With the watermark the sender is made to wait instead"
;;! spec = "proxy_on_request_headers"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = { method = "POST", body = ["12345678", "9", "more"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    {{PAUSE}}))
