;;! title = "What is not kept is not limited"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ request = { method = "POST", body = ["12345678", "12345678", "12345678"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (nop)
    (i32.const 3)))
