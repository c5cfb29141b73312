;;! title = "So is one whose headers are held with buffering"
;;! spec = "proxy_on_request_headers"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = { method = "POST", body = ["12345678", "9"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    (i32.const 3)))
